use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::cluster::tests::{active, role, shown};
use super::super::join::tests::{config, image};
use super::super::join::{Origin, Verdict};
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
    assert_eq!(refused("scalingConfig", sizes), "minSize can't be greater than desiredSize");
    let sizes = tree! { "minSize": 1, "maxSize": 2, "desiredSize": 3 };
    assert_eq!(refused("scalingConfig", sizes), "desiredSize can't be greater than maxSize");
    assert!(refused("updateConfig", tree! { "maxUnavailable": 3 }).starts_with("max-unavailable must be within"));
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
fn bounds_never_move_the_desired_size() {
    let (cloud, input) = prepared();
    let sizes = tree! { "minSize": 1, "maxSize": 4, "desiredSize": 2 };
    cloud.call("eks", "CreateNodegroup", input.with("scalingConfig", sizes.clone())).unwrap();
    cloud.wait(FIRST_CHECK);
    let update = |config: Tree| eks(&cloud, "UpdateNodegroupConfig", tree! { "scalingConfig": config });
    let above = "Minimum capacity 3 can't be greater than desired size 2";
    assert_eq!(message(update(tree! { "minSize": 3 })), above);
    assert_eq!(message(update(tree! { "maxSize": 1 })), "desired capacity 2 can't be greater than max size 1");
    // What is desired is what the Auto Scaling group has, not what EKS was told last.
    let name = asg(&cloud).need("AutoScalingGroupName").unwrap().to_owned();
    let larger = tree! { "AutoScalingGroupName": name, "DesiredCapacity": 3 };
    cloud.call("autoscaling", "SetDesiredCapacity", larger).unwrap();
    update(tree! { "minSize": 3 }).unwrap();
    cloud.wait(Duration::from_secs(60));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(group.at("nodegroup.scalingConfig"), Some(&sizes.with("minSize", 3).with("desiredSize", 3)));
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
    let (first, second) =
        (image("amazon-eks-node-al2023-x86_64-standard-1.33"), image("amazon-eks-node-al2023-x86_64-standard-1.34"));
    let data = |kind: &str, image: &str| {
        tree! { "InstanceType": kind, "ImageId": image, "UserData": STANDARD.encode(config(&shown(&cloud))) }
    };
    let own = template("own", data("m5.large", &first));
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
    assert_eq!((group.need("amiType"), group.need("releaseVersion")), (Ok("CUSTOM"), Ok(first.as_str())));
    assert!(!group.has("instanceTypes") && !group.has("diskSize"));
    assert_eq!(group.need("launchTemplate.version"), Ok("1"));
    cloud.wait(FIRST_CHECK);
    let other = eks(&cloud, "UpdateNodegroupVersion", tree! { "launchTemplate": tree! { "id": profile } });
    assert_eq!(code(other), "InvalidParameterException");
    let version = tree! { "LaunchTemplateId": &own, "LaunchTemplateData": data("m5.xlarge", &second) };
    cloud.ec2("CreateLaunchTemplateVersion", version).unwrap();
    let newer = tree! { "launchTemplate": tree! { "id": &own, "version": "2" } };
    eks(&cloud, "UpdateNodegroupVersion", newer).unwrap();
    cloud.wait(Duration::from_secs(600));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(group.need("nodegroup.releaseVersion"), Ok(second.as_str()));
    assert_eq!(group.need("nodegroup.launchTemplate.version"), Ok("2"));
}

/// Returns the Auto Scaling group of the node group.
fn asg(cloud: &Cloud) -> Tree {
    let group = eks(cloud, "DescribeNodegroup", tree! {}).unwrap();
    let name = group.list_at("nodegroup.resources.autoScalingGroups")[0].need("name").unwrap();
    let answer = cloud.call("autoscaling", "DescribeAutoScalingGroups", tree! { "AutoScalingGroupNames": vec![name] });
    answer.unwrap().list_at("AutoScalingGroups")[0].clone()
}

/// Returns how many nodes there are of a version, and checks that all have joined.
fn nodes(cloud: &Cloud, version: &str) -> usize {
    let nodes = cloud.0.nodes().unwrap();
    for node in &nodes {
        assert!(matches!(node.verdict, Verdict::Joined { .. }), "{node:?}");
        assert_eq!((&node.origin, node.version), (&Origin::NodeGroup("n".to_owned()), Some(version)));
    }
    nodes.len()
}

