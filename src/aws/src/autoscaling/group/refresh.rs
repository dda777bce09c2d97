//! Instance refresh: the instances are replaced when what they are launched from changes.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{AlarmSpecification, DesiredConfiguration, RefreshPreferences};
use landfall_provider::{Args, CallResult, Change, Fields, Set};

use super::{Group, GroupArgs};
use crate::client::Aws;
use crate::error::{Answer, Fault, Unless, fault};

/// Another refresh has to end first.
pub const IN_PROGRESS: Fault = fault("InstanceRefreshInProgress").of("StartInstanceRefresh");
const NONE_RUNS: &[Fault] = &[fault("ActiveInstanceRefreshNotFound")];

/// Replaces instances when what they are launched from changes.
#[derive(Args, Clone, PartialEq)]
pub struct InstanceRefresh {
    /// How.
    #[arg(one_of("Rolling", "ReplaceRootVolume"))]
    strategy: String,
    /// Further arguments whose change replaces instances.
    #[arg(optional)]
    triggers: Set<String>,
    /// Details.
    #[arg(block)]
    preferences: Option<Preferences>,
}

/// Details of a refresh.
#[derive(Args, Clone, PartialEq)]
pub struct Preferences {
    /// Goes back where the refresh fails.
    #[arg(optional)]
    auto_rollback: bool,
    /// Seconds to wait at a checkpoint.
    #[arg(format(nullable_int))]
    checkpoint_delay: Option<String>,
    /// Shares of replaced instances at which to wait, in percent.
    checkpoint_percentages: Option<Vec<i32>>,
    /// Seconds until a new instance counts.
    #[arg(format(nullable_int))]
    instance_warmup: Option<String>,
    /// Greatest share of instances while replacing, in percent.
    #[arg(default = 100, min = 100, max = 200)]
    max_healthy_percentage: i32,
    /// Least share of healthy instances while replacing, in percent.
    #[arg(default = 90, min = 0, max = 100)]
    min_healthy_percentage: i32,
    /// What to do with protected instances.
    #[arg(default = "Ignore", one_of("Refresh", "Ignore", "Wait"))]
    scale_in_protected_instances: String,
    /// Leaves instances that are right as they are.
    #[arg(default = false)]
    skip_matching: bool,
    /// What to do with instances in standby.
    #[arg(default = "Ignore", one_of("Terminate", "Ignore", "Wait"))]
    standby_instances: String,
    /// Alarms that end the refresh.
    #[arg(block)]
    alarm_specification: Option<Alarms>,
}

/// Some alarms.
#[derive(Args, Clone, PartialEq)]
pub struct Alarms {
    /// Their names.
    #[arg(optional)]
    alarms: Vec<String>,
}

/// Returns the refresh that a change calls for.
pub fn wanted<'a>(change: &Change<'a, Group>) -> Option<&'a InstanceRefresh> {
    let (prior, planned) = (change.prior?, change.planned);
    let refresh = planned.instance_refresh.as_ref()?;
    let always = ["launch_configuration", "launch_template", "mixed_instances_policy"];
    let (before, after) = (values(prior), values(planned));
    let triggers = always.into_iter().chain(refresh.triggers.iter().map(String::as_str));
    // `tags` was the name of `tag` once.
    let mut triggers = triggers.map(|name| if name == "tags" { "tag" } else { name });
    triggers.any(|name| before.get(name) != after.get(name)).then_some(refresh)
}

fn values(args: &GroupArgs) -> BTreeMap<std::sync::Arc<str>, landfall_provider::value::Value> {
    let mut values = BTreeMap::new();
    args.write(&mut values);
    values
}

/// Starts a refresh in place of one that runs. Its end is not waited for.
///
/// # Errors
/// What the calls failed with; that the older one has not ended yet is worth another attempt.
pub async fn start(aws: &Aws, group: &str, refresh: &InstanceRefresh, planned: &GroupArgs) -> CallResult<()> {
    let cancel = aws.autoscaling().cancel_instance_refresh().auto_scaling_group_name(group);
    cancel.send().await.answer().unless(NONE_RUNS)?;
    let goes_back = refresh.preferences.as_ref().is_some_and(|preferences| preferences.auto_rollback);
    aws.autoscaling()
        .start_instance_refresh()
        .auto_scaling_group_name(group)
        .strategy(refresh.strategy.as_str().into())
        .set_preferences(refresh.preferences.as_ref().map(Preferences::request))
        .set_desired_configuration(goes_back.then(|| desired(planned)))
        .send()
        .await
        .answer()?;
    Ok(())
}

/// To go back, the service must know where to go to.
fn desired(planned: &GroupArgs) -> DesiredConfiguration {
    DesiredConfiguration::builder()
        .set_launch_template(planned.launch_template.get().map(super::LaunchTemplate::request))
        .set_mixed_instances_policy(planned.mixed_instances_policy.get().map(super::MixedInstancesPolicy::request))
        .build()
}

impl Preferences {
    fn request(&self) -> RefreshPreferences {
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let alarms = |alarms: &Alarms| AlarmSpecification::builder().set_alarms(Some(alarms.alarms.clone())).build();
        RefreshPreferences::builder()
            .set_auto_rollback(self.auto_rollback.then_some(true))
            .set_checkpoint_delay(number(&self.checkpoint_delay))
            .set_checkpoint_percentages(self.checkpoint_percentages.clone())
            .set_instance_warmup(number(&self.instance_warmup))
            .max_healthy_percentage(self.max_healthy_percentage)
            .min_healthy_percentage(self.min_healthy_percentage)
            .scale_in_protected_instances(self.scale_in_protected_instances.as_str().into())
            .skip_matching(self.skip_matching)
            .standby_instances(self.standby_instances.as_str().into())
            .set_alarm_specification(self.alarm_specification.as_ref().map(alarms))
            .build()
    }
}
