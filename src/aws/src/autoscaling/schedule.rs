//! `aws_autoscaling_schedule`: a change of a group's size at a time, or again and again.

use aws_sdk_autoscaling::types::ScheduledUpdateGroupAction as Remote;
use landfall_provider::{
    Args, Attrs, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Step, Timing, Token,
};

use crate::client::Aws;
use crate::error::{Answer, Fault, Unless, fault};
use crate::planning::{promise, text_at};
use crate::time;

const GONE: &[Fault] = &[fault("ValidationError").saying("not found")];
/// Size that says: leave it as it is.
const UNCHANGED: i32 = -1;

/// A change of a group's size at a time, or again and again.
pub struct Schedule;

/// What a user may write.
#[derive(Args, Clone)]
pub struct ScheduleArgs {
    /// Group.
    #[arg(replace)]
    autoscaling_group_name: String,
    /// Name, unique in the group.
    #[arg(replace)]
    scheduled_action_name: String,
    /// Instances wanted; -1 leaves them.
    desired_capacity: Filled<i32>,
    /// Time of the last change, in UTC.
    #[arg(pattern(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "must be a time in UTC such as 2026-01-31T12:00:00Z"))]
    end_time: Filled<String>,
    /// Most instances; -1 leaves them.
    max_size: Filled<i32>,
    /// Fewest instances; -1 leaves them.
    min_size: Filled<i32>,
    /// When the change is made again, in the form of cron.
    recurrence: Filled<String>,
    /// Time of the first change, in UTC.
    #[arg(pattern(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "must be a time in UTC such as 2026-01-31T12:00:00Z"))]
    start_time: Filled<String>,
    /// Zone of the recurrence, by its name in the IANA's database.
    time_zone: Filled<String>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct ScheduleAttrs {
    /// ARN.
    arn: String,
}

impl Resource for Schedule {
    type Args = ScheduleArgs;
    type Attrs = ScheduleAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_autoscaling_schedule";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing = Timing::new();
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        promise(&mut overrides, planned, text_at(planned.proposed, "scheduled_action_name"), None);
        overrides
    }

    async fn create(aws: &Aws, args: &ScheduleArgs, _: &Token) -> CallResult<Created> {
        put(aws, args).await?;
        Ok(Created::with_id(&args.scheduled_action_name))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (group, name) = names(known);
        let request = aws.autoscaling().describe_scheduled_actions().auto_scaling_group_name(group);
        let answer = request.scheduled_action_names(name).send().await.answer().unless(GONE)?;
        let action = answer.as_ref().and_then(|answer| answer.scheduled_update_group_actions().first());
        Ok(action.map_or(Observed::Gone, observed))
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, _: &Object<Self>) -> CallResult<Step> {
        put(aws, change.planned).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        aws.autoscaling()
            .delete_scheduled_action()
            .auto_scaling_group_name(&there.args.autoscaling_group_name)
            .scheduled_action_name(&there.args.scheduled_action_name)
            .send()
            .await
            .answer()
            .unless(GONE)?;
        Ok(Step::Done)
    }
}

/// Returns names of group and action; the id of an import has both, `GROUP/ACTION`.
fn names(known: &Known<Schedule>) -> (&str, &str) {
    match known.args() {
        Some(args) => (&args.autoscaling_group_name, &args.scheduled_action_name),
        None => known.id().split_once('/').unwrap_or((known.id(), "")),
    }
}

/// Makes the action, or replaces it.
async fn put(aws: &Aws, args: &ScheduleArgs) -> CallResult<()> {
    // As in Terraform, a size that is not written is 0.
    let size = |size: &Filled<i32>| Some(size.get().copied().unwrap_or_default()).filter(|size| *size != UNCHANGED);
    let time = |text: &Filled<String>| text.as_deref().map(time::parse).transpose();
    aws.autoscaling()
        .put_scheduled_update_group_action()
        .auto_scaling_group_name(&args.autoscaling_group_name)
        .scheduled_action_name(&args.scheduled_action_name)
        .set_desired_capacity(size(&args.desired_capacity))
        .set_end_time(time(&args.end_time)?)
        .set_max_size(size(&args.max_size))
        .set_min_size(size(&args.min_size))
        .set_recurrence(args.recurrence.to_option())
        .set_start_time(time(&args.start_time)?)
        .set_time_zone(args.time_zone.to_option())
        .send()
        .await
        .answer()?;
    Ok(())
}

