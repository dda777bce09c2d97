"""EC2: networks, security groups, addresses, gateways, interfaces, templates, instances."""
import base64

from harness import by, tagged, tags_of


def talk(talk):
    ec2 = talk.client("ec2")
    talk.part(places, ec2)
    vpc = talk.part(first_vpc, ec2)
    talk.part(vpcs, ec2, vpc)
    a, b = talk.part(subnets, ec2, vpc) or (None, None)
    gateway = talk.part(gateways, ec2, vpc, a)
    talk.part(routes, ec2, vpc, a, gateway)
    group = talk.part(groups, ec2, vpc)
    talk.part(interfaces, ec2, a, group)
    talk.part(templates, ec2)
    talk.part(instances, ec2, a, group)
    talk.part(stopped, ec2, a)
    talk.part(passwords, ec2, a)
    talk.part(volumes, ec2)
    talk.part(access_lists, ec2, vpc, b)
    talk.part(dhcp, ec2, vpc)
    talk.part(tags, ec2, vpc)
    talk.part(leaving, ec2, vpc, a, b, gateway, group)


def places(talk, ec2):
    zones = ec2.describe_availability_zones(Filters=by("opt-in-status", "opt-in-not-required"))["AvailabilityZones"]
    talk.equal("zones", [zone["ZoneName"] for zone in zones], ["eu-central-1a", "eu-central-1b", "eu-central-1c"])
    talk.equal("zone", ec2.describe_availability_zones(ZoneNames=["eu-central-1b"])["AvailabilityZones"][0]["State"],
               "available")
    talk.refused("no such zone", "InvalidParameterValue", ec2.describe_availability_zones, ZoneNames=["eu-central-1z"])
    talk.refused("no such zone id", "InvalidParameterValue", ec2.describe_availability_zones, ZoneIds=["use1-az1"],
                 message="Invalid availability zone-id: [use1-az1]")
    talk.check("regions", "eu-central-1" in [r["RegionName"] for r in ec2.describe_regions()["Regions"]])
    all_regions = {r["RegionName"]: r["OptInStatus"] for r in ec2.describe_regions(AllRegions=True)["Regions"]}
    talk.equal("other regions", (all_regions.get("af-south-1"), all_regions.get("cn-north-1")), ("not-opted-in", None))
    talk.refused("default vpc twice", "DefaultVpcAlreadyExists", ec2.create_default_vpc)
    talk.refused("default subnet twice", "DefaultSubnetAlreadyExistsInAvailabilityZone", ec2.create_default_subnet,
                 AvailabilityZone="eu-central-1a")
    kind = ec2.describe_instance_types(InstanceTypes=["m5.large"])["InstanceTypes"][0]
    talk.equal("instance type", (kind["VCpuInfo"]["DefaultVCpus"], kind["MemoryInfo"]["SizeInMiB"]), (2, 8192))
    talk.refused("no such type", "InvalidInstanceType", ec2.describe_instance_types, InstanceTypes=["m5.tiny"])
    offers, _ = talk.pages(ec2, "describe_instance_type_offerings", "InstanceTypeOfferings",
                           LocationType="availability-zone", Filters=by("instance-type", "m5.large"))
    talk.check("offerings", {o["Location"] for o in offers} >= {"eu-central-1a", "eu-central-1b"}, offers)


def first_vpc(talk, ec2):
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", Name="talk", team="a"))["Vpc"]
    vpc = made["VpcId"]
    talk.check("vpc id", vpc.startswith("vpc-") and len(vpc) == 21, vpc)
    talk.equal("new vpc", (made["CidrBlock"], made["InstanceTenancy"], made["IsDefault"], tags_of(made["Tags"])),
               ("10.0.0.0/16", "default", False, {"Name": "talk", "team": "a"}))
    return vpc


