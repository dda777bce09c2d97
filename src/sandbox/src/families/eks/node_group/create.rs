//! CreateNodegroup.

use super::super::cluster::one_of;
use super::super::nodes::{self, Template};
use super::super::token::Token;
use super::super::versions::{self, Minor};
use super::super::{About, Cluster, access_entry, outside, tags};
use super::{FIRST_CHECK, NodeGroup, Scaling, Status, TemplateUse, answer, checks, images};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Members of CreateNodegroup.
pub const MEMBERS: &[&str] = &[
    "clusterName",
    "nodegroupName",
    "scalingConfig",
    "diskSize",
    "subnets",
    "instanceTypes",
    "amiType",
    "remoteAccess",
    "nodeRole",
    "labels",
    "taints",
    "tags",
    "clientRequestToken",
    "launchTemplate",
    "updateConfig",
    "nodeRepairConfig",
    "capacityType",
    "version",
    "releaseVersion",
    "warmPoolConfig",
];

/// How many groups a cluster may have.
const MOST: usize = 30;
/// Sizes of groups that ask for none.
const USUAL: Scaling = Scaling { min: 1, max: 2, desired: 2 };

pub fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, checks::name(input)?);
    let about = About::node_group(cluster_name, name);
    let cluster = scope.eks().cluster(cluster_name)?;
    cluster.check_active()?;
    if let Some(existing) = cluster.node_groups.get(name) {
        if existing.token.is_repeated_by(input)? {
            return answer(scope, cluster_name, name);
        }
        let message = format!("NodeGroup already exists with name {name} and cluster name {cluster_name}");
        return Err(about.in_use(message));
    }
    let most = scope.limit("node-groups-per-cluster", MOST);
    if cluster.node_groups.len() >= most {
        return Err(about.limit(format!("A cluster can have at most {most} node groups")));
    }
    let mut group = checked(scope, about, cluster, input)?;
    let tags = tags::given(input)?;
    group.uuid = scope.ids().uuid();
    group.arn = scope.arn("eks", &format!("nodegroup/{cluster_name}/{name}/{}", group.uuid));
    group.token = Token::of(input);
    group.is_doomed = scope.strikes("node-group-failed");
    let (role_arn, entry_type) = (group.role_arn.clone(), group.entry_type());
    let store = scope.eks_mut();
    store.tags.insert(group.arn.clone(), tags);
    store.cluster_mut(cluster_name)?.node_groups.insert(name.to_owned(), group);
    outside::ensure_service_linked_role(scope, "eks-nodegroup.amazonaws.com");
    access_entry::ensure(scope, cluster_name, &role_arn, entry_type, &[]);
    nodes::launch(scope, cluster_name, name);
    scope.later(FIRST_CHECK, "eks.node-group-check", &format!("{cluster_name}/{name}"));
    answer(scope, cluster_name, name)
}

/// Returns the group that a request asks for; its ids are still to come.
fn checked(scope: &Scope<'_>, about: About<'_>, cluster: &Cluster, input: &Tree) -> Result<NodeGroup, Fault> {
    let role_arn = input.need("nodeRole")?;
    let subnet_ids = checks::subnets(scope, about, cluster, input)?;
    checks::role(scope, about, cluster, role_arn)?;
    let template = match input.at("launchTemplate") {
        Some(given) => Some(checked_template(scope, about, given, input)?),
        None => None,
    };
    let image = Image::read(about, cluster, template.as_ref(), input)?;
    let capacity = one_of(about, input, "capacityType", &["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"])?;
    if capacity == Some("SPOT") && input.bool("warmPoolConfig.enabled")? == Some(true) {
        return Err(about.invalid_parameter("A warm pool cannot be configured for capacity type SPOT"));
    }
    let disk_gib = input.int("diskSize")?;
    if disk_gib.is_some_and(|size| size < 1) {
        return Err(about.invalid_parameter("diskSize must be at least 1"));
    }
    let remote_access = input.at("remoteAccess").cloned();
    if remote_access.as_ref().is_some_and(|access| access.has("sourceSecurityGroups") && !access.has("ec2SshKey")) {
        return Err(about.invalid_parameter("sourceSecurityGroups can only be specified with an ec2SshKey"));
    }
    if let Some(key) = input.text("remoteAccess.ec2SshKey")?.filter(|key| scope.ec2().key_pair(key).is_err()) {
        return Err(about.invalid_parameter(format!("KeyPair {key} not found")));
    }
    let scaling = Scaling::of_new(about, input.at("scalingConfig"), USUAL)?;
    let update_config = checks::update_config(about, input.at("updateConfig"))?;
    if update_config.int("maxUnavailable")?.is_some_and(|count| count > scaling.max) {
        let message = "max-unavailable must be within the range 1 and max size of the node group";
        return Err(about.invalid_parameter(message));
    }
    let usual_disk = if template.is_none() { Some(images::usual_disk_gib(&image.ami_type)) } else { None };
    Ok(NodeGroup {
        arn: String::new(),
        uuid: String::new(),
        created: scope.now,
        modified: scope.now,
        status: Status::Creating,
        issues: Vec::new(),
        version: image.version.to_string(),
        release: image.release,
        role_arn: role_arn.to_owned(),
        subnet_ids,
        instance_types: image.instance_types,
        capacity_type: capacity.unwrap_or("ON_DEMAND").to_owned(),
        ami_type: image.ami_type,
        disk_gib: disk_gib.or(usual_disk),
        scaling,
        labels: checks::labels(about, input.text_map("labels"))?,
        taints: checks::taints(about, input.list_at("taints"))?,
        template: template.map(|template| TemplateUse {
            id: template.id,
            name: template.name,
            version: template.version,
        }),
        remote_access,
        update_config,
        repair_config: input.at("nodeRepairConfig").cloned(),
        warm_pool: input.at("warmPoolConfig").cloned(),
        launch_failure: None,
        roll: None,
        token: Token::default(),
        is_doomed: false,
    })
}

