//! `aws_instance`: a virtual machine.

mod devices;
mod interfaces;
mod launch;
mod market;
mod observe;
mod options;
mod plan;
mod restart;
mod template;
#[cfg(test)]
mod tests;
mod update;
mod volumes;

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, usually, within,
};

use crate::client::Aws;
use crate::convert::from_base64;
use crate::describe::{VALUES_PER_FILTER, only};
use crate::ec2::fresh::not_visible_yet;
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::tags::TagMap;
use devices::{EbsBlockDevice, EphemeralBlockDevice, RootBlockDevice};
use interfaces::{NetworkInterface, PrimaryNetworkInterface, SecondaryNetworkInterface};
use market::MarketOptions;
use options::{
    CapacityReservation, CpuOptions, CreditSpecification, EnclaveOptions, MaintenanceOptions, MetadataOptions,
    PrivateDnsNameOptions,
};
use template::LaunchTemplate;

const GONE: &[Fault] = &[fault("InvalidInstanceID.NotFound")];
const SPOT_REQUEST_GONE: &[Fault] = &[fault("InvalidSpotInstanceRequestID.NotFound")];
/// A profile that IAM has not spread yet.
const PROFILE_NOT_READY: &[Fault] = &[fault("InvalidParameterValue").saying("Invalid IAM Instance Profile")];
/// Capacity of a reservation that is not ready yet.
const CAPACITY_NOT_READY: &[Fault] =
    &[fault("InvalidParameterValue").saying("LaunchPlan instance type does not match attribute value")];

/// A virtual machine.
pub struct Instance;

/// What a user may write.
#[derive(Args, Clone, Default)]
pub struct InstanceArgs {
    /// Image.
    #[arg(replace, at_least_one("launch_template"))]
    ami: Filled<String>,
    /// Public IPv4 address.
    #[arg(replace)]
    associate_public_ip_address: Filled<bool>,
    /// Zone.
    #[arg(replace)]
    availability_zone: Filled<String>,
    /// Keeps the instance from being stopped by the API.
    disable_api_stop: Filled<bool>,
    /// Keeps the instance from being terminated by the API.
    disable_api_termination: Filled<bool>,
    /// Bandwidth of its own for volumes.
    #[arg(replace)]
    ebs_optimized: Filled<bool>,
    /// Whether the first IPv6 address is the primary one.
    enable_primary_ipv6: Filled<bool>,
    /// Lifts protection before the instance is terminated.
    #[arg(default = false)]
    force_destroy: bool,
    /// Waits for the password of a Windows instance and reads it.
    #[arg(default = false)]
    get_password_data: bool,
    /// Whether the instance can hibernate.
    #[arg(replace, optional)]
    hibernation: bool,
    /// Dedicated host.
    #[arg(replace)]
    host_id: Filled<String>,
    /// Group of dedicated hosts.
    #[arg(conflicts("placement_group", "placement_group_id"))]
    host_resource_group_arn: Filled<String>,
    /// Role, by the name of its profile.
    iam_instance_profile: Filled<String>,
    /// What a shutdown from inside does.
    instance_initiated_shutdown_behavior: Filled<String>,
    /// Type.
    #[arg(at_least_one("launch_template"))]
    instance_type: Filled<String>,
    /// IPv6 addresses, by number.
    #[arg(conflicts("ipv6_addresses"))]
    ipv6_address_count: Filled<i32>,
    /// IPv6 addresses.
    #[arg(each(format(ipv6)))]
    ipv6_addresses: Filled<Vec<String>>,
    /// Key pair.
    #[arg(replace)]
    key_name: Filled<String>,
    /// Measurements every minute.
    monitoring: Filled<bool>,
    /// Placement group by name.
    #[arg(replace, conflicts("placement_group_id"))]
    placement_group: Filled<String>,
    /// Placement group by id.
    #[arg(replace)]
    placement_group_id: Filled<String>,
    /// Partition of the placement group.
    #[arg(replace)]
    placement_partition_number: Filled<i32>,
    /// Primary private IPv4 address.
    #[arg(replace, format(ipv4))]
    private_ip: Filled<String>,
    /// Further private IPv4 addresses.
    #[arg(each(format(ipv4)))]
    secondary_private_ips: Filled<Set<String>>,
    /// Security groups by name, in a default VPC.
    #[arg(replace)]
    security_groups: Filled<Set<String>>,
    /// Whether traffic is only for the instance itself.
    #[arg(default = true)]
    source_dest_check: bool,
    /// Subnet.
    #[arg(replace)]
    subnet_id: Filled<String>,
    /// Whether the hardware is shared.
    #[arg(replace, one_of("default", "dedicated", "host"))]
    tenancy: Filled<String>,
    /// User data as text.
    #[arg(max_len = 16384, equivalent(base64), conflicts("user_data_base64"))]
    user_data: Option<String>,
    /// User data in Base64, for what is no text.
    #[arg(format(base64))]
    user_data_base64: Filled<String>,
    /// Replaces the instance when its user data change.
    #[arg(default = false)]
    user_data_replace_on_change: bool,
    /// Tags of all volumes.
    #[arg(conflicts("root_block_device.tags", "ebs_block_device.tags"))]
    volume_tags: Option<TagMap>,
    /// Security groups.
    vpc_security_group_ids: Filled<Set<String>>,
    /// Use of reserved capacity.
    #[arg(block)]
    capacity_reservation_specification: Filled<CapacityReservation>,
    /// Processor.
    #[arg(block)]
    cpu_options: Filled<CpuOptions>,
    /// What happens when saved-up computing time is used up.
    #[arg(block)]
    credit_specification: Option<CreditSpecification>,
    /// Volumes beside the root volume.
    #[arg(block)]
    ebs_block_device: Filled<Set<EbsBlockDevice>>,
    /// Enclaves.
    #[arg(block)]
    enclave_options: Filled<EnclaveOptions>,
    /// Disks of the machine.
    #[arg(block, replace)]
    ephemeral_block_device: Filled<Set<EphemeralBlockDevice>>,
    /// Market.
    #[arg(block, replace)]
    instance_market_options: Filled<MarketOptions>,
    /// Template.
    #[arg(block, replace)]
    launch_template: Option<LaunchTemplate>,
    /// Recovery.
    #[arg(block)]
    maintenance_options: Filled<MaintenanceOptions>,
    /// Metadata service.
    #[arg(block)]
    metadata_options: Filled<MetadataOptions>,
    /// Interfaces that exist.
    #[arg(
        block,
        conflicts(
            "associate_public_ip_address",
            "enable_primary_ipv6",
            "ipv6_addresses",
            "ipv6_address_count",
            "primary_network_interface",
            "private_ip",
            "secondary_private_ips",
            "security_groups",
            "source_dest_check",
            "subnet_id",
            "vpc_security_group_ids"
        )
    )]
    network_interface: Filled<Set<NetworkInterface>>,
    /// The first interface, where it exists before the instance.
    #[arg(
        block,
        conflicts(
            "associate_public_ip_address",
            "enable_primary_ipv6",
            "ipv6_addresses",
            "ipv6_address_count",
            "private_ip",
            "secondary_private_ips",
            "security_groups",
            "source_dest_check",
            "subnet_id",
            "vpc_security_group_ids"
        )
    )]
    primary_network_interface: Filled<PrimaryNetworkInterface>,
    /// Host names.
    #[arg(block, replace)]
    private_dns_name_options: Filled<PrivateDnsNameOptions>,
    /// Root volume.
    #[arg(block)]
    root_block_device: Filled<RootBlockDevice>,
    /// Interfaces in secondary networks.
    #[arg(block)]
    secondary_network_interface: Filled<Set<SecondaryNetworkInterface>>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct InstanceAttrs {
    /// ARN.
    arn: String,
    /// `spot` and the like; empty for an on-demand instance.
    instance_lifecycle: String,
    /// What the instance is doing.
    instance_state: String,
    /// Outpost that it runs on.
    outpost_arn: String,
    /// Encrypted password.
    password_data: String,
    /// First network interface.
    primary_network_interface_id: String,
    /// Name inside the VPC.
    private_dns: String,
    /// Name in the public DNS.
    public_dns: String,
    /// Public IPv4 address.
    public_ip: String,
    /// Request that the spot instance fulfils.
    spot_instance_request_id: String,
}

