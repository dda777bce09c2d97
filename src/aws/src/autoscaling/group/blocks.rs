//! Small nested blocks of a group, in both directions.

use aws_sdk_autoscaling::types as remote;
use landfall_provider::{Args, Filled};

use crate::convert::unless_zero;

/// How capacity is spread over zones.
#[derive(Args, Clone, PartialEq)]
pub struct AvailabilityZoneDistribution {
    /// Whether balance or capacity comes first.
    #[arg(
        default = "balanced-best-effort",
        one_of("balanced-only", "balanced-best-effort", "reservations-then-balanced")
    )]
    pub capacity_distribution_strategy: String,
}

impl AvailabilityZoneDistribution {
    pub fn request(&self) -> remote::AvailabilityZoneDistribution {
        let strategy = self.capacity_distribution_strategy.as_str().into();
        remote::AvailabilityZoneDistribution::builder().capacity_distribution_strategy(strategy).build()
    }

    pub fn observed(remote: &remote::AvailabilityZoneDistribution) -> Option<Self> {
        let strategy = remote.capacity_distribution_strategy.as_ref()?;
        Some(Self { capacity_distribution_strategy: strategy.to_string() })
    }
}

/// Which capacity reservations are used.
#[derive(Args, Clone, PartialEq)]
pub struct CapacityReservation {
    /// Whether they are.
    #[arg(one_of("capacity-reservations-only", "capacity-reservations-first", "none", "default"))]
    pub capacity_reservation_preference: Filled<String>,
    /// Which ones.
    #[arg(block)]
    pub capacity_reservation_target: Option<CapacityReservationTarget>,
}

/// Capacity reservations.
#[derive(Args, Clone, PartialEq)]
#[args(conflicts("capacity_reservation_ids", "capacity_reservation_resource_group_arns"))]
pub struct CapacityReservationTarget {
    /// By id.
    #[arg(optional)]
    pub capacity_reservation_ids: Vec<String>,
    /// By group.
    #[arg(optional, each(format(arn)))]
    pub capacity_reservation_resource_group_arns: Vec<String>,
}

impl CapacityReservation {
    pub fn request(&self) -> remote::CapacityReservationSpecification {
        let some = |texts: &Vec<String>| Some(texts.clone()).filter(|texts| !texts.is_empty());
        let target = |target: &CapacityReservationTarget| {
            remote::CapacityReservationTarget::builder()
                .set_capacity_reservation_ids(some(&target.capacity_reservation_ids))
                .set_capacity_reservation_resource_group_arns(some(&target.capacity_reservation_resource_group_arns))
                .build()
        };
        remote::CapacityReservationSpecification::builder()
            .set_capacity_reservation_preference(self.capacity_reservation_preference.as_deref().map(Into::into))
            .set_capacity_reservation_target(self.capacity_reservation_target.as_ref().map(target))
            .build()
    }

    pub fn observed(remote: &remote::CapacityReservationSpecification) -> Self {
        let target = |target: &remote::CapacityReservationTarget| CapacityReservationTarget {
            capacity_reservation_ids: target.capacity_reservation_ids().to_vec(),
            capacity_reservation_resource_group_arns: target.capacity_reservation_resource_group_arns().to_vec(),
        };
        Self {
            capacity_reservation_preference: remote
                .capacity_reservation_preference
                .as_ref()
                .map(ToString::to_string)
                .into(),
            capacity_reservation_target: remote.capacity_reservation_target.as_ref().map(target),
        }
    }
}

/// A hook that is there before the first instance. It is not read back: later changes are other types' business.
#[derive(Args, Clone, PartialEq)]
pub struct LifecycleHook {
    /// Name.
    #[arg(replace, min_len = 1, max_len = 255, pattern(r"^[A-Za-z0-9\-_/]+$", "must be letters, digits, -, _ and /"))]
    name: String,
    /// Launch or end of instances.
    #[arg(replace, one_of("autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"))]
    lifecycle_transition: String,
    /// What happens when no one answers.
    #[arg(replace, one_of("ABANDON", "CONTINUE"))]
    default_result: Filled<String>,
    /// Seconds to wait for an answer.
    #[arg(replace, optional, min = 30, max = 7200)]
    heartbeat_timeout: i32,
    /// Text that is passed on.
    #[arg(replace)]
    notification_metadata: Option<String>,
    /// Queue or topic that is told.
    #[arg(replace, format(arn))]
    notification_target_arn: Option<String>,
    /// Role that may tell it.
    #[arg(replace, format(arn))]
    role_arn: Option<String>,
}

impl LifecycleHook {
    pub fn request(&self) -> remote::LifecycleHookSpecification {
        remote::LifecycleHookSpecification::builder()
            .lifecycle_hook_name(&self.name)
            .lifecycle_transition(&self.lifecycle_transition)
            .set_default_result(self.default_result.to_option())
            .set_heartbeat_timeout(unless_zero(self.heartbeat_timeout))
            .set_notification_metadata(self.notification_metadata.clone())
            .set_notification_target_arn(self.notification_target_arn.clone())
            .set_role_arn(self.role_arn.clone())
            .build()
    }
}

/// What happens to instances whose hooks fail.
#[derive(Args, Clone, PartialEq)]
pub struct InstanceLifecyclePolicy {
    /// By trigger.
    #[arg(block)]
    pub retention_triggers: Filled<RetentionTriggers>,
}