def vpcs(talk, ec2, vpc):
    talk.wait(ec2, "vpc_available", "vpc waiter", VpcIds=[vpc])
    talk.wait(ec2, "vpc_exists", "vpc exists waiter", VpcIds=[vpc])
    find = lambda filters: [found["VpcId"] for found in ec2.describe_vpcs(Filters=filters)["Vpcs"]]  # noqa: E731
    for name, value in [("vpc-id", vpc), ("tag:Name", "talk"), ("tag-key", "team"), ("cidr", "10.0.0.0/16"),
                        ("cidr-block-association.cidr-block", "10.0.0.0/16"), ("tag:Name", "ta*"), ("tag-value", "a")]:
        talk.equal(f"vpcs by {name} {value}" if "*" in value else f"vpcs by {name}", find(by(name, value)), [vpc])
    talk.equal("vpcs by two filters", find(by("vpc-id", vpc) + by("tag:Name", "other")), [])
    talk.check("default vpc", len(find(by("is-default", "true"))) == 1)
    talk.refused("unknown filter", "InvalidParameterValue", ec2.describe_vpcs, Filters=by("colour", "red"),
                 message="The filter 'colour' is invalid")
    talk.refused("dry run", "DryRunOperation", ec2.create_vpc, CidrBlock="10.9.0.0/16", DryRun=True, status=412)
    talk.refused("range", "InvalidVpc.Range", ec2.create_vpc, CidrBlock="10.0.0.0/8",
                 message="The CIDR '10.0.0.0/8' is invalid.")
    talk.refused("not a block", "InvalidParameterValue", ec2.create_vpc, CidrBlock="ten")
    talk.refused("no block", "MissingParameter", ec2.create_vpc)
    absent = "vpc-0123456789abcdef0"
    talk.refused("no such vpc", "InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[absent],
                 message=f"The vpc ID '{absent}' does not exist")
    attribute = lambda name: ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)  # noqa: E731
    talk.equal("dns support", attribute("enableDnsSupport")["EnableDnsSupport"], {"Value": True})
    talk.equal("no dns hostnames", attribute("enableDnsHostnames")["EnableDnsHostnames"], {"Value": False})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    talk.equal("dns hostnames", attribute("enableDnsHostnames")["EnableDnsHostnames"], {"Value": True})
    second = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    blocks = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]
    talk.equal("blocks", [block["CidrBlock"] for block in blocks], ["10.0.0.0/16", "10.1.0.0/16"])
    talk.refused("first block stays", "OperationNotPermitted", ec2.disassociate_vpc_cidr_block,
                 AssociationId=blocks[0]["AssociationId"])
    talk.refused("block of another range", "InvalidVpc.Range", ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="192.168.0.0/16",
                 message="The CIDR '192.168.0.0/16' is restricted.")
    ec2.disassociate_vpc_cidr_block(AssociationId=second["AssociationId"])
    ipv6 = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)["Ipv6CidrBlockAssociation"]
    seen = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]
    talk.check("ipv6 block", seen["Ipv6CidrBlock"].endswith("/56"), seen)
    ec2.disassociate_vpc_cidr_block(AssociationId=ipv6["AssociationId"])
    own = by("vpc-id", vpc)
    talk.equal("main route table", len(ec2.describe_route_tables(Filters=own + by("association.main", "true"))["RouteTables"]), 1)
    talk.equal("default group", [g["GroupName"] for g in ec2.describe_security_groups(Filters=own)["SecurityGroups"]],
               ["default"])
    acl = ec2.describe_network_acls(Filters=own)["NetworkAcls"][0]
    talk.equal("default acl", (acl["IsDefault"], len(acl["Entries"]) >= 4), (True, True))
    options = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"]
    options = ec2.describe_dhcp_options(DhcpOptionsIds=[options])["DhcpOptions"][0]
    servers = {c["Key"]: [v["Value"] for v in c["Values"]] for c in options["DhcpConfigurations"]}
    talk.equal("name servers", servers.get("domain-name-servers"), ["AmazonProvidedDNS"])


