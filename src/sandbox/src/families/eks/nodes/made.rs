//! What EKS makes for a managed group: a launch template, an instance profile, an Auto Scaling group, and a security
//! group for those who come in by SSH.

use std::collections::BTreeMap;

use super::{hooks, user_data};
use crate::facts::{Image, System};
use crate::families::autoscaling;
use crate::families::ec2::launch_template::Version;
use crate::families::ec2::security_group::{self, Direction, Peer};
use crate::families::ec2::{LaunchTemplate, Rule, SecurityGroup};
use crate::families::eks::node_group::newest_image;
use crate::families::eks::{Cluster, Issue, NodeGroup};
use crate::families::iam::InstanceProfile;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Returns the name of template and instance profile.
fn own_name(group: &NodeGroup) -> String {
    format!("eks-{}", group.uuid)
}

/// Returns the name of the security group for SSH.
pub fn remote_access_name(group: &NodeGroup) -> String {
    format!("eks-remoteAccess-{}", group.uuid)
}

/// Returns id and template that EKS has made for the group.
fn own_template<'a>(scope: &'a Scope<'_>, group: &NodeGroup) -> Option<(&'a str, &'a LaunchTemplate)> {
    scope.ec2().launch_template(None, Some(&own_name(group))).ok()
}

fn own_template_mut<'a>(scope: &'a mut Scope<'_>, group: &NodeGroup) -> Option<&'a mut LaunchTemplate> {
    let id = own_template(scope, group)?.0.to_owned();
    scope.ec2_mut().launch_templates.get_mut(&id)
}

/// Makes the instance profile, which holds the role.
pub fn profile(scope: &mut Scope<'_>, group: &NodeGroup) {
    let role = group.role_arn.rsplit('/').next().map(str::to_owned);
    let profile = InstanceProfile {
        id: scope.ids().iam("AIPA"),
        path: "/".to_owned(),
        created: scope.now,
        role,
        tags: BTreeMap::new(),
    };
    scope.iam_mut().instance_profiles.insert(own_name(group), profile);
}

/// Makes the security group for SSH, where remote access was asked for.
pub fn remote_access(scope: &mut Scope<'_>, cluster: &str, name: &str, group: &NodeGroup) {
    let Some(access) = group.remote_access.as_ref().filter(|access| access.has("ec2SshKey")) else { return };
    let Some(vpc_id) = scope.eks().cluster(cluster).ok().map(|cluster| cluster.vpc_id.clone()) else { return };
    let made = SecurityGroup {
        name: remote_access_name(group),
        description: "Security group for all nodes in the nodeGroup to allow SSH access".to_owned(),
        vpc_id,
    };
    let id = security_group::make(scope, made);
    let sources = access.texts("sourceSecurityGroups").into_iter().map(|id| Peer::Group(id.to_owned()));
    let mut sources: Vec<Peer> = sources.collect();
    if sources.is_empty() {
        sources.push(Peer::Ipv4("0.0.0.0/0".to_owned()));
    }
    for peer in sources {
        let rule = Rule { protocol: "tcp".to_owned(), ports: (22, 22), ..Rule::all(&id, Direction::Ingress, peer) };
        rule.enter(scope);
    }
    scope.ec2_mut().tag_new(
        &id,
        BTreeMap::from([
            ("eks".to_owned(), remote_access_name(group)),
            ("eks:nodegroup-name".to_owned(), name.to_owned()),
        ]),
    );
}

/// Makes a version of the template for a group as it is or will be, and the template with its first one.
///
/// # Errors
/// When what the group names cannot be used.
pub fn template(scope: &mut Scope<'_>, cluster: &str, name: &str, group: &NodeGroup) -> Result<(), Issue> {
    let Ok(owner) = scope.eks().cluster(cluster) else { return Ok(()) };
    let data = data(scope, owner, name, group)?;
    let now = scope.now;
    let role = scope.global_arn("sts", "assumed-role/AWSServiceRoleForAmazonEKSNodegroup/EKS");
    let version = Version { description: None, created: now, created_by: role.clone(), data };
    if let Some(template) = own_template_mut(scope, group) {
        let number = template.last_number + 1;
        template.versions.insert(number, version);
        (template.latest_version, template.last_number, template.default_version) = (number, number, number);
        return Ok(());
    }
    let made = LaunchTemplate {
        name: own_name(group),
        created: now,
        created_by: role,
        default_version: 1,
        latest_version: 1,
        last_number: 1,
        versions: BTreeMap::from([(1, version)]),
    };
    let id = scope.ids().ec2("lt");
    let store = scope.ec2_mut();
    store.launch_templates.insert(id.clone(), made);
    store.tag_new(&id, tags(cluster, name));
    Ok(())
}