#[test]
fn nodes_come_with_a_template_and_an_auto_scaling_group() {
    let (cloud, input) = prepared();
    let sizes = tree! { "minSize": 1, "maxSize": 3, "desiredSize": 2 };
    cloud.call("eks", "CreateNodegroup", input.with("scalingConfig", sizes)).unwrap();
    cloud.wait(FIRST_CHECK);
    assert_eq!(nodes(&cloud, "1.34"), 2);
    let asg = asg(&cloud);
    let tags: BTreeMap<_, _> =
        asg.list_at("Tags").iter().map(|tag| (tag.need("Key").unwrap(), tag.need("Value").unwrap())).collect();
    assert_eq!((tags["eks:cluster-name"], tags["kubernetes.io/cluster/c"]), ("c", "owned"));
    assert_eq!(tags["k8s.io/cluster-autoscaler/enabled"], "true");
    let zones: std::collections::BTreeSet<_> = cloud.0.nodes().unwrap().into_iter().map(|node| node.zone).collect();
    assert_eq!(zones.len(), 2);
    let wanted = tree! { "scalingConfig": tree! { "desiredSize": 3 } };
    eks(&cloud, "UpdateNodegroupConfig", wanted).unwrap();
    cloud.wait(Duration::from_secs(300));
    assert_eq!(nodes(&cloud, "1.34"), 3);
    // Another one sets the size, and EKS tells it.
    let name = asg.need("AutoScalingGroupName").unwrap();
    let input = tree! { "AutoScalingGroupName": name, "DesiredCapacity": 1 };
    cloud.call("autoscaling", "SetDesiredCapacity", input).unwrap();
    cloud.wait(Duration::from_secs(300));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!((nodes(&cloud, "1.34"), group.int("nodegroup.scalingConfig.desiredSize")), (1, Ok(Some(1))));
    eks(&cloud, "DeleteNodegroup", tree! {}).unwrap();
    cloud.wait(GONE);
    assert_eq!(cloud.0.nodes().unwrap(), []);
    let groups = cloud.call("autoscaling", "DescribeAutoScalingGroups", tree! {}).unwrap();
    assert!(groups.list_at("AutoScalingGroups").is_empty());
    let profiles = cloud.call("iam", "ListInstanceProfiles", tree! {}).unwrap();
    assert!(profiles.list_at("InstanceProfiles").is_empty());
    assert!(cloud.ec2("DescribeLaunchTemplates", tree! {}).unwrap().list_at("launchTemplates").is_empty());
}

#[test]
fn a_new_version_replaces_the_nodes() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(FIRST_CHECK);
    cloud.call("eks", "UpdateClusterVersion", tree! { "name": "c", "version": "1.35" }).unwrap();
    cloud.wait(Duration::from_secs(900));
    assert_eq!(nodes(&cloud, "1.34"), 2);
    let update = eks(&cloud, "UpdateNodegroupVersion", tree! {}).unwrap();
    cloud.wait(Duration::from_secs(200));
    // Further nodes come first; sizes are told as they will be again.
    assert!(cloud.0.nodes().unwrap().len() > 2);
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(group.int("nodegroup.scalingConfig.desiredSize"), Ok(Some(2)));
    cloud.wait(Duration::from_secs(600));
    assert_eq!(nodes(&cloud, "1.35"), 2);
    let input = tree! { "name": "c", "nodegroupName": "n", "updateId": update.need("update.id").unwrap() };
    let update = cloud.call("eks", "DescribeUpdate", input).unwrap();
    assert_eq!(update.need("update.status"), Ok("Successful"));
}

#[test]
fn groups_whose_nodes_do_not_join_fail_after_twenty_minutes() {
    let (cloud, input) = prepared();
    let arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
    cloud.call("iam", "DetachRolePolicy", tree! { "RoleName": "nodes", "PolicyArn": arn }).unwrap();
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(Duration::from_secs(15 * 60));
    assert_eq!(eks(&cloud, "DescribeNodegroup", tree! {}).unwrap().need("nodegroup.status"), Ok("CREATING"));
    cloud.wait(Duration::from_secs(6 * 60));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    let issue = &group.list_at("nodegroup.health.issues")[0];
    assert_eq!((group.need("nodegroup.status"), issue.need("code")), (Ok("CREATE_FAILED"), Ok("NodeCreationFailure")));
    assert_eq!(issue.need("message"), Ok("Instances failed to join the kubernetes cluster"));
    assert_eq!(issue.texts("resourceIds").len(), 2);
    eks(&cloud, "DeleteNodegroup", tree! {}).unwrap();
    cloud.wait(GONE);
    assert_eq!(cloud.0.nodes().unwrap(), []);
}