def subnets(talk, ec2, vpc):
    make = lambda block, zone: ec2.create_subnet(  # noqa: E731
        VpcId=vpc, CidrBlock=block, AvailabilityZone=f"eu-central-1{zone}", TagSpecifications=tagged("subnet", Name=zone))["Subnet"]
    a, b = make("10.0.0.0/24", "a"), make("10.0.1.0/24", "b")
    talk.equal("new subnet", (a["AvailableIpAddressCount"], a["MapPublicIpOnLaunch"], a["DefaultForAz"], a["VpcId"]),
               (251, False, False, vpc))
    talk.check("zone id", a["AvailabilityZoneId"].startswith("euc1-az"), a["AvailabilityZoneId"])
    talk.check("subnet arn", a["SubnetArn"].endswith(":subnet/" + a["SubnetId"]), a["SubnetArn"])
    talk.wait(ec2, "subnet_available", "subnet waiter", SubnetIds=[a["SubnetId"], b["SubnetId"]])
    find = lambda *filters: [s["SubnetId"] for s in ec2.describe_subnets(Filters=sum(filters, []))["Subnets"]]  # noqa: E731
    own = by("vpc-id", vpc)
    talk.equal("subnets of vpc", set(find(own)), {a["SubnetId"], b["SubnetId"]})
    for name, value in [("availability-zone", "eu-central-1a"), ("cidr-block", "10.0.0.0/24"), ("subnet-id", a["SubnetId"]),
                        ("tag:Name", "a"), ("availability-zone-id", a["AvailabilityZoneId"])]:
        talk.equal(f"subnets by {name}", find(own, by(name, value)), [a["SubnetId"]])
    talk.equal("subnets by state", len(find(own, by("state", "available"))), 2)
    create = lambda **named: ec2.create_subnet(VpcId=vpc, **named)  # noqa: E731
    talk.refused("overlap", "InvalidSubnet.Conflict", create, CidrBlock="10.0.0.128/25",
                 message="The CIDR '10.0.0.128/25' conflicts with another subnet")
    talk.refused("outside", "InvalidSubnet.Range", create, CidrBlock="10.2.0.0/24",
                 message="The CIDR '10.2.0.0/24' is invalid.")
    talk.refused("bad zone", "InvalidParameterValue", create, CidrBlock="10.0.9.0/24", AvailabilityZone="eu-central-1z")
    talk.refused("subnet of no vpc", "InvalidVpcID.NotFound", ec2.create_subnet, VpcId="vpc-0123456789abcdef0",
                 CidrBlock="10.0.0.0/24")
    ec2.modify_subnet_attribute(SubnetId=a["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    talk.equal("public", ec2.describe_subnets(SubnetIds=[a["SubnetId"]])["Subnets"][0]["MapPublicIpOnLaunch"], True)
    talk.refused("no such subnet", "InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=["subnet-0123456789abcdef0"],
                 message="The subnet ID 'subnet-0123456789abcdef0' does not exist")
    for number in range(6):
        create(CidrBlock=f"10.0.{10 + number}.0/28", TagSpecifications=tagged("subnet", kind="page"))
    paged = by("tag:kind", "page")
    first = ec2.describe_subnets(Filters=paged, MaxResults=5)
    talk.check("first page", len(first["Subnets"]) == 5 and "NextToken" in first, len(first["Subnets"]))
    found, count = talk.pages(ec2, "describe_subnets", "Subnets", size=5, Filters=paged)
    talk.equal("subnets in pages", (len({s["SubnetId"] for s in found}), count), (6, 2))
    talk.refused("too small a page", "InvalidParameterValue", ec2.describe_subnets, MaxResults=1)
    talk.refused("bad token", ["InvalidNextToken", "InvalidParameterValue"], ec2.describe_subnets, MaxResults=5,
                 NextToken="nonsense")
    for subnet in found:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    return a["SubnetId"], b["SubnetId"]


def gateways(talk, ec2, vpc, subnet):
    made = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", Name="talk"))["InternetGateway"]
    gateway = made["InternetGatewayId"]
    talk.equal("new gateway", made["Attachments"], [])
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    found = ec2.describe_internet_gateways(Filters=by("attachment.vpc-id", vpc))["InternetGateways"]
    talk.equal("attachment", [(g["InternetGatewayId"], g["Attachments"][0]["State"]) for g in found], [(gateway, "available")])
    talk.refused("attached twice", "Resource.AlreadyAssociated", ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
    talk.refused("delete attached", "DependencyViolation", ec2.delete_internet_gateway, InternetGatewayId=gateway)
    talk.refused("no such gateway", "InvalidInternetGatewayID.NotFound", ec2.describe_internet_gateways,
                 InternetGatewayIds=["igw-0123456789abcdef0"])
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip", Name="talk"))
    allocation = address["AllocationId"]
    seen = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]
    talk.equal("address", (seen["PublicIp"], seen["Domain"], tags_of(seen["Tags"])), (address["PublicIp"], "vpc", {"Name": "talk"}))
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation, ClientToken="talk",
                                 TagSpecifications=tagged("natgateway", Name="talk"))["NatGateway"]
    again = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation, ClientToken="talk",
                                   TagSpecifications=tagged("natgateway", Name="talk"))["NatGateway"]
    talk.equal("client token", again["NatGatewayId"], nat["NatGatewayId"])
    talk.equal("new nat", (nat["State"], nat["ConnectivityType"]), ("pending", "public"))
    talk.wait(ec2, "nat_gateway_available", "nat waiter", NatGatewayIds=[nat["NatGatewayId"]])
    seen = ec2.describe_nat_gateways(Filter=by("subnet-id", subnet) + by("state", "available"))["NatGateways"][0]
    talk.equal("nat address", (seen["NatGatewayAddresses"][0]["PublicIp"], seen["VpcId"]), (address["PublicIp"], vpc))
    talk.refused("address in use", ["InvalidIPAddress.InUse", "AuthFailure"], ec2.release_address, AllocationId=allocation)
    talk.refused("subnet in use", "DependencyViolation", ec2.delete_subnet, SubnetId=subnet)
    talk.refused("mapped addresses", "DependencyViolation", ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    talk.wait(ec2, "nat_gateway_deleted", "nat deleted waiter", NatGatewayIds=[nat["NatGatewayId"]])
    talk.refused("no such nat", "NatGatewayNotFound", ec2.delete_nat_gateway, NatGatewayId="nat-0123456789abcdef0")
    ec2.release_address(AllocationId=allocation)
    talk.refused("released", "InvalidAllocationID.NotFound", ec2.describe_addresses, AllocationIds=[allocation])
    more = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(5)]
    talk.refused("sixth address", "AddressLimitExceeded", ec2.allocate_address, Domain="vpc",
                 message="The maximum number of addresses has been reached.")
    for allocation in more:
        ec2.release_address(AllocationId=allocation)
    outward = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    found = ec2.describe_egress_only_internet_gateways(EgressOnlyInternetGatewayIds=[outward])["EgressOnlyInternetGateways"]
    talk.equal("egress only", found[0]["Attachments"][0]["VpcId"], vpc)
    ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=outward)
    return gateway


