use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::cluster::tests::{NODE_POLICIES, active, role, shown};
use super::*;
use crate::testing::{Cloud, REGION};
use crate::tree;
use crate::tree::Tree;

/// A cluster, and all that one instance needs to become a node of it.
struct Setup {
    cloud: Cloud,
    cluster: Tree,
    role: String,
    launch: Tree,
}

/// Returns the image whose name begins so.
pub fn image(name: &str) -> String {
    let images = facts::images().iter();
    images.filter(|image| image.name.starts_with(name)).map(|image| image.id(REGION)).next().unwrap()
}

/// Returns the right NodeConfig for a cluster.
pub fn config(cluster: &Tree) -> String {
    format!(
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: c\n    apiServerEndpoint: {}\n    \
         certificateAuthority: {}\n    cidr: {}\n",
        cluster.need("endpoint").unwrap(),
        cluster.need("certificateAuthority.data").unwrap(),
        cluster.need("kubernetesNetworkConfig.serviceIpv4Cidr").unwrap()
    )
}

/// Everything is right.
fn setup() -> Setup {
    setup_on(active())
}

fn setup_on(cloud: Cloud) -> Setup {
    let cluster = shown(&cloud);
    let role = role(&cloud, "nodes", "ec2.amazonaws.com");
    cloud.call("iam", "CreateInstanceProfile", tree! { "InstanceProfileName": "nodes" }).unwrap();
    let both = tree! { "InstanceProfileName": "nodes", "RoleName": "nodes" };
    cloud.call("iam", "AddRoleToInstanceProfile", both).unwrap();
    let entry = tree! { "clusterName": "c", "principalArn": &role, "type": "EC2_LINUX" };
    // Where entries do not count, there is none.
    _ = cloud.call("eks", "CreateAccessEntry", entry);
    cloud.wait(Duration::from_secs(10));
    let tag = tree! { "Key": "kubernetes.io/cluster/c", "Value": "owned" };
    let launch = tree! {
        "ImageId": image("amazon-eks-node-al2023-x86_64-standard-1.34"),
        "InstanceType": "m5.large",
        "SubnetId": cluster.texts("resourcesVpcConfig.subnetIds")[0],
        "SecurityGroupId": vec![cluster.need("resourcesVpcConfig.clusterSecurityGroupId").unwrap()],
        "IamInstanceProfile": tree! { "Name": "nodes" },
        "UserData": STANDARD.encode(config(&cluster)),
        "TagSpecification": vec![tree! { "ResourceType": "instance", "Tag": vec![tag] }],
        "MinCount": 1,
        "MaxCount": 1,
    };
    Setup { cloud, cluster, role, launch }
}

impl Setup {
    fn user_data(mut self, text: &str) -> Self {
        self.launch.set("UserData", STANDARD.encode(text));
        self
    }

    fn with(mut self, member: &str, value: impl Into<Tree>) -> Self {
        self.launch.set(member, value);
        self
    }

    fn ec2(&self, operation: &str, input: Tree) -> Tree {
        self.cloud.ec2(operation, input).unwrap()
    }

    fn iam(&self, operation: &str, input: Tree) {
        self.cloud.call("iam", operation, input).unwrap();
    }

    fn eks(&self, operation: &str, input: Tree) {
        self.cloud.call("eks", operation, input).unwrap();
    }

    fn vpc(&self) -> &str {
        self.cluster.need("resourcesVpcConfig.vpcId").unwrap()
    }

    fn group(&self) -> &str {
        self.cluster.need("resourcesVpcConfig.clusterSecurityGroupId").unwrap()
    }

    /// Launches the instance, waits, and returns what has become of it.
    fn verdict(&self) -> Verdict {
        self.ec2("RunInstances", self.launch.clone());
        self.cloud.wait(Duration::from_secs(120));
        self.now()
    }

    fn now(&self) -> Verdict {
        let mut nodes = self.cloud.0.nodes().unwrap();
        nodes.remove(0).verdict
    }

