//! `aws_launch_template`: what instances are launched with, in versions that never change.

mod data;
mod machine;
mod market;
mod network;
mod options;
mod secondary_interface;
mod storage;
#[cfg(test)]
mod tests;

use aws_sdk_ec2::types::{LaunchTemplate as Remote, LaunchTemplateVersion, ResourceType, ResponseLaunchTemplateData};
use landfall_provider::value::{Type, Value};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, within,
};

use crate::client::Aws;
use crate::ec2::instance_requirements::InstanceRequirements;
use crate::ec2::tags::{retag, specification};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::names::{drawn, prefix_of};
use crate::planning::{at, is_true_at, is_unknown_at};
use crate::tags::from_service;
use machine::{CpuOptions, MaintenanceOptions, MetadataOptions, NetworkPerformance, Placement, PrivateDnsNameOptions};
use market::{CapacityReservation, CreditSpecification, MarketOptions};
use network::NetworkInterface;
use options::{EnclaveOptions, HibernationOptions, InstanceProfile, License, Monitoring, TagSpecification};
use secondary_interface::SecondaryInterface;
use storage::BlockDeviceMapping;

const GONE: &[Fault] = &[
    fault("InvalidLaunchTemplateId.Malformed"),
    fault("InvalidLaunchTemplateId.NotFound"),
    fault("InvalidLaunchTemplateName.NotFoundException"),
];
/// A version made a moment ago, or a template.
const NOT_VISIBLE_YET: &[Fault] = &[
    fault("InvalidLaunchTemplateId.VersionNotFound"),
    fault("InvalidLaunchTemplateId.NotFound").of("CreateLaunchTemplateVersion"),
    fault("InvalidLaunchTemplateId.NotFound").of("ModifyLaunchTemplate"),
];
/// Attributes that are no part of a version.
const NOT_IN_A_VERSION: &[&str] = &[
    "arn",
    "default_version",
    "id",
    "latest_version",
    "name",
    "name_prefix",
    "region",
    "tags",
    "tags_all",
    "update_default_version",
];
/// Number of the version that a new template has.
const FIRST_VERSION: i64 = 1;

/// What instances are launched with, in versions that never change.
pub struct LaunchTemplate;