fn tags(cluster: &str, name: &str) -> BTreeMap<String, String> {
    let pairs = [("eks:cluster-name", cluster), ("eks:nodegroup-name", name)];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Returns what is launched: what the template of the user says, and what EKS adds.
fn data(scope: &Scope<'_>, cluster: &Cluster, name: &str, group: &NodeGroup) -> Result<Tree, Issue> {
    let given = match &group.template {
        Some(used) => Some(given(scope, used)?),
        None => None,
    };
    let mut data = given.cloned().unwrap_or_else(Tree::object);
    data.set("IamInstanceProfile", tree! { "Name": own_name(group) });
    let image = if group.has_custom_image() { None } else { image(group) };
    if let Some(image) = image {
        data.set("ImageId", image.id(scope.region));
        let own = data.text("UserData").ok().flatten();
        let merged = user_data::merged(scope.region, cluster, name, group, image.system, own);
        let invalid = |message| Issue::new("Ec2LaunchTemplateInvalidConfiguration", message, [own_name(group)]);
        let merged = merged.map_err(invalid)?;
        data.set("UserData", merged);
    }
    if given.is_none() {
        machine(&mut data, group, image);
    }
    set_groups(scope, &mut data, cluster, group);
    set_tags(&mut data, &cluster.name, name);
    Ok(data)
}

fn given<'a>(scope: &'a Scope<'_>, used: &crate::families::eks::node_group::TemplateUse) -> Result<&'a Tree, Issue> {
    let template = scope.ec2().launch_templates.get(&used.id).ok_or_else(|| {
        let message = format!("The launch template {} does not exist.", used.id);
        Issue::new("SourceEc2LaunchTemplateNotFound", message, [used.id.clone()])
    })?;
    let number = template.number_of(Some(&used.version));
    let version = number.and_then(|number| template.versions.get(&number)).ok_or_else(|| {
        let message = format!("Version {} of the launch template {} does not exist.", used.version, used.id);
        Issue::new("Ec2LaunchTemplateVersionMismatch", message, [used.id.clone()])
    })?;
    Ok(&version.data)
}

fn image(group: &NodeGroup) -> Option<&'static Image> {
    // Releases of the table are those of one day; an earlier one has the same image here.
    newest_image(&group.ami_type, group.version.parse().ok()?)
}

/// What a group without a template says of its machines.
fn machine(data: &mut Tree, group: &NodeGroup, image: Option<&'static Image>) {
    let device = match image {
        Some(image) if image.system == System::Bottlerocket => "/dev/xvdb",
        Some(image) => image.root_device,
        None => "/dev/xvda",
    };
    let ebs = tree! { "VolumeSize": group.disk_gib, "VolumeType": "gp3", "DeleteOnTermination": true };
    data.set("BlockDeviceMapping", vec![tree! { "DeviceName": device, "Ebs": ebs }]);
    data.set("MetadataOptions", tree! { "HttpTokens": "required", "HttpPutResponseHopLimit": 2 });
    if let Some(key) = group.remote_access.as_ref().and_then(|access| access.at("ec2SshKey")) {
        data.set("KeyName", key);
    }
}

/// Groups that a template names replace those of EKS.
fn set_groups(scope: &Scope<'_>, data: &mut Tree, cluster: &Cluster, group: &NodeGroup) {
    if data.has("SecurityGroupId") || data.has("SecurityGroup") {
        return;
    }
    let remote = super::remote_access_group(scope, group);
    let own: Vec<String> = cluster.cluster_security_group_id.iter().cloned().chain(remote).collect();
    let interfaces = data.list_at("NetworkInterface");
    if interfaces.is_empty() {
        data.set("SecurityGroupId", own);
        return;
    }
    let filled = interfaces.iter().map(|interface| {
        let has_groups = !interface.texts("SecurityGroupId").is_empty();
        if has_groups { interface.clone() } else { interface.clone().with("SecurityGroupId", own.clone()) }
    });
    let filled: Vec<Tree> = filled.collect();
    data.set("NetworkInterface", filled);
}

fn set_tags(data: &mut Tree, cluster: &str, name: &str) {
    let mut specifications = data.list_at("TagSpecification").to_vec();
    let own = tags(cluster, name).into_iter().map(|(key, value)| tree! { "Key": key, "Value": value });
    let own: Vec<Tree> = own.collect();
    for kind in ["instance", "volume", "network-interface"] {
        let is_it = |specification: &&mut Tree| specification.text("ResourceType") == Ok(Some(kind));
        match specifications.iter_mut().find(is_it) {
            // Interfaces get tags only where the template of the user gives them some.
            None if kind == "network-interface" => {}
            Some(specification) => {
                let all: Vec<Tree> = specification.list_at("Tag").iter().chain(&own).cloned().collect();
                specification.set("Tag", all);
            }
            None => specifications.push(tree! { "ResourceType": kind, "Tag": own.clone() }),
        }
    }
    data.set("TagSpecification", specifications);
}

