use super::*;
use crate::testing::{Cloud, REGION, code};

/// A VPC with names, and a subnet in each of two zones.
struct Net {
    cloud: Cloud,
    vpc: String,
    subnets: Vec<String>,
}

impl Net {
    fn new() -> Self {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let names = tree! { "VpcId": &vpc, "EnableDnsHostnames": tree! { "Value": true } };
        cloud.ec2("ModifyVpcAttribute", names).unwrap();
        let subnets = [("10.0.1.0/24", "eu-central-1a"), ("10.0.2.0/24", "eu-central-1b")];
        let subnets = subnets.map(|(cidr, zone)| cloud.subnet(&vpc, cidr, zone)).into();
        Self { cloud, vpc, subnets }
    }

    fn table(&self) -> String {
        let made = self.cloud.ec2("CreateRouteTable", tree! { "VpcId": &self.vpc }).unwrap();
        made.need("routeTable.routeTableId").unwrap().to_owned()
    }

    fn create(&self, name: &str, input: Tree) -> Result<Tree, Fault> {
        let input = input.with("VpcId", &self.vpc).with("ServiceName", service::named(REGION, name));
        Ok(self.cloud.http("ec2", "CreateVpcEndpoint", input)?.at("vpcEndpoint").unwrap().clone())
    }

    fn interface(&self, name: &str, subnets: &[String]) -> Result<Tree, Fault> {
        self.create(name, tree! { "VpcEndpointType": "Interface", "SubnetId": Tree::list(subnets) })
    }

    fn modify(&self, id: &str, input: Tree) -> Result<Tree, Fault> {
        self.cloud.http("ec2", "ModifyVpcEndpoint", input.with("VpcEndpointId", id))
    }

    fn shown(&self, id: &str) -> Tree {
        let answer = self.cloud.ec2("DescribeVpcEndpoints", tree! { "VpcEndpointId": vec![id] }).unwrap();
        answer.list_at("vpcEndpointSet")[0].clone()
    }

    /// Returns destination and target of the routes that a table has to endpoints.
    fn routes(&self, table: &str) -> Vec<(String, String)> {
        let answer = self.cloud.ec2("DescribeRouteTables", tree! { "RouteTableId": vec![table] }).unwrap();
        let routes = answer.list_at("routeTableSet")[0].list_at("routeSet").to_vec();
        let own = routes.iter().filter_map(|own| Some((own.at("destinationPrefixListId")?.quoted(), own)));
        own.map(|(list, own)| (list, own.need("gatewayId").unwrap().to_owned())).collect()
    }
}

fn id(endpoint: &Tree) -> &str {
    endpoint.need("vpcEndpointId").unwrap()
}

#[test]
fn gateway_endpoints_are_routes() {
    let net = Net::new();
    let (first, second) = (net.table(), net.table());
    let made = net.create("s3", tree! { "RouteTableId": vec![first.as_str()] }).unwrap();
    assert_eq!((made.need("state"), made.need("vpcEndpointType")), (Ok("available"), Ok("Gateway")));
    assert!(made.need("policyDocument").unwrap().contains("2008-10-17"));
    let filter = tree! { "Name": "prefix-list-name", "Value": vec![service::named(REGION, "s3")] };
    let lists = net.cloud.ec2("DescribePrefixLists", tree! { "Filter": vec![filter] }).unwrap();
    let list = lists.list_at("prefixListSet")[0].need("prefixListId").unwrap();
    assert_eq!(net.routes(&first), [(list.to_owned(), id(&made).to_owned())]);
    let again = net.create("s3", tree! { "RouteTableId": vec![first.as_str()] });
    assert_eq!(code(again), "RouteAlreadyExists");
    let routed = tree! { "RouteTableId": &first, "DestinationPrefixListId": list };
    assert_eq!(code(net.cloud.ec2("DeleteRoute", routed)), "InvalidParameterValue");
    let moved = tree! { "AddRouteTableId": vec![second.as_str()], "RemoveRouteTableId": vec![first.as_str()] };
    net.modify(id(&made), moved).unwrap();
    assert_eq!((net.routes(&first).len(), net.routes(&second).len()), (0, 1));
    assert_eq!(net.shown(id(&made)).texts("routeTableIdSet"), [second.as_str()]);
    assert_eq!(code(net.cloud.ec2("DeleteVpc", tree! { "VpcId": &net.vpc })), "DependencyViolation");
    let input = tree! { "VpcEndpointId": vec![id(&made), "vpce-0123456789abcdef0"] };
    let answer = net.cloud.http("ec2", "DeleteVpcEndpoints", input).unwrap();
    assert_eq!(answer.list_at("unsuccessful").len(), 1);
    assert_eq!((net.routes(&second).len(), net.shown(id(&made)).need("state")), (0, Ok("deleting")));
    net.cloud.wait(deleting(Kind::Gateway));
    let gone = net.cloud.ec2("DescribeVpcEndpoints", tree! { "VpcEndpointId": vec![id(&made)] });
    assert_eq!(code(gone), "InvalidVpcEndpointId.NotFound");
}