fn observed(remote: &Remote) -> Observed<Schedule> {
    let name = remote.scheduled_action_name.clone().unwrap_or_default();
    let args = ScheduleArgs {
        autoscaling_group_name: remote.auto_scaling_group_name.clone().unwrap_or_default(),
        scheduled_action_name: name.clone(),
        desired_capacity: remote.desired_capacity.unwrap_or(UNCHANGED).into(),
        end_time: remote.end_time.as_ref().map(time::rfc3339).into(),
        max_size: remote.max_size.unwrap_or(UNCHANGED).into(),
        min_size: remote.min_size.unwrap_or(UNCHANGED).into(),
        recurrence: remote.recurrence.clone().into(),
        start_time: remote.start_time.as_ref().map(time::rfc3339).into(),
        time_zone: remote.time_zone.clone().into(),
    };
    let attrs = ScheduleAttrs { arn: remote.scheduled_action_arn.clone().unwrap_or_default() };
    Observed::There { phase: Phase::Ready, object: Object { id: name, args, attrs, private: None } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const DESCRIBE: &str =
        "autoscaling DescribeScheduledActions AutoScalingGroupName=g ScheduledActionNames.member.1=night";
    const THERE: &str = "<ScheduledUpdateGroupActions><member><AutoScalingGroupName>g</AutoScalingGroupName>\
        <ScheduledActionName>night</ScheduledActionName><ScheduledActionARN>arn:a</ScheduledActionARN>\
        <Recurrence>0 20 * * *</Recurrence><StartTime>2026-01-31T20:00:00Z</StartTime><MinSize>0</MinSize>\
        <DesiredCapacity>0</DesiredCapacity><TimeZone>Europe/Berlin</TimeZone></member></ScheduledUpdateGroupActions>";

    fn observe(answer: crate::test_support::Canned) -> CallResult<Observed<Schedule>> {
        let known = Known::Import { id: "g/night".to_owned() };
        check_requests(&[(DESCRIBE, answer)], async |aws| Schedule::observe(aws, &known).await)
    }

    #[test]
    fn sizes_of_minus_one_are_left_alone() {
        let args = read_args(
            r#"{"autoscaling_group_name": "g", "scheduled_action_name": "night", "max_size": -1, "min_size": 0,
                "desired_capacity": 0, "recurrence": "0 20 * * *", "time_zone": "Europe/Berlin"}"#,
        );
        let request = "autoscaling PutScheduledUpdateGroupAction AutoScalingGroupName=g ScheduledActionName=night \
            Recurrence=0 20 * * * MinSize=0 DesiredCapacity=0 TimeZone=Europe/Berlin";
        let token = Token("t-1".to_owned());
        let created = check_requests(&[(request, ok(""))], async |aws| Schedule::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("night")));
    }

    #[test]
    fn sizes_that_are_left_alone_read_minus_one() {
        let Ok(Observed::There { object, .. }) = observe(ok(THERE)) else { panic!("not there") };
        assert_eq!(object.id, "night");
        assert_eq!(object.args.max_size.get(), Some(&-1));
        assert_eq!(object.args.min_size.get(), Some(&0));
        assert_eq!(object.args.start_time.as_deref(), Some("2026-01-31T20:00:00Z"));
    }

    #[test]
    fn an_action_without_group_or_trace_is_gone() {
        for answer in [fails("ValidationError", "AutoScalingGroup name not found - g"), ok("")] {
            assert!(matches!(observe(answer), Ok(Observed::Gone)));
        }
    }

    #[test]
    fn a_deletion_finds_nothing_and_is_done() {
        let Ok(Observed::There { object, .. }) = observe(ok(THERE)) else { panic!("not there") };
        let request = "autoscaling DeleteScheduledAction AutoScalingGroupName=g ScheduledActionName=night";
        let script = [(request, fails("ValidationError", "Scheduled action name not found"))];
        let step = check_requests(&script, async |aws| Schedule::delete(aws, &object).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
