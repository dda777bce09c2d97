//! `time_sleep`: waits after its creation and before its removal is done.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Goal, Known, Object, Observed, Operation, Phase, Resource,
    Settled, Step, Token, parse_duration,
};

pub struct TimeSleep;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework)]
pub struct TimeSleepArgs {
    /// How long creation takes, such as `30s`.
    #[arg(
        at_least_one("destroy_duration"),
        pattern("^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$", "must be a number with a unit: ms, s, m or h")
    )]
    create_duration: Option<String>,
    /// How long removal takes, such as `30s`.
    #[arg(
        at_least_one("create_duration"),
        pattern("^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$", "must be a number with a unit: ms, s, m or h")
    )]
    destroy_duration: Option<String>,
    /// Values whose change replaces the object, which waits again.
    #[arg(replace)]
    triggers: Option<BTreeMap<String, Option<String>>>,
}

/// Nothing but the identifier.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct TimeSleepAttrs {}

/// It has no effect outside the process, but is not `LOCAL`: its operations take time, so they need a task.
impl Resource for TimeSleep {
    type Args = TimeSleepArgs;
    type Attrs = TimeSleepAttrs;
    type Client = ();
    const TYPE: &'static str = "time_sleep";
    const CREATE_REPEATS: bool = true;
    const CREATE_IS_WHOLE: bool = true;

    async fn create(_client: &(), _args: &TimeSleepArgs, _token: &Token) -> CallResult<Created> {
        Ok(Created::with_id(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
    }

    async fn observe(_client: &(), known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (id, args) = match known {
            Known::Import { id } => (Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), imported(id)?),
            Known::Prior(object) => (object.id.clone(), object.args.clone()),
            Known::New { args, created } => (created.id.clone(), args.clone()),
        };
        let object = Object { id, args, attrs: TimeSleepAttrs {}, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(_client: &(), _change: &Change<'_, Self>, _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(_client: &(), _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    fn settled(goal: &Goal<'_, Self>, _there: &Object<Self>) -> Settled {
        let duration = match goal.operation {
            Operation::Create => goal.planned.create_duration.as_deref(),
            Operation::Delete => goal.planned.destroy_duration.as_deref(),
            Operation::Update => None,
        };
        let duration = duration.and_then(parse_duration).unwrap_or_default();
        match duration.saturating_sub(goal.elapsed) {
            Duration::ZERO => Settled::Yes,
            left => Settled::Later(left, format!("{} to pass", describe(duration))),
        }
    }
}

/// Reads an import id: `CREATE_DURATION,DESTROY_DURATION`, one of which may be empty.
fn imported(id: &str) -> CallResult<TimeSleepArgs> {
    let duration = |text: &str| match text {
        "" => Ok(None),
        text if parse_duration(text).is_some() => Ok(Some(text.to_owned())),
        text => Err(CallError::local("import", format!("`{text}` is not a duration such as `30s`"))),
    };
    match id.split_once(',') {
        Some((create, destroy)) if !(create.is_empty() && destroy.is_empty()) => Ok(TimeSleepArgs {
            create_duration: duration(create)?,
            destroy_duration: duration(destroy)?,
            triggers: None,
        }),
        Some(_) | None => {
            Err(CallError::local("import", "expected `CREATE_DURATION,DESTROY_DURATION`, such as `30s,` or `30s,10s`"))
        }
    }
}

fn describe(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(operation: Operation, elapsed: u64) -> Settled {
        let args = TimeSleepArgs { create_duration: Some("30s".into()), destroy_duration: None, triggers: None };
        let there = Object { id: "x".into(), args: args.clone(), attrs: TimeSleepAttrs {}, private: None };
        let goal = Goal { operation, prior: None, planned: &args, elapsed: Duration::from_secs(elapsed) };
        TimeSleep::settled(&goal, &there)
    }

    #[test]
    fn creation_waits_for_what_is_left_of_its_duration() {
        assert_eq!(settled(Operation::Create, 10), Settled::Later(Duration::from_secs(20), "30s to pass".into()));
        assert_eq!(settled(Operation::Create, 30), Settled::Yes);
        assert_eq!(settled(Operation::Delete, 0), Settled::Yes);
    }

    #[test]
    fn import_ids_hold_one_duration_or_both() {
        let args = imported(",10s").unwrap();
        assert_eq!((args.create_duration, args.destroy_duration.as_deref()), (None, Some("10s")));
        assert!(imported("30s").is_err());
        assert!(imported("soon,").is_err());
    }
}