def routes(talk, ec2, vpc, subnet, gateway):
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table", Name="talk"))["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    seen = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    routes = {r["DestinationCidrBlock"]: (r["GatewayId"], r["State"], r["Origin"]) for r in seen["Routes"]}
    talk.equal("routes", routes, {"10.0.0.0/16": ("local", "active", "CreateRouteTable"),
                                  "0.0.0.0/0": (gateway, "active", "CreateRoute")})
    talk.refused("route twice", "RouteAlreadyExists", ec2.create_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0",
                 GatewayId=gateway, message="The route identified by 0.0.0.0/0 already exists.")
    talk.refused("route within the vpc", "InvalidParameterValue", ec2.create_route, RouteTableId=table,
                 DestinationCidrBlock="10.0.7.0/24", GatewayId=gateway, message="is equal to or more specific than one of this VPC's")
    talk.refused("no such target", "InvalidGatewayID.NotFound", ec2.create_route, RouteTableId=table,
                 DestinationCidrBlock="1.0.0.0/8", GatewayId="igw-0123456789abcdef0")
    talk.refused("replace absent", "InvalidParameterValue", ec2.replace_route, RouteTableId=table,
                 DestinationCidrBlock="1.0.0.0/8", GatewayId=gateway, message="There is no route defined for '1.0.0.0/8'")
    talk.refused("delete absent route", "InvalidRoute.NotFound", ec2.delete_route, RouteTableId=table,
                 DestinationCidrBlock="1.0.0.0/8")
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    talk.check("association id", association.startswith("rtbassoc-"), association)
    find = lambda name, value: [t["RouteTableId"] for t in ec2.describe_route_tables(Filters=by(name, value))["RouteTables"]]  # noqa: E731
    for name, value in [("association.subnet-id", subnet), ("association.route-table-association-id", association),
                        ("route.gateway-id", gateway), ("route.destination-cidr-block", "0.0.0.0/0"), ("route-table-id", table),
                        ("association.route-table-id", table)]:
        talk.check(f"tables by {name}", table in find(name, value), find(name, value))
    talk.refused("associated twice", "Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=table, SubnetId=subnet)
    talk.refused("table in use", "DependencyViolation", ec2.delete_route_table, RouteTableId=table)
    ec2.disassociate_route_table(AssociationId=association)
    talk.refused("disassociated", "InvalidAssociationID.NotFound", ec2.disassociate_route_table, AssociationId=association)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.delete_route_table(RouteTableId=table)
    talk.refused("deleted table", "InvalidRouteTableID.NotFound", ec2.describe_route_tables, RouteTableIds=[table])


def groups(talk, ec2, vpc):
    made = ec2.create_security_group(GroupName="talk", Description="for talk", VpcId=vpc,
                                     TagSpecifications=tagged("security-group", Name="talk"))
    group = made["GroupId"]
    seen = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    talk.equal("first rules", (seen["IpPermissions"], [(p["IpProtocol"], p["IpRanges"]) for p in seen["IpPermissionsEgress"]]),
               ([], [("-1", [{"CidrIp": "0.0.0.0/0"}])]))
    talk.refused("group twice", "InvalidGroup.Duplicate", ec2.create_security_group, GroupName="talk", Description="d", VpcId=vpc,
                 message="already exists for VPC")
    talk.refused("bad description", "InvalidParameterValue", ec2.create_security_group, GroupName="other", Description="<a>", VpcId=vpc,
                 message="Valid descriptions are strings less than 256 characters")
    talk.refused("group by name", "InvalidGroup.NotFound", ec2.describe_security_groups, GroupNames=["talk"],
                 message="The security group 'talk' does not exist in default VPC")
    given = talk.given("groups for vpc", ec2.get_security_groups_for_vpc, VpcId=vpc)
    if given:
        talk.check("groups for vpc read back", group in [g["GroupId"] for g in given["SecurityGroupForVpcs"]], given)
    talk.refused("no description", "MissingParameter", ec2.create_security_group, GroupName="other", VpcId=vpc)
    web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "web"}]}
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[web], TagSpecifications=tagged(
        "security-group-rule", Name="web"))["SecurityGroupRules"]
    talk.equal("rule", (rules[0]["IpProtocol"], rules[0]["FromPort"], rules[0]["CidrIpv4"], rules[0]["IsEgress"]),
               ("tcp", 443, "10.0.0.0/8", False))
    rule = rules[0]["SecurityGroupRuleId"]
    talk.refused("rule twice", "InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[web],
                 message='"peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW" already exists')
    found = ec2.describe_security_group_rules(Filters=by("group-id", group))["SecurityGroupRules"]
    talk.equal("all rules", sorted(found_rule["IsEgress"] for found_rule in found), [False, True])
    named = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"][0]
    talk.equal("rule reads back", (named.get("Description"), tags_of(named.get("Tags", []))), ("web", {"Name": "web"}))
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": {
        "IpProtocol": "tcp", "FromPort": 443, "ToPort": 444, "CidrIpv4": "10.0.0.0/8", "Description": "more"}}])
    named = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"][0]
    talk.equal("rule modified", (named["ToPort"], named.get("Description")), (444, "more"))
    own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[own])
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
    seen = ec2.describe_security_groups(Filters=by("group-name", "talk") + by("vpc-id", vpc))["SecurityGroups"][0]
    talk.equal("permissions", sorted(p["IpProtocol"] for p in seen["IpPermissions"]), ["-1", "tcp"])
    for name, value in [("ip-permission.cidr", "10.0.0.0/8"), ("ip-permission.from-port", "443"), ("group-id", group),
                        ("description", "for talk"), ("egress.ip-permission.protocol", "udp")]:
        found = [g["GroupId"] for g in ec2.describe_security_groups(Filters=by(name, value) + by("vpc-id", vpc))["SecurityGroups"]]
        talk.equal(f"groups by {name}", found, [group])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[own])
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule])
    talk.refused("revoke absent", "InvalidPermission.NotFound", ec2.revoke_security_group_ingress, GroupId=group,
                 IpPermissions=[web])
    talk.equal("revoked", ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"], [])
    talk.refused("no such group", "InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=["sg-0123456789abcdef0"],
                 message="The security group 'sg-0123456789abcdef0' does not exist")
    default = ec2.describe_security_groups(Filters=by("vpc-id", vpc) + by("group-name", "default"))["SecurityGroups"][0]["GroupId"]
    talk.refused("default stays", "CannotDelete", ec2.delete_security_group, GroupId=default)
    talk.refused("bad protocol", ["InvalidParameterValue"], ec2.authorize_security_group_ingress, GroupId=group,
                 IpPermissions=[{**web, "IpProtocol": "smoke"}])
    talk.refused("bad ports", ["InvalidParameterValue"], ec2.authorize_security_group_ingress, GroupId=group,
                 IpPermissions=[{**web, "FromPort": 500}])
    talk.refused("bad range", ["InvalidParameterValue"], ec2.authorize_security_group_ingress, GroupId=group,
                 IpPermissions=[{**web, "IpRanges": [{"CidrIp": "10.0.0.0/99"}]}])
    return group


def interfaces(talk, ec2, subnet, group):
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[group], Description="talk", PrivateIpAddress="10.0.0.50",
                                        TagSpecifications=tagged("network-interface", Name="talk"))["NetworkInterface"]
    interface = made["NetworkInterfaceId"]
    talk.equal("interface", (made["PrivateIpAddress"], made["Description"], [g["GroupId"] for g in made["Groups"]]),
               ("10.0.0.50", "talk", [group]))
    talk.wait(ec2, "network_interface_available", "interface waiter", NetworkInterfaceIds=[interface])
    for name, value in [("subnet-id", subnet), ("group-id", group), ("private-ip-address", "10.0.0.50"), ("status", "available"),
                        ("description", "talk"), ("network-interface-id", interface)]:
        found = ec2.describe_network_interfaces(Filters=by(name, value) + by("tag:Name", "talk"))["NetworkInterfaces"]
        talk.equal(f"interfaces by {name}", [i["NetworkInterfaceId"] for i in found], [interface])
    talk.refused("address taken", "InvalidIPAddress.InUse", ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress="10.0.0.50")
    talk.refused("group in use", "DependencyViolation", ec2.delete_security_group, GroupId=group, message="has a dependent object")
    talk.refused("address reserved", "InvalidParameterValue", ec2.create_network_interface, SubnetId=subnet,
                 PrivateIpAddress="10.0.0.2", message="is in subnet's reserved address range")
    ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, SecondaryPrivateIpAddressCount=2)
    seen = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    talk.equal("addresses", len(seen["PrivateIpAddresses"]), 3)
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=[
        a["PrivateIpAddress"] for a in seen["PrivateIpAddresses"] if not a["Primary"]])
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    seen = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    talk.equal("changed", (seen["SourceDestCheck"], len(seen["PrivateIpAddresses"])), (False, 1))
    address = ec2.allocate_address(Domain="vpc")
    association = ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface)["AssociationId"]
    seen = ec2.describe_addresses(Filters=by("network-interface-id", interface))["Addresses"][0]
    talk.equal("associated", (seen["AssociationId"], seen["PrivateIpAddress"]), (association, "10.0.0.50"))
    ec2.disassociate_address(AssociationId=association)
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    talk.refused("deleted interface", "InvalidNetworkInterfaceID.NotFound", ec2.describe_network_interfaces,
                 NetworkInterfaceIds=[interface])