#[test]
fn a_version_whose_nodes_do_not_join_is_taken_back() {
    let (cloud, input) = prepared();
    let data = |image: &str, text: &str| tree! { "InstanceType": "m5.large", "ImageId": image, "UserData": STANDARD.encode(text) };
    let (image, text) = (image("amazon-eks-node-al2023-x86_64-standard-1.34"), config(&shown(&cloud)));
    let template = tree! { "LaunchTemplateName": "own", "LaunchTemplateData": data(&image, &text) };
    cloud.ec2("CreateLaunchTemplate", template).unwrap();
    let of = |version: &str| tree! { "name": "own", "version": version };
    cloud.call("eks", "CreateNodegroup", input.with("launchTemplate", of("1"))).unwrap();
    cloud.wait(FIRST_CHECK);
    let bad = tree! { "LaunchTemplateName": "own", "LaunchTemplateData": data(&image, "#!/bin/bash") };
    cloud.ec2("CreateLaunchTemplateVersion", bad).unwrap();
    let begun = eks(&cloud, "UpdateNodegroupVersion", tree! { "launchTemplate": of("2") }).unwrap();
    cloud.wait(Duration::from_secs(900));
    let id = begun.need("update.id").unwrap();
    let update =
        cloud.call("eks", "DescribeUpdate", tree! { "name": "c", "nodegroupName": "n", "updateId": id }).unwrap();
    assert_eq!(update.need("update.status"), Ok("Failed"));
    assert_eq!(update.list_at("update.errors")[0].need("errorCode"), Ok("NodeCreationFailure"));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(
        (group.need("nodegroup.status"), group.need("nodegroup.launchTemplate.version")),
        (Ok("ACTIVE"), Ok("1"))
    );
    assert_eq!(nodes(&cloud, "1.34"), 2);
}

#[test]
fn what_cannot_be_launched_is_told() {
    let (cloud, input) = prepared();
    let template =
        tree! { "LaunchTemplateName": "own", "LaunchTemplateData": tree! { "ImageId": "ami-0123456789abcdef0" } };
    cloud.ec2("CreateLaunchTemplate", template).unwrap();
    cloud.call("eks", "CreateNodegroup", input.with("launchTemplate", tree! { "name": "own" })).unwrap();
    cloud.wait(Duration::from_secs(1300));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    let issue = &group.list_at("nodegroup.health.issues")[0];
    assert_eq!(
        (group.need("nodegroup.status"), issue.need("code")),
        (Ok("CREATE_FAILED"), Ok("AsgInstanceLaunchFailures"))
    );
    assert!(issue.need("message").unwrap().contains("does not exist"));
}

#[test]
fn a_version_that_cannot_be_launched_is_told_in_words() {
    let (cloud, input) = prepared();
    let data = |image: &str| tree! { "ImageId": image, "UserData": STANDARD.encode(config(&shown(&cloud))) };
    let own = |image: &str| tree! { "LaunchTemplateName": "own", "LaunchTemplateData": data(image) };
    let image = image("amazon-eks-node-al2023-x86_64-standard-1.34");
    cloud.ec2("CreateLaunchTemplate", own(&image)).unwrap();
    let of = |version: &str| tree! { "name": "own", "version": version };
    cloud.call("eks", "CreateNodegroup", input.with("launchTemplate", of("1"))).unwrap();
    cloud.wait(FIRST_CHECK);
    cloud.ec2("CreateLaunchTemplateVersion", own("ami-0123456789abcdef0")).unwrap();
    let begun = eks(&cloud, "UpdateNodegroupVersion", tree! { "launchTemplate": of("2") }).unwrap();
    cloud.wait(Duration::from_secs(900));
    let asked = tree! { "name": "c", "nodegroupName": "n", "updateId": begun.need("update.id").unwrap() };
    let update = cloud.call("eks", "DescribeUpdate", asked).unwrap();
    let expected =
        "You must use a valid fully-formed launch template. The image id '[ami-0123456789abcdef0]' does not exist";
    assert_eq!(update.list_at("update.errors")[0].need("errorMessage"), Ok(expected));
}