    /// Expects that the instance does not join, for a reason with these words.
    fn fails(&self, words: &str) -> Cause {
        match self.verdict() {
            Verdict::NotJoined { cause } | Verdict::NotReady { cause, .. } if cause.to_string().contains(words) => {
                cause
            }
            other => panic!("{other:?} instead of `{words}`"),
        }
    }

    fn joins(&self) {
        let verdict = self.verdict();
        let Verdict::Joined { flaws, .. } = &verdict else { panic!("{verdict:?}") };
        assert_eq!(flaws, &[]);
    }

    fn policy(&self, operation: &str, name: &str) {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        self.iam(operation, tree! { "RoleName": "nodes", "PolicyArn": arn });
    }

    fn endpoint(&self, config: Tree) {
        self.eks("UpdateClusterConfig", tree! { "name": "c", "resourcesVpcConfig": config });
        self.cloud.wait(Duration::from_secs(600));
    }
}

#[test]
fn what_is_right_joins() {
    let setup = setup();
    setup.joins();
    let nodes = setup.cloud.0.nodes().unwrap();
    assert_eq!((&nodes[0].origin, nodes[0].version), (&Origin::Alone, Some("1.34")));
    // The network plugin has filled the interface and attached another one: 2 of 10 addresses each.
    let store = setup.cloud.0.inventory().unwrap();
    assert!(store.iter().any(|item| item.kind == "network interface" && item.name.starts_with("aws-K8S-i-")));
}

#[test]
fn a_node_takes_its_time() {
    let setup = setup();
    setup.ec2("RunInstances", setup.launch.clone());
    setup.cloud.wait(Duration::from_secs(30));
    assert_eq!(setup.now(), Verdict::Starting);
}

#[test]
fn user_data_has_to_say_what_the_image_reads() {
    let right = config(&setup().cluster);
    let fails = |text: &str, words: &str| setup().user_data(text).fails(words);
    assert_eq!(fails("#!/bin/bash\ntrue\n", "reads a NodeConfig for nodeadm"), Cause::NothingFor(System::Al2023));
    fails(
        "#!/bin/bash\n/etc/eks/bootstrap.sh c\n",
        "the user data is for Amazon Linux 2, and the image is Amazon Linux 2023",
    );
    fails(&right.replace("    name: c\n", ""), "nodeadm stops: Name is missing in cluster configuration");
    fails(&right.replace("name: c\n", "name: d\n"), "for the name: `d`, not `c`");
    let without = |setting: &str| {
        let kept = right.lines().filter(|line| !line.contains(setting));
        kept.collect::<Vec<_>>().join("\n")
    };
    fails(&without("apiServerEndpoint"), "Apiserver endpoint is missing");
    fails(&without("certificateAuthority"), "Certificate authority is missing");
    fails(&without("cidr"), "CIDR is missing");
    fails(&right.replace("https://", "https://0"), "for the API server endpoint");
    fails(&right.replace("certificateAuthority: ", "certificateAuthority: x"), "for the certificate authority");
    fails(&right.replace("cidr: 10.100", "cidr: 10.101"), "for the service CIDR: `10.101.0.0/16`, not `10.100.0.0/16`");
    fails(&right.replace("kind: NodeConfig", "kind: Node"), "cannot be read");
    let setup = setup();
    let launch = setup.launch.clone().with("UserData", Tree::Null);
    Setup { launch, ..setup }.fails("the user data says nothing to a node");
}

#[test]
fn each_system_reads_its_own() {
    let bottlerocket = |setup: &Setup| {
        let (endpoint, certificate) =
            (setup.cluster.need("endpoint").unwrap(), setup.cluster.need("certificateAuthority.data").unwrap());
        format!(
            "[settings.kubernetes]\ncluster-name = \"c\"\napi-server = \"{endpoint}\"\ncluster-certificate = \
             \"{certificate}\"\n"
        )
    };
    let first = setup();
    let text = bottlerocket(&first);
    let on = |setup: Setup| setup.with("ImageId", image("bottlerocket-aws-k8s-1.34-x86_64"));
    on(first.user_data(&text)).joins();
    let second = setup();
    let text = bottlerocket(&second).replace("cluster-name", "cluster-title");
    on(second.user_data(&text)).fails("lacks settings.kubernetes.cluster-name");
    let al2 = |text: &str| setup().with("ImageId", image("amazon-eks-node-1.32")).user_data(text);
    al2("#!/bin/bash\n/etc/eks/bootstrap.sh c\n").joins();
    al2("#!/bin/bash\n/etc/eks/bootstrap.sh d\n").fails("for the name");
}