def templates(talk, ec2):
    data = {"InstanceType": "m5.large", "UserData": "IyEvYmluL3No", "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}],
            "TagSpecifications": tagged("instance", Name="node")}
    made = ec2.create_launch_template(LaunchTemplateName="talk", LaunchTemplateData=data, VersionDescription="one",
                                      TagSpecifications=tagged("launch-template", Name="talk"))["LaunchTemplate"]
    template = made["LaunchTemplateId"]
    talk.equal("new template", (made["DefaultVersionNumber"], made["LatestVersionNumber"]), (1, 1))
    seen = ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Latest"])["LaunchTemplateVersions"][0]
    talk.equal("data reads back", {key: seen["LaunchTemplateData"].get(key) for key in ("InstanceType", "UserData")},
               {"InstanceType": "m5.large", "UserData": "IyEvYmluL3No"})
    talk.equal("tokens", seen["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"], "required")
    talk.refused("template twice", "InvalidLaunchTemplateName.AlreadyExistsException", ec2.create_launch_template,
                 LaunchTemplateName="talk", LaunchTemplateData=data, message="Launch template name already in use.")
    second = ec2.create_launch_template_version(LaunchTemplateName="talk", SourceVersion="1",
                                                LaunchTemplateData={"InstanceType": "m5.xlarge"})["LaunchTemplateVersion"]
    talk.equal("second version", (second["VersionNumber"], second["LaunchTemplateData"]["InstanceType"],
                                  second["LaunchTemplateData"].get("UserData")), (2, "m5.xlarge", "IyEvYmluL3No"))
    ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    seen = ec2.describe_launch_templates(LaunchTemplateNames=["talk"])["LaunchTemplates"][0]
    talk.equal("default version", (seen["DefaultVersionNumber"], seen["LatestVersionNumber"]), (2, 2))
    talk.refused("no such version", "InvalidLaunchTemplateId.VersionNotFound", ec2.describe_launch_template_versions,
                 LaunchTemplateId=template, Versions=["9"])
    talk.refused("no such template", "InvalidLaunchTemplateId.NotFound", ec2.describe_launch_templates,
                 LaunchTemplateIds=["lt-0123456789abcdef0"])
    talk.refused("no such name", "InvalidLaunchTemplateName.NotFoundException", ec2.describe_launch_templates,
                 LaunchTemplateNames=["absent"])
    deleted = ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["1"])
    talk.equal("version deleted", [v["VersionNumber"] for v in deleted["SuccessfullyDeletedLaunchTemplateVersions"]], [1])
    ec2.delete_launch_template(LaunchTemplateId=template)
    talk.equal("template gone", ec2.describe_launch_templates(Filters=by("launch-template-name", "talk"))["LaunchTemplates"], [])


