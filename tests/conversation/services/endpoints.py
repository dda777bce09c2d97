"""EC2: VPC endpoints with what they lead to, and subnets of IPv6 alone."""
import json

from harness import REGION, by, statement, tagged, tags_of

S3 = f"com.amazonaws.{REGION}.s3"
STS = f"com.amazonaws.{REGION}.sts"


def talk(talk):
    ec2 = talk.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    talk.part(offers, ec2)
    prefix_list = talk.part(prefix_lists, ec2)
    talk.part(gateway, ec2, vpc, prefix_list)
    talk.part(interface, ec2, vpc)
    talk.part(native, ec2, vpc)
    talk.part(leaving, ec2, vpc)


def offers(talk, ec2):
    found = ec2.describe_vpc_endpoint_services(Filters=by("service-type", "Gateway"))["ServiceNames"]
    talk.equal("services of gateways", found, [f"com.amazonaws.{REGION}.dynamodb", S3])
    detail = ec2.describe_vpc_endpoint_services(ServiceNames=[STS])["ServiceDetails"][0]
    talk.equal("service", (detail["Owner"], detail["PrivateDnsName"], [t["ServiceType"] for t in detail["ServiceType"]]),
               ("amazon", f"sts.{REGION}.amazonaws.com", ["Interface"]))
    talk.refused("no such service", "InvalidServiceName", ec2.describe_vpc_endpoint_services,
                 ServiceNames=[f"com.amazonaws.{REGION}.none"])
    talk.equal("own images", ec2.describe_images(Owners=["self"])["Images"], [])


def prefix_lists(talk, ec2):
    own = ec2.describe_prefix_lists(Filters=by("prefix-list-name", S3))["PrefixLists"][0]
    managed = ec2.describe_managed_prefix_lists(Filters=by("prefix-list-name", S3))["PrefixLists"][0]
    talk.equal("managed list", (managed["PrefixListId"], managed["OwnerId"], managed["AddressFamily"]),
               (own["PrefixListId"], "AWS", "IPv4"))
    entries, _ = talk.pages(ec2, "get_managed_prefix_list_entries", "Entries", PrefixListId=own["PrefixListId"])
    talk.check("entries", {e["Cidr"] for e in entries} == set(own.get("Cidrs", [])) and entries, entries)
    return own["PrefixListId"]


def gateway(talk, ec2, vpc, prefix_list):
    make_table = lambda: ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]  # noqa: E731
    one, two = make_table(), make_table()

    def routes(table):
        seen = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [(r["DestinationPrefixListId"], r["GatewayId"]) for r in seen if "DestinationPrefixListId" in r]

    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3, RouteTableIds=[one],
                                   TagSpecifications=tagged("vpc-endpoint", Name="talk"))["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    talk.equal("gateway endpoint", (made.get("VpcEndpointType"), made["RouteTableIds"], tags_of(made["Tags"])),
               ("Gateway", [one], {"Name": "talk"}))
    find = lambda filters: [e["VpcEndpointId"] for e in ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]]  # noqa: E731
    for name, value in [("vpc-id", vpc), ("service-name", S3), ("vpc-endpoint-state", "available"), ("tag:Name", "talk")]:
        talk.equal(f"endpoints by {name}", find(by(name, value) + by("vpc-id", vpc)), [endpoint])
    talk.equal("route of endpoint", routes(one), [(prefix_list, endpoint)])
    talk.refused("endpoint twice", "RouteAlreadyExists", ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=S3, RouteTableIds=[one])
    talk.refused("route stays", "InvalidParameterValue", ec2.delete_route, RouteTableId=one, DestinationPrefixListId=prefix_list)
    policy = statement(Action="s3:GetObject", Principal="*", Resource="*")
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=policy, AddRouteTableIds=[two], RemoveRouteTableIds=[one])
    seen = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    talk.equal("endpoint modified", (json.loads(seen["PolicyDocument"]), seen["RouteTableIds"]), (json.loads(policy), [two]))
    talk.equal("routes moved", (routes(one), routes(two)), ([], [(prefix_list, endpoint)]))
    talk.refused("bad policy", "InvalidPolicyDocument", ec2.modify_vpc_endpoint, VpcEndpointId=endpoint, PolicyDocument="no")
    talk.refused("no such service to reach", "InvalidServiceName", ec2.create_vpc_endpoint, VpcId=vpc,
                 ServiceName=f"com.amazonaws.{REGION}.none")
    talk.refused("gateway of no such kind", "InvalidParameter", ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=STS,
                 VpcEndpointType="Gateway")
    absent = "vpce-0123456789abcdef0"
    left = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint, absent])["Unsuccessful"]
    talk.equal("left", [(u["ResourceId"], u["Error"]["Code"]) for u in left], [(absent, "InvalidVpcEndpoint.NotFound")])
    talk.equal("routes gone", talk.until(lambda: routes(two), lambda seen: not seen), [])
    talk.equal("endpoint gone", talk.until(lambda: find(by("vpc-id", vpc)), lambda seen: not seen), [])
    talk.refused("no such endpoint", "InvalidVpcEndpointId.NotFound", ec2.describe_vpc_endpoints, VpcEndpointIds=[endpoint])
    for table in (one, two):
        ec2.delete_route_table(RouteTableId=table)