#[test]
fn images_are_for_eks_and_kubelets_not_too_new_or_old() {
    let on = |name: &str| setup().with("ImageId", image(name));
    on("ubuntu").fails("has no kubelet");
    on("amazon-eks-node-al2023-x86_64-standard-1.35").fails("the kubelet, 1.35, is newer than the control plane, 1.34");
    on("amazon-eks-node-al2023-x86_64-standard-1.31").joins();
    on("amazon-eks-node-al2023-x86_64-standard-1.30").fails("more than three minor versions older");
    setup().with("MetadataOptions", tree! { "HttpEndpoint": "disabled" }).fails("the metadata endpoint is disabled");
}

#[test]
fn an_instance_needs_its_profile_and_a_role_that_trusts_ec2() {
    let first = setup();
    let launch = first.launch.clone().with("IamInstanceProfile", Tree::Null);
    assert_eq!(Setup { launch, ..first }.fails("no instance profile"), Cause::NoProfile);
    let second = setup();
    second.joins();
    second.iam("RemoveRoleFromInstanceProfile", tree! { "InstanceProfileName": "nodes", "RoleName": "nodes" });
    assert!(matches!(second.now(), Verdict::NotJoined { cause: Cause::ProfileWithoutRole { .. } }));
    let third = setup();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    third.iam("UpdateAssumeRolePolicy", tree! { "RoleName": "nodes", "PolicyDocument": trust });
    third.fails("the role `nodes` does not trust ec2.amazonaws.com");
}

#[test]
fn the_three_policies_matter() {
    for (policy, words) in NODE_POLICIES.into_iter().zip([
        "may not eks:DescribeCluster: AmazonEKSWorkerNodePolicy allows it",
        "may not ecr:GetAuthorizationToken: AmazonEC2ContainerRegistryPullOnly allows it",
        "vpc-cni works with the role `nodes`, which may not ec2:CreateNetworkInterface",
    ]) {
        let setup = setup();
        setup.policy("DetachRolePolicy", policy);
        setup.fails(words);
    }
    let setup = setup();
    setup.policy("DetachRolePolicy", "AmazonEKSWorkerNodePolicy");
    setup.policy("AttachRolePolicy", "AmazonEKSWorkerNodeMinimalPolicy");
    setup.joins();
}

#[test]
fn entries_are_for_nodes_and_for_the_role_of_today() {
    let entry = |setup: &Setup, kind: &str| {
        setup.eks("DeleteAccessEntry", tree! { "clusterName": "c", "principalArn": &setup.role });
        let input = tree! { "clusterName": "c", "principalArn": &setup.role, "type": kind };
        setup.eks("CreateAccessEntry", input);
    };
    let none = setup();
    none.eks("DeleteAccessEntry", tree! { "clusterName": "c", "principalArn": &none.role });
    none.fails("Unauthorized: the cluster has no access entry");
    let standard = setup();
    entry(&standard, "STANDARD");
    standard.fails("has type STANDARD, not EC2_LINUX");
    let windows = setup();
    entry(&windows, "EC2_WINDOWS");
    windows.fails("has type EC2_WINDOWS, not EC2_LINUX");
    let earlier = setup();
    earlier.iam("RemoveRoleFromInstanceProfile", tree! { "InstanceProfileName": "nodes", "RoleName": "nodes" });
    for policy in NODE_POLICIES {
        earlier.policy("DetachRolePolicy", policy);
    }
    earlier.iam("DeleteRole", tree! { "RoleName": "nodes" });
    role(&earlier.cloud, "nodes", "ec2.amazonaws.com");
    earlier.iam("AddRoleToInstanceProfile", tree! { "InstanceProfileName": "nodes", "RoleName": "nodes" });
    earlier.fails("is of an earlier role");
}