/// What a user may write.
#[derive(Args, Clone, Default, PartialEq)]
pub struct LaunchTemplateArgs {
    /// Name.
    #[arg(
        replace,
        min_len = 3,
        max_len = 99,
        pattern(r"^[0-9A-Za-z()./_\-]+$", "must be letters, digits and ( ) . / _ -"),
        conflicts("name_prefix")
    )]
    name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(
        replace,
        min_len = 3,
        max_len = 99,
        pattern(r"^[0-9A-Za-z()./_\-]+$", "must be letters, digits and ( ) . / _ -")
    )]
    name_prefix: Filled<String>,
    /// Version that is used where none is named.
    #[arg(min = 1, conflicts("update_default_version"))]
    default_version: Filled<i64>,
    /// Makes each new version the default.
    #[arg(optional)]
    update_default_version: bool,
    /// Description of the version.
    #[arg(max_len = 255)]
    description: Option<String>,
    /// Keeps instances from being stopped by the API.
    #[arg(optional)]
    disable_api_stop: bool,
    /// Keeps instances from being terminated by the API.
    #[arg(optional)]
    disable_api_termination: bool,
    /// Bandwidth of its own for volumes.
    #[arg(format(nullable_bool), equivalent(scalar))]
    ebs_optimized: Option<String>,
    /// Image.
    image_id: Option<String>,
    /// What a shutdown from inside does.
    #[arg(one_of("stop", "terminate"))]
    instance_initiated_shutdown_behavior: Option<String>,
    /// Type of the instances.
    #[arg(conflicts("instance_requirements"))]
    instance_type: Option<String>,
    /// Kernel.
    kernel_id: Option<String>,
    /// Key pair.
    key_name: Option<String>,
    /// RAM disk.
    ram_disk_id: Option<String>,
    /// Security groups by name.
    #[arg(optional, conflicts("vpc_security_group_ids"))]
    security_group_names: Set<String>,
    /// User data in Base64.
    user_data: Option<String>,
    /// Security groups.
    #[arg(optional)]
    vpc_security_group_ids: Set<String>,
    /// Devices.
    #[arg(block)]
    block_device_mappings: Vec<BlockDeviceMapping>,
    /// Use of reserved capacity.
    #[arg(block)]
    capacity_reservation_specification: Option<CapacityReservation>,
    /// Processor.
    #[arg(block)]
    cpu_options: Option<CpuOptions>,
    /// What happens when saved-up computing time is used up.
    #[arg(block)]
    credit_specification: Option<CreditSpecification>,
    /// Enclaves.
    #[arg(block)]
    enclave_options: Option<EnclaveOptions>,
    /// Hibernation.
    #[arg(block)]
    hibernation_options: Option<HibernationOptions>,
    /// Role.
    #[arg(block)]
    iam_instance_profile: Option<InstanceProfile>,
    /// Market.
    #[arg(block)]
    instance_market_options: Option<MarketOptions>,
    /// What types of instances must have.
    #[arg(block)]
    instance_requirements: Option<InstanceRequirements>,
    /// Licences.
    #[arg(block)]
    license_specification: Set<License>,
    /// Recovery.
    #[arg(block)]
    maintenance_options: Option<MaintenanceOptions>,
    /// Metadata service.
    #[arg(block)]
    metadata_options: Filled<MetadataOptions>,
    /// Measurements every minute.
    #[arg(block)]
    monitoring: Option<Monitoring>,
    /// Network interfaces.
    #[arg(block)]
    network_interfaces: Vec<NetworkInterface>,
    /// Share of network and volumes in the bandwidth.
    #[arg(block)]
    network_performance_options: Option<NetworkPerformance>,
    /// Where instances run.
    #[arg(block)]
    placement: Option<Placement>,
    /// Host names.
    #[arg(block)]
    private_dns_name_options: Option<PrivateDnsNameOptions>,
    /// Interfaces in secondary networks.
    #[arg(block)]
    secondary_interfaces: Vec<SecondaryInterface>,
    /// Tags of what is launched.
    #[arg(block)]
    tag_specifications: Vec<TagSpecification>,
    /// Tags of the template.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct LaunchTemplateAttrs {
    /// ARN.
    arn: String,
    /// Number of the newest version.
    latest_version: i64,
}

impl Resource for LaunchTemplate {
    type Args = LaunchTemplateArgs;
    type Attrs = LaunchTemplateAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_launch_template";
    const CREATE_REPEATS: bool = true;
    const VERSION: u64 = 1;
    const TIMING: Timing = Timing::new();
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        if planned.is_create() {
            plan_first_version(planned, &mut overrides);
        } else {
            plan_next_version(planned, &mut overrides);
        }
        overrides
    }

    async fn create(aws: &Aws, args: &LaunchTemplateArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .ec2()
            .create_launch_template()
            .launch_template_name(drawn(&args.name, &args.name_prefix, token))
            .set_version_description(args.description.clone())
            .launch_template_data(data::request(args)?)
            .set_tag_specifications(specification(ResourceType::LaunchTemplate, &args.tags.all)?)
            .client_token(token)
            .send()
            .await
            .answer()?;
        let id = answer.launch_template.and_then(|template| template.launch_template_id);
        Ok(Created::with_id(id.ok_or_else(|| incomplete("CreateLaunchTemplate", "id of the template"))?))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let templates = aws.ec2().describe_launch_templates().launch_template_ids(known.id());
        let Some(answer) = templates.send().await.answer().unless(GONE)? else { return Ok(Observed::Gone) };
        let Some(template) = answer.launch_templates().first() else { return Ok(Observed::Gone) };
        let latest = template.latest_version_number.unwrap_or(FIRST_VERSION).to_string();
        let versions = aws.ec2().describe_launch_template_versions().launch_template_id(known.id()).versions(latest);
        let Some(answer) = versions.send().await.answer().unless(GONE)? else { return Ok(Observed::Gone) };
        let version = answer.launch_template_versions().first();
        let version = version.ok_or_else(|| incomplete("DescribeLaunchTemplateVersions", "newest version"))?;
        Ok(observed(aws, known, template, version))
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        let mut latest = there.attrs.latest_version;
        if change.wants_unless(there, is_same_version) {
            latest = create_version(aws, &there.id, planned).await?;
        }
        let default = if planned.update_default_version {
            let is_new = latest != there.attrs.latest_version || change.of(|args| &args.update_default_version);
            is_new.then_some(latest)
        } else {
            planned.default_version.to_option().filter(|_| change.wants(there, |args| &args.default_version))
        };
        if let Some(number) = default.filter(|number| there.args.default_version.get() != Some(number)) {
            let request = aws.ec2().modify_launch_template().launch_template_id(&there.id);
            request.default_version(number.to_string()).send().await.answer()?;
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let request = aws.ec2().delete_launch_template().launch_template_id(&there.id);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        is_one_of(error, NOT_VISIBLE_YET).then(|| within("30s"))
    }
}

