//! The quickstart: planned as on AWS, and its whole life on the emulator.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall_tests::{Account, Answer, Emulator, FaultyEndpoint, Project, Request};
use serde_json::Value;

use crate::plans::{Plan, aws};

const EMULATOR: &str = "-var-file=emulator.tfvars";

fn planned() -> Plan {
    let emulator = Emulator::start();
    let aws = aws(&emulator);
    Plan::of(&Project::with_example("quickstart").at(aws.url()))
}

#[test]
fn quickstart_plans_all_that_the_project_is_for() {
    let plan = planned();
    for (r#type, count) in [
        ("aws_vpc", 1),
        ("aws_subnet", 6),
        ("aws_internet_gateway", 1),
        ("aws_nat_gateway", 1),
        ("aws_eks_cluster", 1),
        ("aws_kms_key", 1),
        ("aws_iam_openid_connect_provider", 1),
        ("aws_cloudwatch_log_group", 1),
        ("aws_eks_addon", 4),
        ("aws_eks_access_policy_association", 1),
        ("aws_autoscaling_group", 1),
        ("aws_autoscaling_schedule", 2),
        ("aws_spot_fleet_request", 1),
        ("aws_eks_node_group", 1),
        ("aws_eks_fargate_profile", 1),
    ] {
        assert_eq!(plan.of_type(r#type).len(), count, "{type}");
    }
}

#[test]
fn cluster_trusts_access_entries_alone_and_keeps_its_logs() {
    let plan = planned();
    let cluster = plan.one("module.cluster.aws_eks_cluster.this");
    let access = &cluster["access_config"][0];
    assert_eq!(access["authentication_mode"], "API");
    assert_eq!(access["bootstrap_cluster_creator_admin_permissions"], false);
    assert_eq!(cluster["bootstrap_self_managed_addons"], false);
    assert_eq!(cluster["enabled_cluster_log_types"].as_array().map(Vec::len), Some(5));
    assert_eq!(cluster["encryption_config"][0]["resources"][0], "secrets");
    let group = plan.one("module.cluster.aws_cloudwatch_log_group.control_plane[0]");
    assert_eq!(group["name"], "/aws/eks/landfall-quickstart/cluster");
    assert_eq!(group["retention_in_days"], 14);
}

#[test]
fn every_self_managed_role_has_an_access_entry_and_no_other_has() {
    let plan = planned();
    let entries = plan.of_type("aws_eks_access_entry");
    let nodes: Vec<&str> = entries.iter().filter(|(_, entry)| entry["type"] == "EC2_LINUX").map(|(a, _)| *a).collect();
    let expected = [
        "module.role_autoscaling.aws_eks_access_entry.this[0]",
        "module.role_spot_fleet[0].aws_eks_access_entry.this[0]",
    ];
    assert_eq!(nodes, expected);
    assert_eq!(entries.len(), 3, "the administrator's is the third");
}

#[test]
fn node_roles_have_what_a_node_needs() {
    let plan = planned();
    for role in ["role_autoscaling", "role_spot_fleet[0]", "role_managed[0]"] {
        for policy in ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy"] {
            let attachment = plan.one(&format!("module.{role}.aws_iam_role_policy_attachment.this[\"{policy}\"]"));
            assert_eq!(attachment["policy_arn"], format!("arn:aws:iam::aws:policy/{policy}"));
        }
    }
    let trust = plan.one("module.fargate[0].aws_iam_role.pods")["assume_role_policy"].to_string();
    assert!(trust.contains("eks-fargate-pods.amazonaws.com"), "{trust}");
    let trust = plan.one("module.nodes_spot_fleet[0].aws_iam_role.fleet")["assume_role_policy"].to_string();
    assert!(trust.contains("spotfleet.amazonaws.com"), "{trust}");
}

#[test]
fn templates_require_imdsv2_and_carry_the_cluster_tag() {
    let plan = planned();
    for module in ["nodes_autoscaling.module.launch_template", "nodes_spot_fleet[0].module.launch_template"] {
        let template = plan.one(&format!("module.{module}.aws_launch_template.this"));
        assert_eq!(template["metadata_options"][0]["http_tokens"], "required");
        assert_eq!(template["metadata_options"][0]["http_put_response_hop_limit"], 2);
        let tags = &template["tag_specifications"][0];
        assert_eq!(tags["resource_type"], "instance");
        assert_eq!(tags["tags"]["kubernetes.io/cluster/landfall-quickstart"], "owned");
    }
    let managed = plan.one("module.nodes_managed[0].aws_launch_template.this");
    assert_eq!(managed["iam_instance_profile"], serde_json::json!([]), "EKS brings the profile");
    assert_eq!(managed["network_interfaces"], serde_json::json!([]), "EKS chooses the subnet");
    assert_eq!(managed["metadata_options"][0]["http_tokens"], "required");
}

#[test]
fn spot_fleet_is_kept_up_and_taken_down() {
    let plan = planned();
    let fleet = plan.one("module.nodes_spot_fleet[0].aws_spot_fleet_request.this");
    assert_eq!(fleet["fleet_type"], "maintain");
    assert_eq!(fleet["wait_for_fulfillment"], true);
    assert_eq!(fleet["terminate_instances_on_delete"], "true");
}

#[track_caller]
fn check_nothing_to_do(project: &Project, more: &[&str]) {
    let arguments = ["plan", "-input=false", "-detailed-exitcode", EMULATOR];
    let run = project.run(arguments.iter().chain(more));
    assert_eq!(run.code, 0, "{}", run.text());
}

/// What EKS answers to an update of a cluster: the emulator makes the update, but answers with the cluster and knows of
/// no updates.
fn update_of_cluster(request: &Request) -> Option<Answer> {
    let answer = |status| Answer::json_instead(&format!(r#"{{"update": {{"id": "u-1", "status": "{status}"}}}}"#));
    let is_update = request.starts_with("POST /clusters/landfall-quickstart/update-config");
    let is_question = request.starts_with("GET /clusters/landfall-quickstart/updates/u-1");
    is_update.then(|| answer("InProgress")).or_else(|| is_question.then(|| answer("Successful")))
}

#[test]
fn quickstart_lives_changes_and_leaves_nothing_behind() {
    let emulator = Emulator::start();
    let endpoint = FaultyEndpoint::start(Some(&emulator), update_of_cluster);
    let project = Project::with_example("quickstart").at(endpoint.url());
    project.succeed(["init", "-input=false"]);
    project.succeed(["apply", "-input=false", "-auto-approve", EMULATOR]);
    check_nothing_to_do(&project, &[]);
    check_user_data(&project);

    let sizes = "-var=autoscaling_size={ min = 1, initial = 2, max = 5 }";
    let logs = "-var=log_types=[\"api\", \"audit\"]";
    let types = "-var=instance_types=[\"t3.large\", \"t3a.large\"]";
    let change = [sizes, logs, types];
    let run = project.succeed(["apply", "-input=false", "-auto-approve", EMULATOR].iter().chain(&change));
    assert!(run.stdout.contains("Apply complete!"), "{}", run.stdout);
    check_nothing_to_do(&project, &change);

    // The emulator can neither tag a Fargate profile nor move a managed group to a new template, and its templates show
    // the tags that they were made with.
    let without = ["-var=fargate_enabled=false", "-var=managed_nodes_enabled=false"];
    let tags = "-var=tags={ Team = \"platform\" }";
    let change = [EMULATOR, sizes, logs, types, without[0], without[1], tags];
    project.succeed(["apply", "-input=false", "-auto-approve"].iter().chain(&change));
    let plan = Plan::with(&project, &change);
    let templates = ["nodes_autoscaling.module.launch_template", "nodes_spot_fleet[0].module.launch_template"];
    assert_eq!(plan.changed(), templates.map(|module| format!("module.{module}.aws_launch_template.this")));

    project.succeed(["destroy", "-input=false", "-auto-approve", EMULATOR]);
    assert_eq!(project.succeed(["state", "list"]).stdout, "");
    check_nothing_left(&emulator.account());
}

/// What EKS tells of a cluster beyond what the emulator does: the security group that it made.
fn cluster_with_group(account: &Account, group: &str, request: &Request) -> Option<Answer> {
    if !request.starts_with("GET /clusters/landfall-quickstart HTTP") {
        return None;
    }
    let mut answer: Value = serde_json::from_str(&account.get("eks", "/clusters/landfall-quickstart")).ok()?;
    answer["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"] = group.into();
    Some(Answer::json(&answer.to_string()))
}

#[test]
fn templates_of_self_managed_nodes_carry_the_security_group_of_the_cluster() {
    let emulator = Emulator::start();
    let account = emulator.account();
    let made = account.query("ec2", "CreateSecurityGroup&GroupName=made-by-eks&GroupDescription=d", "2016-11-15");
    let group = made.split("<groupId>").nth(1).and_then(|rest| rest.split('<').next()).expect("an id").to_owned();
    let (asked, injected) = (account.clone(), group.clone());
    let endpoint =
        FaultyEndpoint::start(Some(&emulator), move |request| cluster_with_group(&asked, &injected, request));
    let project = Project::with_example("quickstart").at(endpoint.url());
    project.succeed(["init", "-input=false"]);
    let with = "-var=cluster_security_group_enabled=true";
    // What the instances are in is theirs to find: only what is asked for counts here.
    project.run(["apply", "-input=false", "-auto-approve", EMULATOR, with]);
    let templates = endpoint.bodies("CreateLaunchTemplate");
    let named = |name: &str| templates.iter().find(|body| body.contains(&format!("LaunchTemplateName={name}&")));
    let (owned, groups) = ("kubernetes.io%2Fcluster%2Flandfall-quickstart", "LaunchTemplateData.SecurityGroupId.");
    for name in ["landfall-quickstart-autoscaling", "landfall-quickstart-spot"] {
        let body = named(name).unwrap_or_else(|| panic!("{name} is not among {templates:#?}"));
        assert!(body.contains(&format!("{groups}1={group}")) && !body.contains(&format!("{groups}2=")), "{body}");
        assert!(body.contains(owned), "{body}");
        assert!(body.contains("MetadataOptions.HttpTokens=required"), "{body}");
    }
    let managed = named("landfall-quickstart-managed").expect("the managed group has a template");
    assert!(!managed.contains(groups) && !managed.contains("IamInstanceProfile"), "{managed}");
}

/// Checks that an account of the emulator that nobody else uses has nothing of ours.
#[track_caller]
fn check_nothing_left(account: &Account) {
    const LIVE: &str = "Filter.1.Name=instance-state-name&Filter.1.Value.1=pending&Filter.1.Value.2=running";
    const GATEWAYS: &str = "Filter.1.Name=state&Filter.1.Value.1=pending&Filter.1.Value.2=available";
    for (action, nothing) in [
        (format!("DescribeInstances&{LIVE}"), "<reservationSet/>"),
        (format!("DescribeNatGateways&{GATEWAYS}"), "<natGatewaySet/>"),
        ("DescribeSpotFleetRequests".into(), "<spotFleetRequestConfigSet/>"),
        ("DescribeLaunchTemplates".into(), "<launchTemplates/>"),
        ("DescribeAddresses".into(), "<addressesSet/>"),
        ("DescribeVolumes".into(), "<volumeSet/>"),
        ("DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=false".into(), "<vpcSet/>"),
    ] {
        let answer = account.query("ec2", &action, "2016-11-15");
        assert!(answer.contains(nothing), "{action}: {answer}");
    }
    let answer = account.query("autoscaling", "DescribeAutoScalingGroups", "2011-01-01");
    assert!(answer.contains("<AutoScalingGroups/>"), "{answer}");
    for (action, nothing) in [
        ("ListRoles", "<Roles/>"),
        ("ListInstanceProfiles", "<InstanceProfiles/>"),
        ("ListOpenIDConnectProviders", "<OpenIDConnectProviderList/>"),
    ] {
        let answer = account.query("iam", action, "2010-05-08");
        assert!(answer.contains(nothing), "{action}: {answer}");
    }
    assert_eq!(account.get("eks", "/clusters"), r#"{"clusters": []}"#);
    let answer = account.json("logs", "Logs_20140328.DescribeLogGroups");
    assert!(answer.contains(r#""logGroups": []"#), "{answer}");
}

/// Checks what an instance of the autoscaling group reads when it starts.
#[track_caller]
fn check_user_data(project: &Project) {
    let state = project.succeed(["show", "-json"]).json();
    let cluster = find(&state, "module.cluster.aws_eks_cluster.this");
    let template = find(&state, "module.nodes_autoscaling.module.launch_template.aws_launch_template.this");
    let encoded = template["user_data"].as_str().expect("a template has user data");
    let text = String::from_utf8(STANDARD.decode(encoded).expect("user data is base64")).expect("user data is text");
    assert!(text.starts_with("MIME-Version: 1.0\n"), "{text}");
    for line in [
        "Content-Type: application/node.eks.aws".to_owned(),
        "\"kind\": \"NodeConfig\"".to_owned(),
        "\"name\": \"landfall-quickstart\"".to_owned(),
        format!("\"apiServerEndpoint\": {}", cluster["endpoint"]),
        format!("\"certificateAuthority\": {}", cluster["certificate_authority"][0]["data"]),
        format!("\"cidr\": {}", cluster["kubernetes_network_config"][0]["service_ipv4_cidr"]),
    ] {
        assert!(text.contains(&line), "`{line}` is not in:\n{text}");
    }
}

/// Returns the values of a resource in `show -json` of a state.
fn find<'a>(state: &'a Value, address: &str) -> &'a Value {
    fn search<'a>(module: &'a Value, address: &str) -> Option<&'a Value> {
        let resources = module["resources"].as_array().into_iter().flatten();
        let here = resources.into_iter().find(|resource| resource["address"] == address).map(|found| &found["values"]);
        here.or_else(|| module["child_modules"].as_array()?.iter().find_map(|child| search(child, address)))
    }
    search(&state["values"]["root_module"], address).unwrap_or_else(|| panic!("{address} is in the state"))
}