/// Returns what the group launches, as Auto Scaling reads it.
pub fn launched(scope: &Scope<'_>, group: &NodeGroup) -> Tree {
    let version = own_template(scope, group).map_or(1, |(_, template)| template.default_version);
    let specification = tree! { "LaunchTemplateName": own_name(group), "Version": version.to_string() };
    if group.capacity_type == "CAPACITY_BLOCK" {
        return tree! { "LaunchTemplate": specification };
    }
    let is_spot = group.capacity_type == "SPOT";
    let overrides: Vec<Tree> = group.instance_types.iter().map(|name| tree! { "InstanceType": name }).collect();
    let template = tree! {
        "LaunchTemplateSpecification": specification,
        "Overrides": (!overrides.is_empty()).then_some(overrides),
    };
    let distribution = tree! {
        "OnDemandAllocationStrategy": "prioritized",
        "OnDemandPercentageAboveBaseCapacity": if is_spot { 0 } else { 100 },
        "SpotAllocationStrategy": if is_spot { "price-capacity-optimized" } else { "lowest-price" },
    };
    tree! { "MixedInstancesPolicy": tree! { "LaunchTemplate": template, "InstancesDistribution": distribution } }
}

/// Returns the request for the Auto Scaling group.
fn group_input(scope: &Scope<'_>, cluster: &str, name: &str, group: &NodeGroup) -> Tree {
    let asg = group.auto_scaling_group(name);
    let tags = [
        ("eks:cluster-name".to_owned(), cluster),
        ("eks:nodegroup-name".to_owned(), name),
        (format!("kubernetes.io/cluster/{cluster}"), "owned"),
        ("k8s.io/cluster-autoscaler/enabled".to_owned(), "true"),
        (format!("k8s.io/cluster-autoscaler/{cluster}"), "owned"),
    ];
    let tags = tags.into_iter().map(|(key, value)| {
        tree! {
            "ResourceId": &asg,
            "ResourceType": "auto-scaling-group",
            "Key": key,
            "Value": value,
            "PropagateAtLaunch": true,
        }
    });
    let mut input = launched(scope, group);
    for (member, value) in [
        ("AutoScalingGroupName", Tree::from(&asg)),
        ("MinSize", group.scaling.min.into()),
        ("MaxSize", group.scaling.max.into()),
        ("DesiredCapacity", group.scaling.desired.into()),
        ("VPCZoneIdentifier", group.subnet_ids.join(",").into()),
        ("HealthCheckGracePeriod", 15.into()),
        ("CapacityRebalance", (group.capacity_type == "SPOT").into()),
        ("TerminationPolicies", vec!["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"].into()),
        ("Tags", Tree::list(tags)),
        ("LifecycleHookSpecificationList", hooks::specifications(scope)),
    ] {
        input.set(member, value);
    }
    input
}

/// Makes the Auto Scaling group, with its metrics collected, and its warm pool.
///
/// # Errors
/// When it is refused.
pub fn auto_scaling_group(scope: &mut Scope<'_>, cluster: &str, name: &str, group: &NodeGroup) -> Result<(), Fault> {
    let input = group_input(scope, cluster, name, group);
    autoscaling::make(scope, &input)?;
    let metrics = tree! { "AutoScalingGroupName": group.auto_scaling_group(name), "Granularity": "1Minute" };
    autoscaling::enable_metrics(scope, &metrics)?;
    warm_pool(scope, name, group)
}

/// Gives the Auto Scaling group the warm pool that its group has, or takes it away.
///
/// # Errors
/// When it is refused.
pub fn warm_pool(scope: &mut Scope<'_>, name: &str, group: &NodeGroup) -> Result<(), Fault> {
    let mut input = tree! { "AutoScalingGroupName": group.auto_scaling_group(name) };
    let Some(config) = group.warm_pool.as_ref().filter(|config| config.bool("enabled") == Ok(Some(true))) else {
        // There may be none.
        _ = autoscaling::delete_warm_pool(scope, &input.with("ForceDelete", true));
        return Ok(());
    };
    for (member, path) in [("MinSize", "minSize"), ("MaxGroupPreparedCapacity", "maxGroupPreparedCapacity")] {
        input.set(member, config.at(path).cloned().unwrap_or_default());
    }
    let state = match config.text("poolState")? {
        Some("RUNNING") => "Running",
        Some("HIBERNATED") => "Hibernated",
        _ => "Stopped",
    };
    input.set("PoolState", state);
    let reuses = config.bool("reuseOnScaleIn")?;
    input.set("InstanceReusePolicy", reuses.map(|reuses| tree! { "ReuseOnScaleIn": reuses }));
    autoscaling::put_warm_pool(scope, &input).map(drop)
}

/// Takes everything away but the Auto Scaling group, which goes by itself.
pub fn remove(scope: &mut Scope<'_>, group: &NodeGroup) {
    scope.iam_mut().instance_profiles.remove(&own_name(group));
    let remote = super::remote_access_group(scope, group);
    let template = own_template(scope, group).map(|(id, _)| id.to_owned());
    let store = scope.ec2_mut();
    if let Some(id) = template {
        store.launch_templates.remove(&id);
        store.tags.remove(&id);
    }
    if let Some(id) = remote {
        store.remove_group(&id);
    }
}

/// Returns the number of the template's version that nodes are launched from.
pub fn version(scope: &Scope<'_>, group: &NodeGroup) -> u64 {
    own_template(scope, group).map_or(0, |(_, template)| template.default_version)
}

/// Lets nodes be launched from an earlier version again.
pub fn go_back(scope: &mut Scope<'_>, group: &NodeGroup, version: u64) {
    if let Some(template) = own_template_mut(scope, group) {
        template.default_version = version;
    }
}
