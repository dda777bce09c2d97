use std::time::Duration;

use super::*;
use crate::testing::{Cloud, code};

const MINUTE: Duration = Duration::from_secs(60);

/// What a node's role is for.
pub const NODE_POLICIES: [&str; 3] =
    ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"];

/// Makes a role that a service trusts, with a policy, known to all services, and returns its ARN.
pub fn role(cloud: &Cloud, name: &str, service: &str) -> String {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let made =
        cloud.call("iam", "CreateRole", tree! { "RoleName": name, "AssumeRolePolicyDocument": document }).unwrap();
    let policies: &[&str] = match service {
        "ec2.amazonaws.com" => &NODE_POLICIES,
        _ => &["AmazonEKSClusterPolicy"],
    };
    for policy in policies {
        let policy = tree! { "RoleName": name, "PolicyArn": format!("arn:aws:iam::aws:policy/{policy}") };
        cloud.call("iam", "AttachRolePolicy", policy).unwrap();
    }
    cloud.wait(Duration::from_secs(30));
    made.need("Role.Arn").unwrap().to_owned()
}

/// Gives the subnets of a VPC a way out, by a NAT gateway in a subnet of its own.
fn open_way_out(cloud: &Cloud, vpc: &str) {
    let hostnames = tree! { "VpcId": vpc, "EnableDnsHostnames": tree! { "Value": true } };
    cloud.ec2("ModifyVpcAttribute", hostnames).unwrap();
    let (gateway, public) = (cloud.gateway(vpc), cloud.subnet(vpc, "10.0.255.0/24", "eu-central-1a"));
    let table = cloud.ec2("CreateRouteTable", tree! { "VpcId": vpc }).unwrap();
    let table = table.need("routeTable.routeTableId").unwrap();
    let route = |table: &str, member: &str, target: &str| {
        let route = tree! { "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0" };
        cloud.ec2("CreateRoute", route.with(member, target)).unwrap();
    };
    route(table, "GatewayId", &gateway);
    cloud.ec2("AssociateRouteTable", tree! { "RouteTableId": table, "SubnetId": &public }).unwrap();
    let nat = tree! { "SubnetId": &public, "AllocationId": cloud.address() };
    let nat = cloud.ec2("CreateNatGateway", nat).unwrap().need("natGateway.natGatewayId").unwrap().to_owned();
    let main = ["vpc-id", "association.main"].into_iter().zip([vpc, "true"]);
    let main = main.map(|(name, value)| tree! { "Name": name, "Value": vec![value] });
    let tables = cloud.ec2("DescribeRouteTables", tree! { "Filter": Tree::list(main) }).unwrap();
    route(tables.list_at("routeTableSet")[0].need("routeTableId").unwrap(), "NatGatewayId", &nat);
}

/// Returns a cloud with two subnets that have a way out, and the input for a cluster in them.
pub fn prepared() -> (Cloud, Tree) {
    let cloud = Cloud::new();
    let vpc = cloud.vpc("10.0.0.0/16");
    open_way_out(&cloud, &vpc);
    let subnets = [("10.0.0.0/24", "eu-central-1a"), ("10.0.1.0/24", "eu-central-1b")];
    let subnets = subnets.map(|(block, zone)| cloud.subnet(&vpc, block, zone));
    let role = role(&cloud, "cluster", "eks.amazonaws.com");
    let input = tree! {
        "name": "c",
        "roleArn": role,
        "version": "1.34",
        "resourcesVpcConfig": tree! { "subnetIds": Tree::list(subnets) },
        "accessConfig": tree! { "authenticationMode": "API_AND_CONFIG_MAP" },
    };
    (cloud, input)
}

/// Returns a cloud with an active cluster, `c`.
pub fn active() -> Cloud {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateCluster", input).unwrap();
    cloud.wait(9 * MINUTE);
    cloud
}

/// Returns the cluster `c`.
pub fn shown(cloud: &Cloud) -> Tree {
    cloud.call("eks", "DescribeCluster", tree! { "name": "c" }).unwrap().at("cluster").unwrap().clone()
}

fn eks(cloud: &Cloud, operation: &str, input: Tree) -> Result<Tree, Fault> {
    cloud.call("eks", operation, input.with("name", "c"))
}

