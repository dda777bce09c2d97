use super::super::cluster::tests::{active, prepared, role};
use super::*;
use crate::testing::{Cloud, code};

fn eks(cloud: &Cloud, operation: &str, input: Tree) -> Result<Tree, Fault> {
    cloud.call("eks", operation, input.with("clusterName", "c"))
}

#[test]
fn entries_do_not_count_in_the_config_map_mode() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateCluster", input.with("accessConfig", Tree::Null)).unwrap();
    cloud.wait(Duration::from_secs(600));
    let refused = eks(&cloud, "ListAccessEntries", tree! {});
    assert_eq!(code(refused.clone()), "InvalidRequestException");
    assert!(format!("{refused:?}").contains("must be set to one of [API, API_AND_CONFIG_MAP]"));
}

#[test]
fn the_creator_administers_and_policies_come_and_go() {
    let cloud = active();
    let creator = "arn:aws:iam::111122223333:user/sandbox";
    let entries = eks(&cloud, "ListAccessEntries", tree! {}).unwrap();
    assert!(entries.texts("accessEntries").contains(&creator));
    let policies = |principal: &str| {
        let answer = eks(&cloud, "ListAssociatedAccessPolicies", tree! { "principalArn": principal }).unwrap();
        let list = answer.list_at("associatedAccessPolicies").iter();
        list.map(|own| own.need("policyArn").unwrap().rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(policies(creator), ["AmazonEKSClusterAdminPolicy"]);
    let people = role(&cloud, "people", "ec2.amazonaws.com");
    let view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    let made = eks(&cloud, "CreateAccessEntry", tree! { "principalArn": &people }).unwrap();
    let username = "arn:aws:sts::111122223333:assumed-role/people/{{SessionName}}";
    assert_eq!(made.need("accessEntry.username"), Ok(username));
    let link = |access: Tree| {
        let input = tree! { "principalArn": &people, "policyArn": view, "accessScope": access };
        eks(&cloud, "AssociateAccessPolicy", input)
    };
    assert_eq!(code(link(tree! { "type": "namespace" })), "InvalidParameterException");
    let linked = link(tree! { "type": "namespace", "namespaces": Tree::list(["dev-*"]) }).unwrap();
    assert_eq!(linked.texts("associatedAccessPolicy.accessScope.namespaces"), ["dev-*"]);
    link(tree! { "type": "cluster" }).unwrap();
    assert_eq!(policies(&people), ["AmazonEKSViewPolicy"]);
    let input = tree! { "principalArn": &people, "policyArn": view };
    eks(&cloud, "DisassociateAccessPolicy", input.clone()).unwrap();
    assert_eq!(code(eks(&cloud, "DisassociateAccessPolicy", input)), "ResourceNotFoundException");
    eks(&cloud, "DeleteAccessEntry", tree! { "principalArn": &people }).unwrap();
    assert_eq!(
        code(eks(&cloud, "DescribeAccessEntry", tree! { "principalArn": &people })),
        "ResourceNotFoundException"
    );
}

#[test]
fn entries_are_of_principals_that_are_there() {
    let cloud = active();
    let nodes = role(&cloud, "nodes", "ec2.amazonaws.com");
    let create = |input: Tree| eks(&cloud, "CreateAccessEntry", input);
    let absent = create(tree! { "principalArn": "arn:aws:iam::111122223333:role/absent" });
    assert!(format!("{absent:?}").contains("The specified principalArn is invalid: invalid principal"));
    assert_eq!(code(create(tree! { "principalArn": "nodes" })), "InvalidParameterException");
    let linux = tree! { "principalArn": &nodes, "type": "EC2_LINUX" };
    assert_eq!(code(create(linux.clone().with("kubernetesGroups", Tree::list(["g"])))), "InvalidParameterException");
    let made = create(linux.clone()).unwrap();
    assert_eq!(made.texts("accessEntry.kubernetesGroups"), ["system:nodes"]);
    assert_eq!(made.need("accessEntry.username"), Ok("system:node:{{EC2PrivateDNSName}}"));
    assert_eq!(code(create(linux)), "ResourceInUseException");
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    let input = tree! { "principalArn": &nodes, "policyArn": policy, "accessScope": tree! { "type": "cluster" } };
    assert!(format!("{:?}", eks(&cloud, "AssociateAccessPolicy", input)).contains(r#"type of \"STANDARD\""#));
    let reserved = tree! { "principalArn": "arn:aws:iam::111122223333:user/u", "kubernetesGroups": Tree::list(["system:masters"]) };
    assert_eq!(code(create(reserved)), "InvalidParameterException");
}

#[test]
fn nodes_come_in_with_the_role_of_today() {
    let cloud = active();
    let nodes = role(&cloud, "nodes", "ec2.amazonaws.com");
    eks(&cloud, "CreateAccessEntry", tree! { "principalArn": &nodes, "type": "EC2_LINUX" }).unwrap();
    let described = || cloud.call("iam", "GetRole", tree! { "RoleName": "nodes" }).unwrap();
    let id = described().need("Role.RoleId").unwrap().to_owned();
    let access = |role_arn: &str, id: &str| {
        let now = cloud.0.clock().now();
        cloud
            .0
            .look(|world| {
                let account = world.account(crate::ACCOUNT).unwrap();
                account.regions["eu-central-1"].eks.clusters["c"].node_access(role_arn, id, now)
            })
            .unwrap()
    };
    assert_eq!(access(&nodes, &id), NodeAccess::NotYet);
    cloud.wait(EFFECTIVE);
    assert_eq!(access(&nodes, &id), NodeAccess::Admitted);
    assert_eq!(access(&nodes, "AROAOTHER"), NodeAccess::OfEarlierRole);
    assert_eq!(access("arn:aws:iam::111122223333:role/other", &id), NodeAccess::NoEntry);
}

#[test]
fn sessions_stand_for_their_role() {
    assert_eq!(principal_of("arn:aws:sts::1:assumed-role/r/s"), "arn:aws:iam::1:role/r");
    assert_eq!(principal_of("arn:aws:iam::1:user/u"), "arn:aws:iam::1:user/u");
    let username = usual_username("arn:aws:iam::1:role/path/r", "STANDARD");
    assert_eq!(username, "arn:aws:sts::1:assumed-role/r/{{SessionName}}");
}