#[test]
fn eks_hooks_into_launches_and_drains_what_ends() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(FIRST_CHECK);
    let group = asg(&cloud);
    let name = group.need("AutoScalingGroupName").unwrap();
    assert_eq!(group.list_at("EnabledMetrics").len(), 21);
    let hooks = cloud.call("autoscaling", "DescribeLifecycleHooks", tree! { "AutoScalingGroupName": name }).unwrap();
    let shown = |hook: &Tree| {
        let of = |member: &str| hook.need(member).unwrap().to_owned();
        assert_eq!((hook.int("HeartbeatTimeout"), hook.need("DefaultResult")), (Ok(Some(1800)), Ok("CONTINUE")));
        assert!(of("NotificationTargetARN").ends_with(":eks-asg-lifecycle-hook-topic"));
        (of("LifecycleHookName"), of("LifecycleTransition"))
    };
    let hooks: Vec<_> = hooks.list_at("LifecycleHooks").iter().map(shown).collect();
    let expected = [("Launch-LC-Hook", "LAUNCHING"), ("Terminate-LC-Hook", "TERMINATING")];
    let expected = expected.map(|(name, end)| (name.to_owned(), format!("autoscaling:EC2_INSTANCE_{end}")));
    assert_eq!(hooks, expected);
    let states = || {
        let group = asg(&cloud);
        let states = group.list_at("Instances").iter().map(|own| own.need("LifecycleState").unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    assert_eq!(states(), ["InService", "InService"]);
    let input = tree! { "AutoScalingGroupName": name, "DesiredCapacity": 1 };
    cloud.call("autoscaling", "SetDesiredCapacity", input).unwrap();
    cloud.wait(Duration::from_secs(20));
    assert_eq!(states(), ["Terminating:Wait", "InService"]);
    cloud.wait(Duration::from_secs(120));
    assert_eq!(states(), ["InService"]);
}

#[test]
fn a_warm_pool_sleeps_beside_the_nodes() {
    let (cloud, input) = prepared();
    let sizes = tree! { "minSize": 1, "maxSize": 3, "desiredSize": 2 };
    let input = input.with("scalingConfig", sizes).with("warmPoolConfig", tree! { "enabled": true });
    assert_eq!(
        code(cloud.call("eks", "CreateNodegroup", input.clone().with("capacityType", "SPOT"))),
        "InvalidParameterException"
    );
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(FIRST_CHECK);
    assert_eq!((nodes(&cloud, "1.34"), asg(&cloud).int("WarmPoolSize")), (2, Ok(Some(1))));
    eks(&cloud, "UpdateNodegroupConfig", tree! { "scalingConfig": tree! { "desiredSize": 3 } }).unwrap();
    cloud.wait(Duration::from_secs(300));
    assert_eq!((nodes(&cloud, "1.34"), asg(&cloud).int("WarmPoolSize")), (3, Ok(Some(0))));
    eks(&cloud, "UpdateNodegroupConfig", tree! { "warmPoolConfig": tree! { "enabled": false } }).unwrap();
    cloud.wait(Duration::from_secs(300));
    assert!(!asg(&cloud).has("WarmPoolConfiguration"));
}

#[test]
fn spot_groups_and_remote_access_are_made_so() {
    let (cloud, input) = prepared();
    let unknown = input.clone().with("remoteAccess", tree! { "ec2SshKey": "k" });
    let unknown = cloud.call("eks", "CreateNodegroup", unknown).unwrap_err();
    assert_eq!(unknown.message("eks"), "KeyPair k not found");
    cloud.ec2("CreateKeyPair", tree! { "KeyName": "k" }).unwrap();
    let types = Tree::list(["m5.large", "m5a.large"]);
    let input = input.with("capacityType", "SPOT").with("instanceTypes", types);
    cloud.call("eks", "CreateNodegroup", input.with("remoteAccess", tree! { "ec2SshKey": "k" })).unwrap();
    cloud.wait(FIRST_CHECK);
    assert_eq!(nodes(&cloud, "1.34"), 2);
    assert!(cloud.0.nodes().unwrap().iter().all(|node| node.is_spot));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    let ssh = group.need("nodegroup.resources.remoteAccessSecurityGroup").unwrap();
    let rules = cloud.ec2("DescribeSecurityGroups", tree! { "GroupId": vec![ssh] }).unwrap();
    assert_eq!(rules.list_at("securityGroupInfo")[0].list_at("ipPermissions")[0].int("fromPort"), Ok(Some(22)));
}

#[test]
fn a_group_without_its_auto_scaling_group_is_degraded() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(FIRST_CHECK);
    let name = asg(&cloud).need("AutoScalingGroupName").unwrap().to_owned();
    let delete = tree! { "AutoScalingGroupName": name, "ForceDelete": true };
    cloud.call("autoscaling", "DeleteAutoScalingGroup", delete).unwrap();
    cloud.wait(Duration::from_secs(120));
    let group = eks(&cloud, "DescribeNodegroup", tree! {}).unwrap();
    assert_eq!(group.need("nodegroup.status"), Ok("DEGRADED"));
    assert_eq!(group.list_at("nodegroup.health.issues")[0].need("code"), Ok("AutoScalingGroupNotFound"));
}