def instances(talk, ec2, subnet, group):
    ssm = talk.client("ssm")
    image = ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]
    talk.equal("image", len(ec2.describe_images(ImageIds=[image])["Images"]), 1)
    key = ec2.create_key_pair(KeyName="talk", KeyType="ed25519")
    talk.check("key material", "PRIVATE KEY" in key["KeyMaterial"], key)
    talk.equal("key", ec2.describe_key_pairs(KeyNames=["talk"])["KeyPairs"][0]["KeyPairId"], key["KeyPairId"])
    talk.refused("key twice", "InvalidKeyPair.Duplicate", ec2.create_key_pair, KeyName="talk")
    run = dict(ImageId=image, InstanceType="t3.micro", SubnetId=subnet, SecurityGroupIds=[group], KeyName="talk", MinCount=1, MaxCount=1,
               TagSpecifications=tagged("instance", Name="talk"))
    instance = ec2.run_instances(**run, ClientToken="one")["Instances"][0]["InstanceId"]
    talk.equal("same token", ec2.run_instances(**run, ClientToken="one")["Instances"][0]["InstanceId"], instance)
    talk.wait(ec2, "instance_running", "instance waiter", InstanceIds=[instance])
    seen = ec2.describe_instances(Filters=by("tag:Name", "talk") + by("instance-state-name", "running"))["Reservations"][0]["Instances"][0]
    talk.equal("instance", (seen["InstanceId"], seen["SubnetId"], seen["KeyName"], [g["GroupId"] for g in seen["SecurityGroups"]]),
               (instance, subnet, "talk", [group]))
    talk.check("private address", seen["PrivateIpAddress"].startswith("10.0.0."), seen.get("PrivateIpAddress"))
    talk.check("public address", "PublicIpAddress" in seen)
    talk.refused("bad image", "InvalidAMIID.NotFound", ec2.run_instances, **{**run, "ImageId": "ami-0123456789abcdef0"})
    talk.refused("bad key", "InvalidKeyPair.NotFound", ec2.run_instances, **{**run, "KeyName": "absent"})
    talk.refused("bad type", ["InvalidParameterValue", "Unsupported"], ec2.run_instances, **{**run, "InstanceType": "t3.none"})
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    talk.refused("protected", "OperationNotPermitted", ec2.terminate_instances, InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    ec2.stop_instances(InstanceIds=[instance])
    talk.wait(ec2, "instance_stopped", "stopped waiter", InstanceIds=[instance])
    ec2.start_instances(InstanceIds=[instance])
    talk.wait(ec2, "instance_running", "started waiter", InstanceIds=[instance])
    ec2.terminate_instances(InstanceIds=[instance])
    talk.wait(ec2, "instance_terminated", "terminated waiter", InstanceIds=[instance])
    talk.refused("no such instance", "InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=["i-0123456789abcdef0"])
    absent = ["i-0123456789abcdef0", "i-0123456789abcdef1"]
    talk.refused("no such instances", "InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=absent,
                 message="The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist")
    reason = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["StateTransitionReason"]
    talk.check("reason", reason.startswith("User initiated (") and reason.endswith(" GMT)"), reason)
    talk.refused("bad metadata option", "InvalidParameterValue", ec2.run_instances, **run, MetadataOptions={"HttpTokens": "maybe"})
    near = {"GroupName": "near"}
    talk.refused("no such placement", "InvalidPlacementGroup.Unknown", ec2.run_instances, **run, Placement=near)
    talk.refused("no such placement group", "InvalidPlacementGroup.Unknown", ec2.describe_placement_groups, GroupNames=["near"])
    given = talk.given("placement group", ec2.create_placement_group, **near, Strategy="cluster")
    if given:
        talk.equal("placement", (given["PlacementGroup"]["State"], given["PlacementGroup"]["Strategy"]), ("available", "cluster"))
        talk.refused("placement twice", "InvalidPlacementGroup.Duplicate", ec2.create_placement_group, **near, Strategy="cluster")
        ec2.delete_placement_group(**near)
    prices = ec2.describe_spot_price_history(InstanceTypes=["m5.large"], ProductDescriptions=["Linux/UNIX"])["SpotPriceHistory"]
    talk.check("spot prices", len(prices) >= 3 and all(float(p["SpotPrice"]) > 0 for p in prices), prices)
    kind = ec2.describe_instance_types(InstanceTypes=["c5d.large"])["InstanceTypes"][0]
    processors = kind["VCpuInfo"]
    talk.equal("processors and disks", (processors["DefaultCores"], processors["DefaultThreadsPerCore"],
                                        kind["InstanceStorageInfo"]["TotalSizeInGB"]), (1, 2, 50))
    ec2.delete_key_pair(KeyName="talk")
    talk.refused("deleted key", "InvalidKeyPair.NotFound", ec2.describe_key_pairs, KeyNames=["talk"])


def stopped(talk, ec2, subnet):
    image = talk.client("ssm").get_parameter(
        Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]
    instance = ec2.run_instances(ImageId=image, InstanceType="m5.xlarge", SubnetId=subnet, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    talk.wait(ec2, "instance_running", "large instance waiter", InstanceIds=[instance])
    look = lambda: ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]  # noqa: E731
    talk.equal("usual processors", look().get("CpuOptions"), {"CoreCount": 2, "ThreadsPerCore": 2})
    talk.refused("processors while it runs", "IncorrectInstanceState", ec2.modify_instance_cpu_options, InstanceId=instance, CoreCount=1,
                 ThreadsPerCore=1)
    ec2.stop_instances(InstanceIds=[instance])
    talk.wait(ec2, "instance_stopped", "large instance stopped waiter", InstanceIds=[instance])
    talk.refused("too many processors", "InvalidParameterValue", ec2.modify_instance_cpu_options, InstanceId=instance, CoreCount=9,
                 ThreadsPerCore=2)
    given = talk.given("processors", ec2.modify_instance_cpu_options, InstanceId=instance, CoreCount=1, ThreadsPerCore=1)
    if given:
        talk.equal("processors given back", (given["InstanceId"], given["CoreCount"], given["ThreadsPerCore"]), (instance, 1, 1))
        talk.equal("processors read back", look()["CpuOptions"], {"CoreCount": 1, "ThreadsPerCore": 1})
    given = talk.given("reserved capacity", ec2.modify_instance_capacity_reservation_attributes, InstanceId=instance,
                       CapacityReservationSpecification={"CapacityReservationPreference": "none"})
    if given:
        talk.equal("reserved capacity read back", look()["CapacityReservationSpecification"], {"CapacityReservationPreference": "none"})
    talk.refused("no such reservation", "InvalidCapacityReservationId.NotFound", ec2.modify_instance_capacity_reservation_attributes,
                 InstanceId=instance, CapacityReservationSpecification={
                     "CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef0"}})
    talk.equal("no password of Linux", ec2.get_password_data(InstanceId=instance)["PasswordData"], "")
    talk.refused("no password of nothing", "InvalidInstanceID.NotFound", ec2.get_password_data, InstanceId="i-0123456789abcdef0")
    ec2.terminate_instances(InstanceIds=[instance])
    talk.wait(ec2, "instance_terminated", "large instance terminated waiter", InstanceIds=[instance])


def passwords(talk, ec2, subnet):
    name = "/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.33/image_id"
    found = talk.given("image of Windows", talk.client("ssm").get_parameter, Name=name)
    if not found:
        return
    ec2.create_key_pair(KeyName="windows")
    instance = ec2.run_instances(ImageId=found["Parameter"]["Value"], InstanceType="m5.large", SubnetId=subnet, KeyName="windows",
                                 MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    seen = talk.until(lambda: ec2.get_password_data(InstanceId=instance)["PasswordData"], bool)
    talk.equal("password is sealed by a key of 2048 bits", len(base64.b64decode(seen.strip())), 256)
    ec2.terminate_instances(InstanceIds=[instance])
    talk.wait(ec2, "instance_terminated", "Windows terminated waiter", InstanceIds=[instance])
    ec2.delete_key_pair(KeyName="windows")


def volumes(talk, ec2):
    made = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=10, VolumeType="gp3", TagSpecifications=tagged("volume", Name="talk"))
    volume = made["VolumeId"]
    talk.wait(ec2, "volume_available", "volume waiter", VolumeIds=[volume])
    seen = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
    talk.equal("volume", (seen["Size"], seen["VolumeType"], seen["Iops"], seen["Throughput"]), (10, "gp3", 3000, 125))
    talk.refused("bad volume type", ["InvalidParameterValue", "UnknownVolumeType"], ec2.create_volume, AvailabilityZone="eu-central-1a", Size=1,
                 VolumeType="paper")
    ec2.delete_volume(VolumeId=volume)
    talk.wait(ec2, "volume_deleted", "volume deleted waiter", VolumeIds=[volume])
    talk.refused("no such volume", "InvalidVolume.NotFound", ec2.delete_volume, VolumeId="vol-0123456789abcdef0")


def access_lists(talk, ec2, vpc, subnet):
    acl = ec2.create_network_acl(VpcId=vpc, TagSpecifications=tagged("network-acl", Name="talk"))["NetworkAcl"]["NetworkAclId"]
    entry = dict(NetworkAclId=acl, RuleNumber=100, Protocol="6", RuleAction="allow", Egress=False, CidrBlock="0.0.0.0/0",
                 PortRange={"From": 443, "To": 443})
    ec2.create_network_acl_entry(**entry)
    talk.refused("entry twice", "NetworkAclEntryAlreadyExists", ec2.create_network_acl_entry, **entry)
    ec2.replace_network_acl_entry(**{**entry, "RuleAction": "deny"})
    seen = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]
    own = [e for e in seen["Entries"] if e["RuleNumber"] == 100]
    talk.equal("entry", [(e["RuleAction"], e["PortRange"], e["Egress"]) for e in own], [("deny", {"From": 443, "To": 443}, False)])
    default = ec2.describe_network_acls(Filters=by("association.subnet-id", subnet))["NetworkAcls"][0]
    association = [a["NetworkAclAssociationId"] for a in default["Associations"] if a["SubnetId"] == subnet][0]
    new = ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)["NewAssociationId"]
    talk.refused("acl in use", "DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl)
    ec2.replace_network_acl_association(AssociationId=new, NetworkAclId=default["NetworkAclId"])
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
    talk.refused("entry gone", "InvalidNetworkAclEntry.NotFound", ec2.delete_network_acl_entry, NetworkAclId=acl, RuleNumber=100, Egress=False)
    ec2.delete_network_acl(NetworkAclId=acl)
    talk.refused("deleted acl", "InvalidNetworkAclID.NotFound", ec2.delete_network_acl, NetworkAclId=acl)


def dhcp(talk, ec2, vpc):
    made = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["talk.test"]}])["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=made, VpcId=vpc)
    talk.equal("options of vpc", ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"], made)
    talk.refused("options in use", "DependencyViolation", ec2.delete_dhcp_options, DhcpOptionsId=made)
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    ec2.delete_dhcp_options(DhcpOptionsId=made)
    talk.refused("deleted options", ["InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsID.NotFound"], ec2.describe_dhcp_options,
                 DhcpOptionsIds=[made])


def tags(talk, ec2, vpc):
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": ""}])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "cost"}])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "other"}])
    seen = {t["Key"]: t["Value"] for t in ec2.describe_tags(Filters=by("resource-id", vpc))["Tags"]}
    talk.equal("tags", seen, {"Name": "talk", "team": "b"})
    kinds = {t["ResourceType"] for t in ec2.describe_tags(Filters=by("key", "team") + by("resource-type", "vpc"))["Tags"]}
    talk.equal("kinds of tags", kinds, {"vpc"})
    talk.refused("reserved tag", "InvalidParameterValue", ec2.create_tags, Resources=[vpc], Tags=[{"Key": "aws:x", "Value": "1"}])
    talk.refused("tags of nothing", "InvalidVpcID.NotFound", ec2.create_tags, Resources=["vpc-0123456789abcdef0"],
                 Tags=[{"Key": "a", "Value": "1"}])
    talk.refused("too many tags", "TagLimitExceeded", ec2.create_tags, Resources=[vpc],
                 Tags=[{"Key": f"k{n}", "Value": "1"} for n in range(51)])


def leaving(talk, ec2, vpc, a, b, gateway, group):
    talk.refused("vpc in use", "DependencyViolation", ec2.delete_vpc, VpcId=vpc,
                 message=f"The vpc '{vpc}' has dependencies and cannot be deleted.")
    ec2.delete_security_group(GroupId=group)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    talk.refused("detached twice", "Gateway.NotAttached", ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    for subnet in (a, b):
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    talk.refused("deleted vpc", "InvalidVpcID.NotFound", ec2.delete_vpc, VpcId=vpc)