/// Returns the launch template, which fits the rest of the request.
fn checked_template(scope: &Scope<'_>, about: About<'_>, given: &Tree, input: &Tree) -> Result<Template, Fault> {
    let template = template(scope, about, given)?;
    let refuse = |message: &str| Err(about.invalid_parameter(message));
    if input.has("diskSize") {
        return refuse("Disk size must be specified within the launch template.");
    }
    if input.has("remoteAccess") {
        return refuse("Remote access configuration cannot be specified with a launch template.");
    }
    if template.instance_type.is_some() && !input.list_at("instanceTypes").is_empty() {
        return refuse("Instance types can be specified in the launch template or in the request, but not in both.");
    }
    if template.image_id.is_some() {
        for member in ["version", "releaseVersion"] {
            if input.has(member) {
                return refuse(&format!("You cannot specify the field {member} when using custom AMIs."));
            }
        }
        if input.text("amiType")?.is_some_and(|name| name != "CUSTOM") {
            return refuse(
                "You cannot specify an amiType other than CUSTOM, when specifying an image id in your launch template.",
            );
        }
    }
    Ok(template)
}

/// Returns the launch template that a request names.
pub fn template(scope: &Scope<'_>, about: About<'_>, given: &Tree) -> Result<Template, Fault> {
    match (given.text("id")?, given.text("name")?) {
        (Some(_), Some(_)) => {
            return Err(about.invalid_parameter(
                "You must specify either a launch template ID or a launch template name, not both.",
            ));
        }
        (None, None) => {
            return Err(about.invalid_parameter("You must specify a launch template ID or a launch template name."));
        }
        _ => {}
    }
    let template = nodes::template(scope, about, given)?;
    match template.forbidden {
        Some(what) => {
            Err(about.invalid_parameter(format!("Launch template {} should not specify {what}", template.id)))
        }
        None => Ok(template),
    }
}

/// What runs on the nodes, and on what they run.
struct Image {
    version: Minor,
    release: String,
    ami_type: String,
    instance_types: Vec<String>,
}

impl Image {
    fn read(about: About<'_>, cluster: &Cluster, template: Option<&Template>, input: &Tree) -> Result<Self, Fault> {
        let version: Minor = cluster.version.parse().unwrap_or(Minor(0));
        if let Some(other) = input.text("version")?.filter(|other| *other != cluster.version) {
            let message = format!("Requested kubernetes version {other} is not that of the cluster, {version}");
            return Err(about.invalid_parameter(message));
        }
        let custom = template.and_then(|template| template.image_id.clone());
        let of_template = template.and_then(|template| template.instance_type.clone());
        let mut instance_types = checks::instance_types(about, input)?;
        let asked = one_of(about, input, "amiType", &images::TYPES)?;
        if instance_types.is_empty() && of_template.is_none() {
            let is_arm = asked.is_some_and(|name| name.contains("ARM_64"));
            instance_types.push(if is_arm { "t4g.medium" } else { "t3.medium" }.to_owned());
        }
        let all: Vec<_> = instance_types.iter().cloned().chain(of_template).collect();
        let ami_type = match (&custom, asked) {
            (Some(_), _) => "CUSTOM",
            (None, Some("CUSTOM")) => {
                let message = "An image id must be specified in the launch template when amiType is CUSTOM";
                return Err(about.invalid_parameter(message));
            }
            (None, Some(name)) => name,
            (None, None) => images::usual(version, &all),
        };
        if !images::is_made_for(ami_type, version) {
            let message = format!("AMI Type {ami_type} is only supported for kubernetes versions 1.32 or earlier");
            return Err(about.invalid_parameter(message));
        }
        checks::image(about, ami_type, &all)?;
        let release = match custom {
            Some(image_id) => image_id,
            None => release(about, ami_type, version, input.text("releaseVersion")?)?,
        };
        Ok(Self { version, release, ami_type: ami_type.to_owned(), instance_types })
    }
}

/// Returns a release of images, or the newest one where none is asked for.
pub fn release(about: About<'_>, ami_type: &str, version: Minor, asked: Option<&str>) -> Result<String, Fault> {
    let has_number_of_version = ami_type.starts_with("AL2");
    let newest = versions::node_release(version).unwrap_or("");
    match asked {
        Some(release) if has_number_of_version && !release.starts_with(&format!("{version}.")) => {
            let message = format!("Requested release version {release} is not valid for kubernetes version {version}.");
            Err(about.invalid_parameter(message))
        }
        Some(release) => Ok(release.to_owned()),
        None => {
            let image = images::newest(ami_type, version).and_then(|image| image.release.clone());
            Ok(image.unwrap_or_else(|| newest.to_owned()))
        }
    }
}