#[test]
fn where_only_the_config_map_counts_the_sandbox_says_so() {
    let (cloud, input) = super::super::cluster::tests::prepared();
    let input = input.with("accessConfig", tree! { "authenticationMode": "CONFIG_MAP" });
    cloud.call("eks", "CreateCluster", input).unwrap();
    cloud.wait(Duration::from_secs(600));
    setup_on(cloud).fails("the authentication mode is CONFIG_MAP");
}

#[test]
fn names_have_to_be_resolved_and_given() {
    for (attribute, words) in
        [("EnableDnsHostnames", "enableDnsHostnames is off"), ("EnableDnsSupport", "enableDnsSupport is off")]
    {
        let setup = setup();
        let off = tree! { "VpcId": setup.vpc() }.with(attribute, tree! { "Value": false });
        setup.ec2("ModifyVpcAttribute", off);
        setup.fails(words);
    }
}

/// Returns a group that lets nothing in, and out what rules are given.
fn closed(setup: &Setup, egress: &[(&str, i64)]) -> String {
    let id = setup.cloud.group(setup.vpc(), &format!("closed-{}", egress.len()));
    let all = tree! { "IpProtocol": "-1", "IpRanges": vec![tree! { "CidrIp": "0.0.0.0/0" }] };
    setup.ec2("RevokeSecurityGroupEgress", tree! { "GroupId": &id, "IpPermissions": vec![all] });
    for (block, port) in egress {
        let rule = tree! { "IpProtocol": "tcp", "FromPort": *port, "ToPort": *port, "IpRanges": vec![tree! { "CidrIp": *block }] };
        setup.ec2("AuthorizeSecurityGroupEgress", tree! { "GroupId": &id, "IpPermissions": vec![rule] });
    }
    id
}