/// What happens by trigger.
#[derive(Args, Clone, PartialEq)]
pub struct RetentionTriggers {
    /// When a termination hook is abandoned.
    #[arg(one_of("retain", "terminate"))]
    pub terminate_hook_abandon: Filled<String>,
}

impl InstanceLifecyclePolicy {
    pub fn request(&self) -> remote::InstanceLifecyclePolicy {
        let triggers = |triggers: &RetentionTriggers| {
            let action = triggers.terminate_hook_abandon.as_deref().map(Into::into);
            remote::RetentionTriggers::builder().set_terminate_hook_abandon(action).build()
        };
        let triggers = self.retention_triggers.get().map(triggers);
        remote::InstanceLifecyclePolicy::builder().set_retention_triggers(triggers).build()
    }

    pub fn observed(remote: &remote::InstanceLifecyclePolicy) -> Self {
        let triggers = |triggers: &remote::RetentionTriggers| RetentionTriggers {
            terminate_hook_abandon: triggers.terminate_hook_abandon.as_ref().map(ToString::to_string).into(),
        };
        Self { retention_triggers: remote.retention_triggers.as_ref().map(triggers).into() }
    }
}

/// How much capacity may be missing or too much while instances are replaced; -1 and -1 for the service's own way.
#[derive(Args, Clone, PartialEq)]
pub struct InstanceMaintenancePolicy {
    /// Least healthy share in percent.
    #[arg(min = -1, max = 100)]
    pub min_healthy_percentage: i32,
    /// Greatest share in percent.
    pub max_healthy_percentage: i32,
}

impl InstanceMaintenancePolicy {
    /// What takes the policy away.
    pub const NONE: Self = Self { min_healthy_percentage: -1, max_healthy_percentage: -1 };

    pub fn request(&self) -> remote::InstanceMaintenancePolicy {
        remote::InstanceMaintenancePolicy::builder()
            .min_healthy_percentage(self.min_healthy_percentage)
            .max_healthy_percentage(self.max_healthy_percentage)
            .build()
    }

    pub fn observed(remote: &remote::InstanceMaintenancePolicy) -> Option<Self> {
        Some(Self {
            min_healthy_percentage: remote.min_healthy_percentage?,
            max_healthy_percentage: remote.max_healthy_percentage?,
        })
    }
}

/// A load balancer of any kind.
#[derive(Args, Clone, PartialEq)]
pub struct TrafficSource {
    /// ARN or name.
    #[arg(min_len = 1, max_len = 2048)]
    pub identifier: String,
    /// Kind: `elb`, `elbv2`, `vpc-lattice`.
    #[arg(min_len = 1, max_len = 2048)]
    pub r#type: Option<String>,
}

impl TrafficSource {
    pub fn request(&self) -> remote::TrafficSourceIdentifier {
        remote::TrafficSourceIdentifier::builder().identifier(&self.identifier).set_type(self.r#type.clone()).build()
    }

    pub fn observed(remote: &remote::TrafficSourceIdentifier) -> Self {
        Self { identifier: remote.identifier.clone().unwrap_or_default(), r#type: remote.r#type.clone() }
    }
}

/// Instances that wait, ready to serve.
#[derive(Args, Clone, PartialEq)]
pub struct WarmPool {
    /// Greatest number of instances of group and pool together; -1 for the group's greatest capacity.
    #[arg(default = -1, min = -1)]
    max_group_prepared_capacity: i32,
    /// Least number of instances in the pool.
    #[arg(default = 0, min = 0)]
    min_size: i32,
    /// How they wait.
    #[arg(default = "Stopped", one_of("Stopped", "Running", "Hibernated"))]
    pool_state: String,
    /// What becomes of instances that the group gives back.
    #[arg(block)]
    instance_reuse_policy: Option<InstanceReusePolicy>,
}

/// What becomes of instances that the group gives back.
#[derive(Args, Clone, PartialEq)]
pub struct InstanceReusePolicy {
    /// They go to the pool.
    #[arg(default = false)]
    reuse_on_scale_in: bool,
}

impl WarmPool {
    pub fn request(
        &self,
        request: aws_sdk_autoscaling::operation::put_warm_pool::builders::PutWarmPoolFluentBuilder,
    ) -> aws_sdk_autoscaling::operation::put_warm_pool::builders::PutWarmPoolFluentBuilder {
        let reuse = |policy: &InstanceReusePolicy| {
            remote::InstanceReusePolicy::builder().reuse_on_scale_in(policy.reuse_on_scale_in).build()
        };
        request
            .max_group_prepared_capacity(self.max_group_prepared_capacity)
            .min_size(self.min_size)
            .pool_state(self.pool_state.as_str().into())
            .set_instance_reuse_policy(self.instance_reuse_policy.as_ref().map(reuse))
    }

    pub fn observed(remote: &remote::WarmPoolConfiguration) -> Self {
        let reuse = |policy: &remote::InstanceReusePolicy| InstanceReusePolicy {
            reuse_on_scale_in: policy.reuse_on_scale_in.unwrap_or_default(),
        };
        Self {
            max_group_prepared_capacity: remote.max_group_prepared_capacity.unwrap_or(-1),
            min_size: remote.min_size.unwrap_or_default(),
            pool_state: remote.pool_state.as_ref().map_or_else(|| "Stopped".to_owned(), ToString::to_string),
            instance_reuse_policy: remote.instance_reuse_policy.as_ref().map(reuse),
        }
    }
}