impl InstanceArgs {
    /// Returns the user data themselves, in whatever form they are written.
    fn user_data_content(&self) -> Option<Vec<u8>> {
        self.user_data.as_deref().or(self.user_data_base64.as_deref()).map(from_base64)
    }
}

impl Resource for Instance {
    type Args = InstanceArgs;
    type Attrs = InstanceAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_instance";
    const CREATE_REPEATS: bool = true;
    const VERSION: u64 = 2;
    const TIMING: Timing =
        Timing::new().create("10m", usually("20s")).update("10m", usually("40s")).delete("20m", usually("40s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        plan::overrides(planned)
    }

    async fn create(aws: &Aws, args: &InstanceArgs, token: &Token) -> CallResult<Created> {
        let answer = launch::request(aws, args).await?.client_token(token).send().await.answer()?;
        let id = answer.instances().first().and_then(|instance| instance.instance_id.clone());
        Ok(Created::with_id(id.ok_or_else(|| incomplete("RunInstances", "id of the instance"))?))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(observe::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        observe::observe_many(aws, known).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.prior.is_none() {
            update::finish_launch(aws, change, there).await?;
            return Ok(Step::Done);
        }
        update::next(aws, change, there).await
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        if there.args.force_destroy {
            update::lift_protection(aws, &there.id).await;
        }
        let request = &there.attrs.spot_instance_request_id;
        if !request.is_empty() {
            let cancel = aws.ec2().cancel_spot_instance_requests().spot_instance_request_ids(request);
            cancel.send().await.answer().unless(SPOT_REQUEST_GONE)?;
        }
        aws.ec2().terminate_instances().instance_ids(&there.id).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    async fn operation(aws: &Aws, _: &Object<Self>, volume: &str) -> CallResult<Phase> {
        volumes::modification(aws, volume).await
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, PROFILE_NOT_READY) {
            return Some(within("2m"));
        }
        if is_one_of(error, CAPACITY_NOT_READY) {
            return Some(within("5m"));
        }
        not_visible_yet(error)
    }
}