def interface(talk, ec2, vpc):
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
               for n, zone in enumerate("ab")]
    group = ec2.create_security_group(GroupName="endpoints", Description="endpoints", VpcId=vpc)["GroupId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=STS, VpcEndpointType="Interface", SubnetIds=subnets, SecurityGroupIds=[group],
                                   PrivateDnsEnabled=True)["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    look = lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]  # noqa: E731
    seen = talk.until(look, lambda seen: seen["State"] == "available")
    talk.equal("interface endpoint", (seen["State"], set(seen["SubnetIds"]), [g["GroupId"] for g in seen["Groups"]],
                                      seen["PrivateDnsEnabled"]), ("available", set(subnets), [group], True))
    names = [entry["DnsName"] for entry in seen["DnsEntries"]]
    talk.check("names of endpoint", f"sts.{REGION}.amazonaws.com" in names and names[0].startswith(endpoint), names)
    own = ec2.describe_network_interfaces(NetworkInterfaceIds=seen["NetworkInterfaceIds"])["NetworkInterfaces"]
    talk.equal("interfaces of endpoint", {(i["SubnetId"], i["InterfaceType"], i["RequesterManaged"]) for i in own},
               {(subnet, "vpc_endpoint", True) for subnet in subnets})
    talk.refused("private name taken", "InvalidParameter", ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=STS,
                 VpcEndpointType="Interface", SubnetIds=subnets, PrivateDnsEnabled=True)
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveSubnetIds=subnets[1:], PrivateDnsEnabled=False)
    seen = talk.until(look, lambda seen: seen["State"] == "available")
    talk.equal("endpoint in one subnet", (seen["SubnetIds"], seen["PrivateDnsEnabled"], len(seen["NetworkInterfaceIds"])),
               (subnets[:1], False, 1))
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    left = by("vpc-id", vpc) + by("service-name", STS) + by("vpc-endpoint-state", "pending", "available", "deleting")
    find = lambda: ec2.describe_vpc_endpoints(Filters=left)["VpcEndpoints"]  # noqa: E731
    talk.equal("interface endpoint gone", talk.until(find, lambda seen: not seen), [])
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=group)


def native(talk, ec2, vpc):
    block = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    block = block.replace("/56", "/64")
    talk.refused("native without block", "MissingParameter", ec2.create_subnet, VpcId=vpc, Ipv6Native=True)
    talk.refused("native with IPv4", "InvalidParameterCombination", ec2.create_subnet, VpcId=vpc, Ipv6Native=True,
                 Ipv6CidrBlock=block, CidrBlock="10.8.9.0/24")
    made = ec2.create_subnet(VpcId=vpc, Ipv6Native=True, Ipv6CidrBlock=block)["Subnet"]
    subnet = made["SubnetId"]
    talk.equal("native subnet", (made["Ipv6Native"], made["AssignIpv6AddressOnCreation"], made.get("CidrBlock")), (True, True, None))
    talk.equal("names in native subnet", (made.get("EnableDns64"), made.get("PrivateDnsNameOptionsOnLaunch")), (True, {
        "HostnameType": "resource-name", "EnableResourceNameDnsARecord": False, "EnableResourceNameDnsAAAARecord": True}))
    found = ec2.describe_subnets(Filters=by("ipv6-native", "true") + by("vpc-id", vpc))["Subnets"]
    talk.equal("native subnets", [s["SubnetId"] for s in found], [subnet])
    modify = lambda **named: ec2.modify_subnet_attribute(SubnetId=subnet, **named)  # noqa: E731
    talk.refused("native gives addresses", "InvalidParameterValue", modify, AssignIpv6AddressOnCreation={"Value": False})
    modify(EnableDns64={"Value": False})
    talk.equal("no synthetic addresses", ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0].get("EnableDns64"), False)
    own = talk.given("native interface", ec2.create_network_interface, SubnetId=subnet)
    if own:
        own = own["NetworkInterface"]
        talk.equal("address of native interface", (len(own["Ipv6Addresses"]), own.get("PrivateIpAddress")), (1, None))
        ec2.delete_network_interface(NetworkInterfaceId=own["NetworkInterfaceId"])
    ec2.delete_subnet(SubnetId=subnet)


def leaving(talk, ec2, vpc):
    ec2.delete_vpc(VpcId=vpc)
    talk.refused("deleted vpc", "InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])
