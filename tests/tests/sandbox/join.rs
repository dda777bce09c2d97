//! Each point that a node needs to join, broken in a copy of the quickstart: the sandbox names that point.

use serde_json::Value;

use crate::Sandboxed;

/// Only self-managed nodes: the others get what they need from EKS.
const ALONE: [&str; 4] = [
    "-var=managed_nodes_enabled=false",
    "-var=fargate_enabled=false",
    "-var=spot_fleet_enabled=false",
    "-var=autoscaling_size={min=0,initial=1,max=1}",
];

/// Breaks a file by a replacement, applies, and expects a node that has not joined for a cause with these words.
#[track_caller]
fn broken(file: &str, from: &str, to: &str, words: &str) {
    let sandboxed = Sandboxed::example("quickstart");
    sandboxed.edit(file, from, to);
    cause(&sandboxed, &[], words);
}

/// Applies, and returns the only node.
#[track_caller]
fn node(sandboxed: &Sandboxed, further: &[&str]) -> Value {
    sandboxed.init();
    // What waits for nodes fails, so the apply may fail, as in life.
    let arguments = [&["apply", "-auto-approve"], &ALONE[..], further].concat();
    let run = sandboxed.0.run(&arguments);
    let mut nodes = sandboxed.nodes();
    assert_eq!(nodes.len(), 1, "{nodes:?}: {}", run.text());
    nodes.remove(0)
}

#[track_caller]
fn cause(sandboxed: &Sandboxed, further: &[&str], words: &str) {
    let node = node(sandboxed, further);
    let told = node["cause"].as_str().unwrap_or_default();
    assert!(told.contains(words), "`{told}` instead of `{words}`");
}

const NETWORK: &str = "../../modules/network";
const ROLE: &str = "../../modules/node-role/main.tf";
const TEMPLATE: &str = "../../modules/launch-template/main.tf";
const USER_DATA: &str = "../../modules/user-data/main.tf";

#[test]
fn the_entry_of_the_role() {
    broken(
        ROLE,
        "count = var.self_managed && var.create_access_entry ? 1 : 0",
        "count = 0",
        "no access entry for the role",
    );
}

#[test]
fn the_type_of_the_entry() {
    broken(ROLE, "\"EC2_LINUX\"", "\"STANDARD\"", "has type STANDARD, not EC2_LINUX");
}

#[test]
fn the_mode_of_the_cluster() {
    let sandboxed = Sandboxed::example("quickstart");
    cause(&sandboxed, &["-var=access_entries_enabled=false"], "the authentication mode is CONFIG_MAP");
}

#[test]
fn the_name_in_the_user_data() {
    broken(USER_DATA, "= var.cluster.name\n", "= \"another\"\n", "for the name: `another`, not `landfall-quickstart`");
}

#[test]
fn the_endpoint_in_the_user_data() {
    broken(USER_DATA, "= var.cluster.endpoint\n", "= \"https://localhost\"\n", "for the API server endpoint");
}

#[test]
fn the_certificate_in_the_user_data() {
    broken(USER_DATA, "= var.cluster.certificate_authority\n", "= \"Q0E=\"\n", "for the certificate authority");
}

#[test]
fn the_block_of_services_in_the_user_data() {
    let line = "          cidr                 = var.cluster.service_cidr\n";
    broken(USER_DATA, line, "", "CIDR is missing in cluster configuration");
}

#[test]
fn the_form_of_the_user_data() {
    let file = "../../modules/user-data/templates/al2023.mime.tftpl";
    broken(file, "application/node.eks.aws", "text/plain", "reads a NodeConfig for nodeadm");
}

#[test]
fn the_version_of_the_image() {
    let (from, to) = ("kubernetes_version = var.cluster.version", "kubernetes_version = \"1.31\"");
    broken(TEMPLATE, from, to, "more than three minor versions older than the control plane");
}