fn message(result: Result<Tree, Fault>) -> String {
    match result {
        Err(Fault::Coded { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn clusters_take_nine_minutes() {
    let (cloud, input) = prepared();
    let made = cloud.call("eks", "CreateCluster", input).unwrap();
    assert_eq!(made.need("cluster.status"), Ok("CREATING"));
    assert!(
        made.need("cluster.identity.oidc.issuer")
            .unwrap()
            .starts_with("https://oidc.eks.eu-central-1.amazonaws.com/id/")
    );
    cloud.wait(8 * MINUTE);
    let cluster = shown(&cloud);
    assert!(!cluster.has("endpoint") && !cluster.has("certificateAuthority.data"));
    cloud.wait(MINUTE);
    let cluster = shown(&cloud);
    assert_eq!(
        (cluster.need("status"), cluster.need("kubernetesNetworkConfig.serviceIpv4Cidr")),
        (Ok("ACTIVE"), Ok("10.100.0.0/16"))
    );
    assert!(cluster.need("endpoint").unwrap().ends_with(".eu-central-1.eks.amazonaws.com"));
    assert_eq!(cluster.list_at("logging.clusterLogging").len(), 1);
}

#[test]
fn clusters_make_a_security_group_and_interfaces_and_take_them_along() {
    let cloud = active();
    let group = shown(&cloud).need("resourcesVpcConfig.clusterSecurityGroupId").unwrap().to_owned();
    let of_group = |operation: &str, name: &str, value: &str| {
        let filter = tree! { "Name": name, "Value": vec![value] };
        cloud.ec2(operation, tree! { "Filter": vec![filter] }).unwrap()
    };
    let interfaces = of_group("DescribeNetworkInterfaces", "description", "Amazon EKS c");
    assert_eq!(interfaces.list_at("networkInterfaceSet").len(), 2);
    let groups = of_group("DescribeSecurityGroups", "tag:aws:eks:cluster-name", "c");
    assert_eq!(groups.list_at("securityGroupInfo")[0].need("groupId"), Ok(group.as_str()));
    eks(&cloud, "DeleteCluster", tree! {}).unwrap();
    assert_eq!(shown(&cloud).need("status"), Ok("DELETING"));
    cloud.wait(3 * MINUTE);
    assert_eq!(code(eks(&cloud, "DescribeCluster", tree! {})), "ResourceNotFoundException");
    let interfaces = of_group("DescribeNetworkInterfaces", "description", "Amazon EKS c");
    assert!(interfaces.list_at("networkInterfaceSet").is_empty());
    assert!(of_group("DescribeSecurityGroups", "group-id", &group).list_at("securityGroupInfo").is_empty());
}

#[test]
fn what_a_role_may_not_remove_stays() {
    let cloud = active();
    let policy = tree! { "RoleName": "cluster", "PolicyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy" };
    cloud.call("iam", "DetachRolePolicy", policy).unwrap();
    eks(&cloud, "DeleteCluster", tree! {}).unwrap();
    cloud.wait(3 * MINUTE);
    let filter = tree! { "Name": "description", "Value": vec!["Amazon EKS c"] };
    let left = cloud.ec2("DescribeNetworkInterfaces", tree! { "Filter": vec![filter] }).unwrap();
    assert_eq!(left.list_at("networkInterfaceSet").len(), 2);
}

#[test]
fn what_a_cluster_cannot_be_is_refused() {
    let (cloud, input) = prepared();
    let refused =
        |name: &str, value: Tree| message(cloud.call("eks", "CreateCluster", input.clone().with(name, value)));
    assert_eq!(refused("version", "1.24".into()), "unsupported Kubernetes version 1.24");
    let subnets = input.texts("resourcesVpcConfig.subnetIds");
    let with = |ids: &[&str]| tree! { "subnetIds": Tree::list(ids.iter().copied()) };
    assert_eq!(
        refused("resourcesVpcConfig", with(&subnets[..1])),
        "Subnets specified must be in at least two different AZs"
    );
    assert!(refused("resourcesVpcConfig", with(&["subnet-0123456789abcdef0"])).contains("does not exist"));
    let family = refused("kubernetesNetworkConfig", tree! { "ipFamily": "ipv6" });
    assert!(family.contains("does not have an IPv6 CIDR block"), "{family}");
    let access = tree! { "bootstrapClusterCreatorAdminPermissions": false };
    assert!(refused("accessConfig", access).starts_with("bootstrapClusterCreatorAdminPermissions must be true"));
    let nodes = role(&cloud, "nodes", "ec2.amazonaws.com");
    let untrusted = refused("roleArn", nodes.into());
    assert!(untrusted.ends_with("could not be assumed because it does not exist or the trusted entity is not correct"));
    let halves = tree! { "enabled": true };
    assert!(refused("computeConfig", halves).starts_with("For EKS Auto Mode"));
    let groups = with(&subnets).with("securityGroupIds", Tree::list(["sg-0123456789abcdef0"]));
    assert!(refused("resourcesVpcConfig", groups).contains("does not exist"));
    assert_eq!(
        code(cloud.call("eks", "CreateCluster", input.clone().with("outpostConfig", tree! {}))),
        "NotImplemented"
    );
    cloud.call("eks", "CreateCluster", input.clone()).unwrap();
    assert_eq!(message(cloud.call("eks", "CreateCluster", input.clone())), "Cluster already exists with name: c");
}

#[test]
fn zones_without_control_planes_are_named() {
    let cloud = Cloud::new();
    let call = |service: &str, operation: &str, input: Tree| {
        let region = "us-east-1".to_owned();
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let access_key = crate::ACCESS_KEY.to_owned();
        cloud.0.call(&crate::Call { service, region, access_key, operation, input })
    };
    let vpc =
        call("ec2", "CreateVpc", tree! { "CidrBlock": "10.0.0.0/16" }).unwrap().need("vpc.vpcId").unwrap().to_owned();
    let subnets = [("10.0.0.0/24", "us-east-1a"), ("10.0.1.0/24", "us-east-1e")].map(|(block, zone)| {
        let input = tree! { "VpcId": &vpc, "CidrBlock": block, "AvailabilityZone": zone };
        call("ec2", "CreateSubnet", input).unwrap().need("subnet.subnetId").unwrap().to_owned()
    });
    let role = role(&cloud, "cluster", "eks.amazonaws.com");
    let input =
        tree! { "name": "c", "roleArn": role, "resourcesVpcConfig": tree! { "subnetIds": Tree::list(subnets) } };
    let refused = call("eks", "CreateCluster", input);
    assert_eq!(code(refused.clone()), "UnsupportedAvailabilityZoneException");
    assert!(
        message(refused).starts_with("Cannot create cluster 'c' because us-east-1e, the targeted availability zone,")
    );
}

#[test]
fn tokens_make_creation_idempotent() {
    let (cloud, input) = prepared();
    let input = input.with("clientRequestToken", "t");
    let create = |input: &Tree| cloud.call("eks", "CreateCluster", input.clone());
    let first = create(&input).unwrap();
    assert_eq!(create(&input).unwrap().need("cluster.arn"), first.need("cluster.arn"));
    assert_eq!(code(create(&input.clone().with("version", "1.33"))), "InvalidParameterException");
    assert_eq!(code(create(&input.with("clientRequestToken", "u"))), "ResourceInUseException");
}

#[test]
fn updates_run_one_at_a_time_and_change_something() {
    let cloud = active();
    let update = |input: Tree| eks(&cloud, "UpdateClusterConfig", input);
    let private = tree! { "resourcesVpcConfig": tree! { "endpointPrivateAccess": true } };
    let logging = tree! { "clusterLogging": Tree::list([tree! { "types": Tree::list(["audit"]), "enabled": true }]) };
    let both = private.clone().with("logging", logging.clone());
    assert_eq!(message(update(both)), "Only one type of update can be allowed.");
    let begun = update(private.clone()).unwrap();
    let id = begun.need("update.id").unwrap();
    assert_eq!(
        (begun.need("update.type"), begun.need("update.status")),
        (Ok("EndpointAccessUpdate"), Ok("InProgress"))
    );
    let busy = format!("Cannot LoggingUpdate because cluster c currently has update {id} in progress");
    assert_eq!(message(update(tree! { "logging": logging.clone() })), busy);
    assert_eq!(shown(&cloud).need("status"), Ok("UPDATING"));
    cloud.wait(2 * MINUTE);
    let over = eks(&cloud, "DescribeUpdate", tree! { "updateId": id }).unwrap();
    assert_eq!(over.need("update.status"), Ok("Successful"));
    assert_eq!(shown(&cloud).bool("resourcesVpcConfig.endpointPrivateAccess"), Ok(Some(true)));
    assert!(message(update(private)).starts_with(
        "Cluster is already at the desired configuration with endpointPrivateAccess: true , endpointPublicAccess: true"
    ));
    update(tree! { "logging": logging.clone() }).unwrap();
    cloud.wait(2 * MINUTE);
    assert_eq!(message(update(tree! { "logging": logging })), "No changes needed for the logging config provided");
    assert_eq!(eks(&cloud, "ListUpdates", tree! {}).unwrap().list_at("updateIds").len(), 2);
}

#[test]
fn authentication_moves_one_way() {
    let cloud = active();
    let update =
        |mode: &str| eks(&cloud, "UpdateClusterConfig", tree! { "accessConfig": tree! { "authenticationMode": mode } });
    let same = "Unsupported authentication mode update from API_AND_CONFIG_MAP to API_AND_CONFIG_MAP";
    assert_eq!(message(update("API_AND_CONFIG_MAP")), same);
    assert_eq!(code(update("CONFIG_MAP")), "InvalidParameterException");
    update("API").unwrap();
    cloud.wait(MINUTE);
    assert_eq!(shown(&cloud).need("accessConfig.authenticationMode"), Ok("API"));
}

#[test]
fn subnets_change_within_their_zones() {
    let cloud = active();
    let vpc = shown(&cloud).need("resourcesVpcConfig.vpcId").unwrap().to_owned();
    let update = |ids: Vec<String>| {
        eks(&cloud, "UpdateClusterConfig", tree! { "resourcesVpcConfig": tree! { "subnetIds": Tree::list(ids) } })
    };
    let [a, b, c] = ["a", "b", "c"].map(|zone| {
        let block = format!("10.0.{}.0/24", 10 + u32::from(zone.as_bytes()[0]));
        cloud.subnet(&vpc, &block, &format!("eu-central-1{zone}"))
    });
    let zones = message(update(vec![a.clone(), b.clone(), c]));
    assert!(
        zones.starts_with("Provided subnets belong to the AZs 'eu-central-1a,eu-central-1b,eu-central-1c'."),
        "{zones}"
    );
    update(vec![a.clone(), b]).unwrap();
    cloud.wait(5 * MINUTE);
    assert_eq!(shown(&cloud).texts("resourcesVpcConfig.subnetIds")[0], a);
}

#[test]
fn versions_go_up_by_one_and_back_within_a_week() {
    let cloud = active();
    let update = |version: &str| eks(&cloud, "UpdateClusterVersion", tree! { "version": version });
    assert_eq!(message(update("1.36")), "Unsupported Kubernetes minor version update from 1.34 to 1.36");
    assert_eq!(message(update("1.34")), "Unsupported Kubernetes minor version update from 1.34 to 1.34");
    assert_eq!(code(update("1.33")), "InvalidStateException");
    assert_eq!(message(update("1.99")), "unsupported Kubernetes version 1.99");
    assert_eq!(update("1.35").unwrap().need("update.type"), Ok("VersionUpdate"));
    cloud.wait(10 * MINUTE);
    assert_eq!(shown(&cloud).need("version"), Ok("1.35"));
    assert_eq!(update("1.34").unwrap().need("update.type"), Ok("VersionRollback"));
    cloud.wait(10 * MINUTE);
    assert_eq!(shown(&cloud).need("version"), Ok("1.34"));
    update("1.35").unwrap();
    cloud.wait(8 * 24 * 60 * MINUTE);
    assert_eq!(code(update("1.34")), "InvalidStateException");
}

#[test]
fn protection_holds_until_it_is_taken_away() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateCluster", input.with("deletionProtection", true)).unwrap();
    cloud.wait(9 * MINUTE);
    assert_eq!(code(eks(&cloud, "DeleteCluster", tree! {})), "InvalidRequestException");
    eks(&cloud, "UpdateClusterConfig", tree! { "deletionProtection": false }).unwrap();
    assert_eq!(code(eks(&cloud, "DeleteCluster", tree! {})), "ResourceInUseException");
    cloud.wait(MINUTE);
    eks(&cloud, "DeleteCluster", tree! {}).unwrap();
}

#[test]
fn bad_luck_ends_failed() {
    let rules = crate::Faults::parse_rules("* * cluster-failed").unwrap();
    let (lucky, input) = prepared();
    drop(lucky);
    let cloud = Cloud::with(crate::Faults::new(1, rules));
    let vpc = cloud.vpc("10.0.0.0/16");
    let subnets = [("10.0.0.0/24", "eu-central-1a"), ("10.0.1.0/24", "eu-central-1b")];
    let subnets = subnets.map(|(block, zone)| cloud.subnet(&vpc, block, zone));
    role(&cloud, "cluster", "eks.amazonaws.com");
    let config = tree! { "subnetIds": Tree::list(subnets) };
    cloud.call("eks", "CreateCluster", input.with("resourcesVpcConfig", config)).unwrap();
    cloud.wait(9 * MINUTE);
    let cluster = shown(&cloud);
    assert_eq!(cluster.need("status"), Ok("FAILED"));
    assert_eq!(cluster.list_at("health.issues")[0].need("code"), Ok("InternalFailure"));
}

#[test]
fn clusters_are_tagged_by_arn() {
    let (cloud, input) = prepared();
    let made = cloud.call("eks", "CreateCluster", input.with("tags", tree! { "a": "1" })).unwrap();
    let arn = made.need("cluster.arn").unwrap();
    let call = |operation: &str, input: Tree| cloud.call("eks", operation, input.with("resourceArn", arn));
    call("TagResource", tree! { "tags": tree! { "b": "2" } }).unwrap();
    call("UntagResource", tree! { "tagKeys": Tree::list(["a"]) }).unwrap();
    assert_eq!(call("ListTagsForResource", tree! {}).unwrap().text_map("tags"), [("b".to_owned(), "2".to_owned())]);
    let absent = cloud.call("eks", "ListTagsForResource", tree! { "resourceArn": format!("{arn}x") });
    assert_eq!(code(absent), "NotFoundException");
    assert_eq!(code(call("TagResource", tree! { "tags": tree! { "aws:x": "2" } })), "BadRequestException");
}