fn plan_first_version(planned: &Planned<'_>, overrides: &mut Overrides) {
    overrides.set("latest_version", FIRST_VERSION);
    match at(planned.config, "default_version").and_then(Value::as_number) {
        Some(number) if number.to_i64() != Some(FIRST_VERSION) => {
            overrides.error("default_version", "a new launch template has version 1 and no other");
        }
        Some(_) => {}
        None if is_unknown_at(planned.config, "default_version") => {}
        None => overrides.set("default_version", FIRST_VERSION),
    }
}

/// A change of anything that a version holds makes a new one. Others may have made versions since: its number is not
/// known.
fn plan_next_version(planned: &Planned<'_>, overrides: &mut Overrides) {
    let names = planned.proposed.as_map().into_iter().flatten().map(|(name, _)| &**name);
    let makes_version = names.filter(|name| !NOT_IN_A_VERSION.contains(name)).any(|name| planned.changes(name));
    let follows = is_true_at(planned.proposed, "update_default_version");
    if makes_version {
        overrides.set("latest_version", Value::unknown(Type::Number));
    }
    if follows && (makes_version || planned.changes("update_default_version")) {
        overrides.set("default_version", Value::unknown(Type::Number));
    }
}

fn is_same_version(one: &LaunchTemplateArgs, other: &LaunchTemplateArgs) -> bool {
    let one = LaunchTemplateArgs {
        name: other.name.clone(),
        name_prefix: other.name_prefix.clone(),
        default_version: other.default_version.clone(),
        update_default_version: other.update_default_version,
        tags: other.tags.clone(),
        ..one.clone()
    };
    one == *other
}

/// Makes a version and returns its number.
async fn create_version(aws: &Aws, id: &str, args: &LaunchTemplateArgs) -> CallResult<i64> {
    let answer = aws
        .ec2()
        .create_launch_template_version()
        .launch_template_id(id)
        .set_version_description(args.description.clone())
        .launch_template_data(data::request(args)?)
        .send()
        .await
        .answer()?;
    let number = answer.launch_template_version.and_then(|version| version.version_number);
    number.ok_or_else(|| incomplete("CreateLaunchTemplateVersion", "number of the version"))
}

fn observed(
    aws: &Aws,
    known: &Known<LaunchTemplate>,
    template: &Remote,
    version: &LaunchTemplateVersion,
) -> Observed<LaunchTemplate> {
    let carried = known.args();
    let name = template.launch_template_name.clone().unwrap_or_default();
    let args = LaunchTemplateArgs {
        name_prefix: prefix_of(&name),
        name: name.into(),
        default_version: template.default_version_number.into(),
        update_default_version: carried.is_some_and(|args| args.update_default_version),
        description: version.version_description.clone().filter(|text| !text.is_empty()),
        tags: aws.tag_rules().observed(from_service(template.tags()), carried.map(|args| &args.tags)),
        ..LaunchTemplateArgs::default()
    };
    let empty = ResponseLaunchTemplateData::builder().build();
    let data = version.launch_template_data.as_ref().unwrap_or(&empty);
    let attrs = LaunchTemplateAttrs {
        arn: aws.arn("ec2", format!("launch-template/{}", known.id())),
        latest_version: template.latest_version_number.unwrap_or(FIRST_VERSION),
    };
    let args = data::observed(data, carried, args);
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase: Phase::Ready, object }
}