#[test]
fn interface_endpoints_have_interfaces_and_names() {
    let net = Net::new();
    let made = net.interface("ecr.dkr", &net.subnets).unwrap();
    assert_eq!((made.need("state"), made.texts("networkInterfaceIdSet").len()), (Ok("pending"), 2));
    net.cloud.wait(PENDING);
    let shown = net.shown(id(&made));
    assert_eq!((shown.need("state"), shown.bool("privateDnsEnabled")), (Ok("available"), Ok(Some(true))));
    let names: Vec<_> = shown.list_at("dnsEntrySet").iter().map(|own| own.need("dnsName").unwrap()).collect();
    assert!(names[0].starts_with(id(&made)) && names[0].ends_with(".dkr.ecr.eu-central-1.vpce.amazonaws.com"));
    assert!(names[1].contains("-eu-central-1a."));
    assert_eq!((names.len(), names[3]), (4, "*.dkr.ecr.eu-central-1.amazonaws.com"));
    let interface = shown.texts("networkInterfaceIdSet")[0].to_owned();
    let interfaces = tree! { "NetworkInterfaceId": vec![interface.as_str()] };
    let answer = net.cloud.ec2("DescribeNetworkInterfaces", interfaces).unwrap();
    let own = &answer.list_at("networkInterfaceSet")[0];
    assert_eq!((own.need("interfaceType"), own.bool("requesterManaged")), (Ok("vpc_endpoint"), Ok(Some(true))));
    assert_eq!(own.need("description"), Ok(format!("VPC Endpoint Interface {}", id(&made)).as_str()));
    let delete = net.cloud.ec2("DeleteNetworkInterface", tree! { "NetworkInterfaceId": interface });
    assert_eq!(code(delete), "AuthFailure");
    net.cloud.ec2("DeleteVpcEndpoints", tree! { "VpcEndpointId": vec![id(&made)] }).unwrap();
    let subnet = tree! { "SubnetId": &net.subnets[0] };
    assert_eq!(code(net.cloud.ec2("DeleteSubnet", subnet.clone())), "DependencyViolation");
    net.cloud.wait(deleting(Kind::Interface));
    net.cloud.ec2("DeleteSubnet", subnet).unwrap();
}

