use super::super::cluster::tests::{active, role, shown};
use super::*;
use crate::testing::{Cloud, code};

/// Returns a cloud with an active cluster, and the input for a group of it.
fn prepared() -> (Cloud, Tree) {
    let cloud = active();
    let nodes = role(&cloud, "nodes", "ec2.amazonaws.com");
    let subnets = Tree::list(shown(&cloud).texts("resourcesVpcConfig.subnetIds"));
    (cloud, tree! { "clusterName": "c", "nodegroupName": "n", "nodeRole": nodes, "subnets": subnets })
}

fn eks(cloud: &Cloud, operation: &str, input: Tree) -> Result<Tree, Fault> {
    cloud.call("eks", operation, input.with("clusterName", "c").with("nodegroupName", "n"))
}

fn message(result: Result<Tree, Fault>) -> String {
    match result {
        Err(Fault::Coded { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn groups_are_filled_in_and_become_active() {
    let (cloud, input) = prepared();
    let made = cloud.call("eks", "CreateNodegroup", input).unwrap();
    let group = made.at("nodegroup").unwrap();
    assert_eq!((group.need("status"), group.need("version")), (Ok("CREATING"), Ok("1.34")));
    assert_eq!(
        (group.need("amiType"), group.texts("instanceTypes")),
        (Ok("AL2023_x86_64_STANDARD"), vec!["t3.medium"])
    );
    assert_eq!((group.int("diskSize"), group.need("capacityType")), (Ok(Some(20)), Ok("ON_DEMAND")));
    assert_eq!(
        (group.int("updateConfig.maxUnavailable"), group.need("releaseVersion")),
        (Ok(Some(1)), Ok("1.34.9-20260714"))
    );
    cloud.wait(FIRST_CHECK);
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(group.need("nodegroup.status"), Ok("ACTIVE"));
    let asg = group.list_at("nodegroup.resources.autoScalingGroups")[0].need("name").unwrap();
    assert!(asg.starts_with("eks-n-"));
}

#[test]
fn the_role_of_nodes_gets_an_entry_that_stays() {
    let (cloud, input) = prepared();
    let role_arn = input.need("nodeRole").unwrap().to_owned();
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(FIRST_CHECK);
    assert_eq!(code(cloud.call("eks", "DeleteCluster", tree! { "name": "c" })), "ResourceInUseException");
    eks(&cloud, "DeleteNodegroup", tree! {}).unwrap();
    cloud.wait(GONE);
    assert_eq!(code(eks(&cloud, "DescribeNodegroup", tree! {})), "ResourceNotFoundException");
    let input = tree! { "clusterName": "c", "principalArn": role_arn };
    let entry = cloud.call("eks", "DescribeAccessEntry", input).unwrap();
    assert_eq!(entry.need("accessEntry.type"), Ok("EC2_LINUX"));
}

#[test]
fn what_a_group_cannot_be_is_refused() {
    let (cloud, input) = prepared();
    let refused =
        |name: &str, value: Tree| message(cloud.call("eks", "CreateNodegroup", input.clone().with(name, value)));
    let pods = role(&cloud, "pods", "pods.eks.amazonaws.com");
    assert!(refused("nodeRole", pods.into()).starts_with("Following required service principals [ec2.amazonaws.com]"));
    let absent = "arn:aws:iam::111122223333:role/absent";
    assert_eq!(refused("nodeRole", absent.into()), "The role with name absent cannot be found.");
    let sizes = tree! { "minSize": 3, "maxSize": 4, "desiredSize": 2 };
    assert_eq!(refused("scalingConfig", sizes), "Minimum capacity 3 can't be greater than desired size 2");
    assert!(refused("amiType", "AL2_x86_64".into()).contains("1.32 or earlier"));
    assert!(refused("instanceTypes", Tree::list(["m9.mega"])).ends_with("do not exist: [m9.mega]"));
    let arm = input.clone().with("instanceTypes", Tree::list(["m6g.large"])).with("amiType", "AL2023_x86_64_STANDARD");
    let mismatch = "[m6g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD";
    assert_eq!(message(cloud.call("eks", "CreateNodegroup", arm)), mismatch);
    assert!(refused("releaseVersion", "1.33.1-20260714".into()).contains("is not valid for kubernetes version 1.34."));
    assert!(refused("subnets", Tree::list(["subnet-0123456789abcdef0"])).contains("does not exist"));
    cloud.call("eks", "CreateNodegroup", input.clone()).unwrap();
    assert_eq!(
        message(cloud.call("eks", "CreateNodegroup", input.clone())),
        "NodeGroup already exists with name n and cluster name c"
    );
}

#[test]
fn configurations_are_updated_one_at_a_time() {
    let (cloud, input) = prepared();
    let taint = |key: &str, value: &str| tree! { "key": key, "value": value, "effect": "NO_SCHEDULE" };
    let input = input.with("labels", tree! { "a": "1", "b": "2" }).with("taints", Tree::list([taint("t", "1")]));
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    let sizes = tree! { "scalingConfig": tree! { "maxSize": 5, "desiredSize": 4 } };
    let busy = "Nodegroup cannot be updated as it is currently not in Active State";
    assert_eq!(message(eks(&cloud, "UpdateNodegroupConfig", sizes.clone())), busy);
    cloud.wait(FIRST_CHECK);
    let labels = tree! { "addOrUpdateLabels": tree! { "c": "3" }, "removeLabels": Tree::list(["a"]) };
    let taints = tree! { "addOrUpdateTaints": Tree::list([taint("t", "2")]) };
    let update = sizes.with("labels", labels).with("taints", taints);
    let begun = eks(&cloud, "UpdateNodegroupConfig", update).unwrap();
    assert_eq!(begun.need("update.type"), Ok("ConfigUpdate"));
    assert_eq!(eks(&cloud, "DescribeNodegroup", tree! {}).unwrap().need("nodegroup.status"), Ok("UPDATING"));
    cloud.wait(Duration::from_secs(60));
    let answer = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    let group = answer.at("nodegroup").unwrap();
    assert_eq!((group.need("status"), group.int("scalingConfig.desiredSize")), (Ok("ACTIVE"), Ok(Some(4))));
    assert_eq!(group.at("labels"), Some(&tree! { "b": "2", "c": "3" }));
    assert_eq!(group.list_at("taints"), [taint("t", "2")]);
    let updates = cloud.call("eks", "ListUpdates", tree! { "name": "c", "nodegroupName": "n" }).unwrap();
    assert_eq!(updates.texts("updateIds"), [begun.need("update.id").unwrap()]);
}

#[test]
fn nodes_follow_the_version_of_the_cluster() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(FIRST_CHECK);
    let ahead = message(eks(&cloud, "UpdateNodegroupVersion", tree! { "version": "1.35" }));
    assert!(ahead.contains("newer than that of the cluster"), "{ahead}");
    cloud.call("eks", "UpdateClusterVersion", tree! { "name": "c", "version": "1.35" }).unwrap();
    cloud.wait(Duration::from_secs(600));
    eks(&cloud, "UpdateNodegroupVersion", tree! {}).unwrap();
    cloud.wait(Duration::from_secs(600));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(group.need("nodegroup.releaseVersion"), Ok("1.35.6-20260714"));
    let back = cloud.call("eks", "UpdateClusterVersion", tree! { "name": "c", "version": "1.34" });
    assert_eq!(code(back), "InvalidStateException");
}

#[test]
fn templates_say_what_requests_then_do_not() {
    let (cloud, input) = prepared();
    let template = |name: &str, data: Tree| {
        let input = tree! { "LaunchTemplateName": name, "LaunchTemplateData": data };
        cloud.ec2("CreateLaunchTemplate", input).unwrap().need("launchTemplate.launchTemplateId").unwrap().to_owned()
    };
    let own = template("own", tree! { "InstanceType": "m5.large", "ImageId": "ami-0123456789abcdef0" });
    let profile = template("profile", tree! { "IamInstanceProfile": tree! { "Name": "p" } });
    let with = |id: &str| input.clone().with("launchTemplate", tree! { "id": id });
    let refused = |input: Tree| message(cloud.call("eks", "CreateNodegroup", input));
    assert_eq!(refused(with(&own).with("diskSize", 30)), "Disk size must be specified within the launch template.");
    assert!(refused(with(&own).with("instanceTypes", Tree::list(["m5.large"]))).contains("but not in both"));
    assert!(refused(with(&own).with("version", "1.34")).contains("version when using custom AMIs"));
    assert!(refused(with(&profile)).ends_with("should not specify an instance profile"));
    assert!(refused(with("lt-0123456789abcdef0")).contains("does not exist"));
    let both = input.clone().with("launchTemplate", tree! { "id": &own, "name": "own" });
    assert!(refused(both).ends_with("not both."));
    let made = cloud.call("eks", "CreateNodegroup", with(&own)).unwrap();
    let group = made.at("nodegroup").unwrap();
    assert_eq!((group.need("amiType"), group.need("releaseVersion")), (Ok("CUSTOM"), Ok("ami-0123456789abcdef0")));
    assert!(!group.has("instanceTypes") && !group.has("diskSize"));
    assert_eq!(group.need("launchTemplate.version"), Ok("1"));
    cloud.wait(FIRST_CHECK);
    let other = eks(&cloud, "UpdateNodegroupVersion", tree! { "launchTemplate": tree! { "id": profile } });
    assert_eq!(code(other), "InvalidParameterException");
    let version = tree! { "LaunchTemplateId": &own, "LaunchTemplateData": tree! { "InstanceType": "m5.xlarge", "ImageId": "ami-0fedcba9876543210" } };
    cloud.ec2("CreateLaunchTemplateVersion", version).unwrap();
    let newer = tree! { "launchTemplate": tree! { "id": &own, "version": "2" } };
    eks(&cloud, "UpdateNodegroupVersion", newer).unwrap();
    cloud.wait(Duration::from_secs(600));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(group.need("nodegroup.releaseVersion"), Ok("ami-0fedcba9876543210"));
    assert_eq!(group.need("nodegroup.launchTemplate.version"), Ok("2"));
}