#[test]
fn the_instance_profile() {
    let profile = "  iam_instance_profile {\n    arn = var.instance_profile_arn\n  }\n";
    broken(TEMPLATE, profile, "", "no instance profile");
}

#[test]
fn the_trust_of_the_role() {
    broken(ROLE, "\"ec2.${data", "\"eks.${data", "does not trust ec2.amazonaws.com");
}

#[test]
fn the_policy_of_workers() {
    broken(ROLE, "\"AmazonEKSWorkerNodePolicy\", ", "", "AmazonEKSWorkerNodePolicy allows it");
}

#[test]
fn the_policy_of_images() {
    broken(ROLE, ", \"AmazonEC2ContainerRegistryReadOnly\"", "", "may not ecr:GetAuthorizationToken");
}

#[test]
fn the_policy_of_the_network_plugin() {
    broken(ROLE, "var.attach_cni_policy ? [", "false ? [", "AmazonEKS_CNI_Policy allows it");
}

#[test]
fn the_network_plugin() {
    broken("main.tf", "    vpc-cni                = {}\n", "", "the add-on vpc-cni is not installed");
}

#[test]
fn without_kube_proxy_a_node_joins_and_reaches_no_services() {
    let sandboxed = Sandboxed::example("quickstart");
    sandboxed.edit("main.tf", "    kube-proxy             = {}\n", "");
    let node = node(&sandboxed, &[]);
    assert_eq!(node["state"], "joined", "{node}");
    assert_eq!(node["flaws"][0], "its pods do not reach services: the add-on kube-proxy is not installed");
}

#[test]
fn the_security_group() {
    let sandboxed = Sandboxed::example("quickstart");
    let words = "no rule lets TCP 443 in to the control plane";
    cause(&sandboxed, &["-var=cluster_security_group_enabled=false"], words);
}

#[test]
fn the_way_out() {
    let file = format!("{NETWORK}/routes.tf");
    let (from, to) = ("\"aws_route\" \"nat\" {\n", "\"aws_route\" \"nat\" {\n  count = 0\n");
    broken(&file, from, to, "has no route to the internet");
}

#[test]
fn the_address_behind_an_internet_gateway() {
    let sandboxed = Sandboxed::example("quickstart");
    let (from, to) = ("map_public_ip_on_launch = true", "map_public_ip_on_launch = false");
    sandboxed.edit(&format!("{NETWORK}/main.tf"), from, to);
    sandboxed.edit("nodes.tf", "module.network.private_subnet_ids", "module.network.public_subnet_ids");
    cause(&sandboxed, &[], "the instance has no public address");
}

#[test]
fn the_names_of_instances() {
    let file = format!("{NETWORK}/main.tf");
    broken(&file, "enable_dns_hostnames = true", "enable_dns_hostnames = false", "enableDnsHostnames is off");
}

#[test]
fn the_resolver() {
    let file = format!("{NETWORK}/main.tf");
    broken(&file, "enable_dns_support   = true", "enable_dns_support   = false", "enableDnsSupport is off");
}

#[test]
fn whom_the_public_endpoint_answers() {
    let sandboxed = Sandboxed::example("quickstart");
    let (from, to) = ("endpoint_private_access = var.endpoint_private_access", "endpoint_private_access = false");
    sandboxed.edit("../../modules/cluster/main.tf", from, to);
    let cidrs = "-var=public_access_cidrs=[\"203.0.113.0/24\"]";
    cause(&sandboxed, &[cidrs], "the public endpoint does not answer");
}

#[test]
fn the_tag_of_the_cluster() {
    broken(
        TEMPLATE,
        "\"kubernetes.io/cluster/${var.cluster.name}\"",
        "\"cluster\"",
        "has no tag `kubernetes.io/cluster/",
    );
}

#[test]
fn the_metadata() {
    let (from, to) = ("http_endpoint               = \"enabled\"", "http_endpoint               = \"disabled\"");
    broken(TEMPLATE, from, to, "the metadata endpoint is disabled");
}