#[test]
fn interface_endpoints_move_and_are_never_without_a_group() {
    let net = Net::new();
    let made = net.interface("sts", &net.subnets[..1]).unwrap();
    net.cloud.wait(PENDING);
    let default = made.list_at("groupSet")[0].need("groupId").unwrap();
    let group = net.cloud.group(&net.vpc, "endpoints");
    let removal = tree! { "RemoveSecurityGroupId": vec![default] };
    assert_eq!(code(net.modify(id(&made), removal.clone())), "InvalidParameter");
    net.modify(id(&made), removal.with("AddSecurityGroupId", vec![group.as_str()])).unwrap();
    let moved = tree! { "AddSubnetId": vec![net.subnets[1].as_str()], "RemoveSubnetId": vec![net.subnets[0].as_str()] };
    net.modify(id(&made), moved).unwrap();
    let shown = net.shown(id(&made));
    assert_eq!((shown.need("state"), shown.texts("subnetIdSet")), (Ok("pending"), vec![net.subnets[1].as_str()]));
    let interfaces = tree! { "NetworkInterfaceId": shown.texts("networkInterfaceIdSet") };
    let answer = net.cloud.ec2("DescribeNetworkInterfaces", interfaces).unwrap();
    let groups = answer.list_at("networkInterfaceSet")[0].list_at("groupSet").to_vec();
    assert_eq!(groups[0].need("groupId"), Ok(group.as_str()));
    let policy = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
    net.modify(id(&made), tree! { "PolicyDocument": policy, "PrivateDnsEnabled": false }).unwrap();
    let shown = net.shown(id(&made));
    assert_eq!((shown.need("policyDocument"), shown.list_at("dnsEntrySet").len()), (Ok(policy), 2));
    net.modify(id(&made), tree! { "ResetPolicy": true }).unwrap();
    assert!(net.shown(id(&made)).need("policyDocument").unwrap().contains("Allow"));
}

#[test]
fn what_cannot_be_an_endpoint_is_refused() {
    let net = Net::new();
    assert_eq!(code(net.create("ec3", tree! {})), "InvalidServiceName");
    let Err(Fault::Coded { message, code: own, .. }) = net.create("sts", tree! {}) else { panic!("it was made") };
    let expected = "Endpoint type (Gateway) does not match available service types ([Interface]).";
    assert_eq!((own.as_str(), message.as_str()), ("InvalidParameter", expected));
    assert_eq!(code(net.create("s3", tree! { "PolicyDocument": "no" })), "InvalidPolicyDocument");
    assert_eq!(code(net.create("s3", tree! { "SubnetId": Tree::list(&net.subnets) })), "InvalidParameter");
    let twice = [net.subnets[0].clone(), net.cloud.subnet(&net.vpc, "10.0.3.0/24", "eu-central-1a")];
    assert_eq!(code(net.interface("sts", &twice)), "DuplicateSubnetsInSameZone");
    net.interface("sts", &net.subnets).unwrap();
    assert_eq!(code(net.interface("sts", &net.subnets)), "InvalidParameter");
    let off = tree! { "VpcId": &net.vpc, "EnableDnsHostnames": tree! { "Value": false } };
    net.cloud.ec2("ModifyVpcAttribute", off).unwrap();
    let Err(Fault::Coded { message, .. }) = net.interface("ec2", &net.subnets) else { panic!("it was made") };
    assert!(message.starts_with("Enabling private DNS requires both enableDnsSupport and enableDnsHostnames"));
}

#[test]
fn services_are_told_with_their_names() {
    let cloud = Cloud::new();
    let filter = tree! { "Name": "service-type", "Value": vec!["Gateway"] };
    let gateways = cloud.ec2("DescribeVpcEndpointServices", tree! { "Filter": vec![filter] }).unwrap();
    let expected = ["dynamodb", "s3"].map(|name| service::named(REGION, name));
    assert_eq!(gateways.texts("serviceNameSet"), expected);
    let input = tree! { "ServiceName": vec![service::named(REGION, "ecr.api")] };
    let answer = cloud.ec2("DescribeVpcEndpointServices", input).unwrap();
    let detail = &answer.list_at("serviceDetailSet")[0];
    assert_eq!(detail.need("privateDnsName"), Ok("api.ecr.eu-central-1.amazonaws.com"));
    assert_eq!(detail.texts("availabilityZoneSet").len(), 3);
    let absent = cloud.ec2("DescribeVpcEndpointServices", tree! { "ServiceName": vec!["com.example.none"] });
    assert_eq!(code(absent), "InvalidServiceName");
}