#[test]
fn security_groups_let_out_and_in() {
    let out = setup();
    let group = closed(&out, &[("0.0.0.0/0", 80)]);
    out.with("SecurityGroupId", vec![group]).fails("no rule lets TCP 443 out to the public endpoint of the cluster");
    let private = |egress: &[(&str, i64)]| {
        let setup = setup();
        setup.endpoint(tree! { "endpointPrivateAccess": true });
        let group = closed(&setup, egress);
        setup.with("SecurityGroupId", vec![group])
    };
    private(&[("192.168.0.0/16", 443)]).fails("no rule lets TCP 443 out to the private endpoint of the cluster");
    private(&[("10.0.0.0/16", 443)]).fails("no rule lets TCP 443 in to the control plane");
    let both = private(&[("0.0.0.0/0", 443)]);
    let node = both.launch.texts("SecurityGroupId")[0].to_owned();
    let from = tree! { "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Groups": vec![tree! { "GroupId": node }] };
    both.ec2("AuthorizeSecurityGroupIngress", tree! { "GroupId": both.group(), "IpPermissions": vec![from] });
    let verdict = both.verdict();
    let Verdict::Joined { flaws, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(flaws, [Flaw::NotReached]);
}

/// Returns the main table of the VPC, which the private subnets use.
fn main_table(setup: &Setup) -> String {
    let filters = [("vpc-id", setup.vpc()), ("association.main", "true")];
    let filters = filters.map(|(name, value)| tree! { "Name": name, "Value": vec![value] });
    let tables = setup.ec2("DescribeRouteTables", tree! { "Filter": Tree::list(filters) });
    tables.list_at("routeTableSet")[0].need("routeTableId").unwrap().to_owned()
}

fn default_route(setup: &Setup) -> Tree {
    tree! { "RouteTableId": main_table(setup), "DestinationCidrBlock": "0.0.0.0/0" }
}

#[test]
fn the_endpoint_is_reached_by_a_route() {
    let none = setup();
    none.ec2("DeleteRoute", default_route(&none));
    none.fails("has no route to the internet");
    let private = setup();
    private.endpoint(tree! { "endpointPrivateAccess": true, "endpointPublicAccess": false });
    private.ec2("DeleteRoute", default_route(&private));
    private.fails("there is no way to EC2, STS and ECR");
    let public = setup();
    let filter = tree! { "Name": "attachment.vpc-id", "Value": vec![public.vpc()] };
    let gateways = public.ec2("DescribeInternetGateways", tree! { "Filter": vec![filter] });
    let gateway = gateways.list_at("internetGatewaySet")[0].need("internetGatewayId").unwrap();
    public.ec2("ReplaceRoute", default_route(&public).with("GatewayId", gateway));
    public.fails("the instance has no public address");
    let gone = setup();
    let gateways = gone.ec2("DescribeNatGateways", tree! {});
    let nat = gateways.list_at("natGatewaySet")[0].need("natGatewayId").unwrap();
    gone.ec2("DeleteNatGateway", tree! { "NatGatewayId": nat });
    gone.fails("which is not there");
}

/// Returns an instance in a subnet without any way out, in a group of its own, and a cluster with a private endpoint.
fn cut_off() -> Setup {
    let setup = setup();
    setup.endpoint(tree! { "endpointPrivateAccess": true, "endpointPublicAccess": false });
    setup.ec2("DeleteRoute", default_route(&setup));
    setup
}

/// Makes an interface endpoint beside the instance, in a group; without one in that of the cluster.
fn serve(setup: &Setup, service: &str, group: Option<&str>) -> String {
    let input = tree! {
        "VpcId": setup.vpc(),
        "ServiceName": format!("com.amazonaws.{REGION}.{service}"),
        "VpcEndpointType": "Interface",
        "SubnetId": vec![setup.launch.need("SubnetId").unwrap()],
        "SecurityGroupId": vec![group.unwrap_or(setup.group())],
    };
    setup.ec2("CreateVpcEndpoint", input).need("vpcEndpoint.vpcEndpointId").unwrap().to_owned()
}

/// Makes the gateway endpoint of S3.
fn serve_s3(setup: &Setup) {
    let service = format!("com.amazonaws.{REGION}.s3");
    let input = tree! { "VpcId": setup.vpc(), "ServiceName": service, "RouteTableId": vec![main_table(setup)] };
    setup.ec2("CreateVpcEndpoint", input);
}

#[test]
fn endpoints_are_ways_to_the_services() {
    let setup = cut_off();
    serve_s3(&setup);
    for service in ["ec2", "ecr.api", "ecr.dkr"] {
        serve(&setup, service, None);
    }
    setup.fails("there is no way to sts, for which there is no VPC endpoint");
    serve(&setup, "sts", None);
    setup.cloud.wait(Duration::from_secs(120));
    let verdict = setup.now();
    assert!(matches!(verdict, Verdict::Joined { .. }), "{verdict:?}");
}

#[test]
fn endpoints_have_to_let_the_instance_in_even_where_there_is_another_way() {
    let closed_one = setup();
    let group = closed(&closed_one, &[]);
    let id = serve(&closed_one, "ec2", Some(&group));
    let cause = closed_one.fails("no rule lets TCP 443 in to vpce-");
    assert_eq!(cause, Cause::EndpointClosed { endpoint: id, service: "ec2", is_out: false });
    let out = setup();
    serve_s3(&out);
    let blocks = ["3.64.0.1/32", "18.184.0.1/32", "52.28.0.1/32", "54.93.0.1/32"];
    let group = closed(&out, &blocks.map(|block| (block, 443)));
    let list = crate::families::ec2::prefix_list::id_of(REGION, "s3");
    let out = out.with("SecurityGroupId", vec![group.as_str()]);
    out.fails("no rule lets TCP 443 out to vpce-");
    let to_list = tree! { "PrefixListId": list };
    let rule = tree! { "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": vec![to_list] };
    out.ec2("AuthorizeSecurityGroupEgress", tree! { "GroupId": &group, "IpPermissions": vec![rule] });
    assert!(matches!(out.now(), Verdict::Joined { .. }));
}

#[test]
fn a_public_address_is_a_way_too() {
    let setup = setup();
    let filter = tree! { "Name": "attachment.vpc-id", "Value": vec![setup.vpc()] };
    let gateways = setup.ec2("DescribeInternetGateways", tree! { "Filter": vec![filter] });
    let gateway = gateways.list_at("internetGatewaySet")[0].need("internetGatewayId").unwrap();
    setup.ec2("ReplaceRoute", default_route(&setup).with("GatewayId", gateway));
    let subnet = setup.launch.need("SubnetId").unwrap();
    setup.ec2("ModifySubnetAttribute", tree! { "SubnetId": subnet, "MapPublicIpOnLaunch": tree! { "Value": true } });
    setup.joins();
}

#[test]
fn a_nat_gateway_has_to_stand_in_a_public_subnet() {
    let setup = setup();
    let gateways = setup.ec2("DescribeNatGateways", tree! {});
    let subnet = gateways.list_at("natGatewaySet")[0].need("subnetId").unwrap();
    let filter = tree! { "Name": "association.subnet-id", "Value": vec![subnet] };
    let tables = setup.ec2("DescribeRouteTables", tree! { "Filter": vec![filter] });
    let table = tables.list_at("routeTableSet")[0].need("routeTableId").unwrap();
    setup.ec2("DeleteRoute", tree! { "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0" });
    setup.fails("which has no way to the internet itself");
}

#[test]
fn the_public_endpoint_answers_whom_it_is_told_to() {
    let closed = setup();
    closed.endpoint(tree! { "publicAccessCidrs": vec!["203.0.113.0/24"] });
    closed.fails("the public endpoint does not answer");
    let inside = setup();
    inside.endpoint(tree! { "publicAccessCidrs": vec!["203.0.113.0/24"], "endpointPrivateAccess": true });
    inside.joins();
}

#[test]
fn an_instance_carries_the_tag_of_its_cluster() {
    let setup = setup();
    let launch = setup.launch.clone().with("TagSpecification", Tree::Null);
    Setup { launch, ..setup }.fails("has no tag `kubernetes.io/cluster/c` = `owned`");
}

#[test]
fn nodes_are_ready_by_add_ons() {
    let without = |kept: &[&str]| {
        let (cloud, input) = super::super::cluster::tests::prepared();
        cloud.call("eks", "CreateCluster", input.with("bootstrapSelfManagedAddons", false)).unwrap();
        cloud.wait(Duration::from_secs(600));
        for name in kept {
            cloud.call("eks", "CreateAddon", tree! { "clusterName": "c", "addonName": *name }).unwrap();
        }
        setup_on(cloud)
    };
    without(&["kube-proxy"]).fails("the add-on vpc-cni is not installed");
    without(&["vpc-cni", "kube-proxy"]).joins();
}

/// Returns an instance for a cluster with the network plugin, configured so, and without kube-proxy.
fn without_proxy(configuration: &str) -> Setup {
    let (cloud, input) = super::super::cluster::tests::prepared();
    cloud.call("eks", "CreateCluster", input.with("bootstrapSelfManagedAddons", false)).unwrap();
    cloud.wait(Duration::from_secs(600));
    let input = tree! { "clusterName": "c", "addonName": "vpc-cni", "configurationValues": configuration };
    cloud.call("eks", "CreateAddon", input).unwrap();
    setup_on(cloud)
}

#[test]
fn without_kube_proxy_nodes_are_ready_later_and_have_no_services() {
    let setup = without_proxy("{}");
    setup.ec2("RunInstances", setup.launch.clone());
    setup.cloud.wait(REGISTERS + READY + Duration::from_secs(10));
    assert_eq!(setup.now(), Verdict::Starting);
    setup.cloud.wait(Duration::from_secs(20));
    let Verdict::Joined { flaws, since } = setup.now() else { panic!("{:?}", setup.now()) };
    assert_eq!(flaws, [Flaw::NoServices]);
    setup.eks("CreateAddon", tree! { "clusterName": "c", "addonName": "kube-proxy" });
    assert_eq!(setup.now(), Verdict::Joined { flaws: Vec::new(), since });
}

#[test]
fn some_settings_of_the_network_plugin_need_kube_proxy() {
    for configuration in [
        r#"{"env":{"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG":"true"}}"#,
        "env:\n  ENABLE_POD_ENI: 'true'\n",
        r#"{ "env": { "ANNOTATE_POD_IP": "true" } }"#,
    ] {
        without_proxy(configuration).fails("the add-on kube-proxy is not installed");
    }
    let setup = without_proxy(r#"{"env":{"ENABLE_POD_ENI":"false"}}"#);
    assert!(matches!(setup.verdict(), Verdict::Joined { .. }));
}

#[test]
fn the_network_plugin_may_have_a_role_of_its_own() {
    let setup_with = |trust: &str, agent: bool| {
        let setup = setup();
        setup.policy("DetachRolePolicy", "AmazonEKS_CNI_Policy");
        let made = tree! { "RoleName": "cni", "AssumeRolePolicyDocument": trust };
        setup.iam("CreateRole", made);
        let arn = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
        setup.iam("AttachRolePolicy", tree! { "RoleName": "cni", "PolicyArn": arn });
        setup.cloud.wait(Duration::from_secs(30));
        if agent {
            let agent = tree! { "clusterName": "c", "addonName": "eks-pod-identity-agent" };
            setup.eks("CreateAddon", agent);
        }
        let input = tree! {
            "clusterName": "c",
            "namespace": "kube-system",
            "serviceAccount": "aws-node",
            "roleArn": setup.role.replace("role/nodes", "role/cni"),
        };
        setup.eks("CreatePodIdentityAssociation", input);
        setup
    };
    let trust = |actions: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"pods.eks.amazonaws.com"}},"Action":{actions}}}]}}"#
        )
    };
    let right = trust(r#"["sts:AssumeRole","sts:TagSession"]"#);
    setup_with(&right, true).joins();
    setup_with(&right, false).fails("eks-pod-identity-agent is not installed");
    setup_with(&trust(r#""sts:AssumeRole""#), true).fails("assume it and tag sessions");
}

#[test]
fn pods_need_addresses() {
    let setup = setup();
    let subnet = setup.cloud.subnet(setup.vpc(), "10.0.9.0/28", "eu-central-1a");
    for _ in 0..10 {
        setup.cloud.interface(&subnet);
    }
    let cause = setup.with("SubnetId", &subnet).fails("has no free address for pods");
    assert_eq!(cause, Cause::NoAddresses { subnet });
}

#[test]
fn nodes_need_ipv4() {
    let setup = setup();
    let block = tree! { "VpcId": setup.vpc(), "AmazonProvidedIpv6CidrBlock": true };
    setup.ec2("AssociateVpcCidrBlock", block);
    let vpcs = setup.ec2("DescribeVpcs", tree! { "VpcId": vec![setup.vpc()] });
    let block = vpcs.list_at("vpcSet")[0].list_at("ipv6CidrBlockAssociationSet")[0].need("ipv6CidrBlock").unwrap();
    let block = block.replace("/56", "/64");
    let made = setup.ec2("CreateSubnet", tree! { "VpcId": setup.vpc(), "Ipv6CidrBlock": block, "Ipv6Native": true });
    let subnet = made.need("subnet.subnetId").unwrap().to_owned();
    let setup = setup.with("SubnetId", &subnet);
    assert_eq!(setup.fails("has IPv6 addresses alone"), Cause::NoIpv4 { subnet });
    let found = setup.ec2("DescribeInstances", tree! {});
    let instance = &found.list_at("reservationSet")[0].list_at("instancesSet")[0];
    assert!(!instance.has("privateIpAddress") && instance.has("ipv6Address"));
    let name = format!("{}.{REGION}.compute.internal", instance.need("instanceId").unwrap());
    assert_eq!(instance.need("privateDnsName"), Ok(name.as_str()));
}

#[test]
fn what_is_healed_joins_later() {
    let setup = setup();
    setup.eks("DeleteAccessEntry", tree! { "clusterName": "c", "principalArn": &setup.role });
    setup.fails("no access entry");
    let input = tree! { "clusterName": "c", "principalArn": &setup.role, "type": "EC2_LINUX" };
    setup.eks("CreateAccessEntry", input);
    setup.cloud.wait(Duration::from_secs(60));
    assert!(matches!(setup.now(), Verdict::Joined { .. }));
}
