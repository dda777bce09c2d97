//! The contract of a resource type.

use std::future::Future;

use crate::{
    CallError, CallResult, Change, Created, Facts, Goal, Known, Object, Observed, Overrides, Phase, Planned, Settled,
    Step, Timing, Token, Traced, Within,
};

/// Arguments or attributes that know their schema: derived from a struct by `#[derive(Args)]` or `#[derive(Attrs)]`.
pub use crate::codec::Fields;

/// One resource type. Implementations are unit structs; methods are straight lines of calls, without loops, sleeps or retries.
pub trait Resource: Send + Sync + 'static {
    /// What a user may write.
    type Args: Fields + Clone;
    /// What only the service decides.
    type Attrs: Fields + Clone;
    /// Configured client of the provider.
    type Client: Send + Sync + 'static;

    /// Name of the type.
    const TYPE: &'static str;
    /// Version of the stored form.
    const VERSION: u64 = 0;
    /// Deadlines and usual durations.
    const TIMING: Timing = Timing::new();
    /// The service changes one object at a time among those with the same value of this argument.
    const SERIAL_BY: Option<&'static str> = None;
    /// The type has no effect outside the process.
    const LOCAL: bool = false;
    /// Argument that says how long a creation or an update may wait, such as `wait_for_capacity_timeout`: their deadline,
    /// where it is the later one.
    const PATIENCE: Option<&'static str> = None;
    /// The create call carries every argument: `update` is not called after it.
    const CREATE_IS_WHOLE: bool = false;
    /// A create call that is made again with the same arguments and token makes no second object: it answers as the first
    /// one did, or does what that did not get to. Where the process ended in between, it is simply made again.
    const CREATE_REPEATS: bool = false;
    /// Objects that `observe_many` looks at with one call. Reads by themselves go on at the same time.
    const READ_AT_ONCE: usize = 1;
    /// Attribute that holds the identifier. It is added to the schema if neither `Args` nor `Attrs` has it.
    const ID: &'static str = "id";

    /// Computes what can be known before apply, and rules over several values. Values may be unknown.
    fn plan(_facts: &Facts, _planned: &Planned<'_>) -> Overrides {
        Overrides::none()
    }

    /// Makes the one call that creates the object, and returns when the service has accepted it.
    fn create(
        client: &Self::Client,
        args: &Self::Args,
        token: &Token,
    ) -> impl Future<Output = CallResult<Created>> + Send;

    /// Looks for what a create call with this token made whose answer was lost with the process: by the tag
    /// `landfall:intent`, say. A name alone proves nothing.
    fn trace(
        _client: &Self::Client,
        _args: &Self::Args,
        _token: &Token,
    ) -> impl Future<Output = CallResult<Traced>> + Send {
        async { Ok(Traced::Unsure) }
    }

    /// Tells what is there.
    fn observe(client: &Self::Client, known: &Known<Self>) -> impl Future<Output = CallResult<Observed<Self>>> + Send;

    /// Tells what is there for many objects, [`READ_AT_ONCE`](Self::READ_AT_ONCE) at the most; one answer each, in order.
    /// Override where one call serves many. All are of one provider configuration and region.
    fn observe_many(
        client: &Self::Client,
        known: &[Known<Self>],
    ) -> impl Future<Output = Vec<CallResult<Observed<Self>>>> + Send {
        async move {
            let mut answers = Vec::with_capacity(known.len());
            for known in known {
                answers.push(Self::observe(client, known).await);
            }
            answers
        }
    }

    /// Makes the calls that the service takes at this moment to get from `prior` to `planned`, for the arguments in which
    /// these differ.
    fn update(
        client: &Self::Client,
        change: &Change<'_, Self>,
        there: &Object<Self>,
    ) -> impl Future<Output = CallResult<Step>> + Send;

    /// Makes the calls that the service takes at this moment to remove the object. Gone is done.
    fn delete(client: &Self::Client, there: &Object<Self>) -> impl Future<Output = CallResult<Step>> + Send;

    /// Tells how far an operation of the service is whose handle `update` or `delete` returned in `Step::Running`.
    fn operation(
        _client: &Self::Client,
        _there: &Object<Self>,
        _handle: &str,
    ) -> impl Future<Output = CallResult<Phase>> + Send {
        async { Ok(Phase::Ready) }
    }

    /// Tells whether a ready object meets the goal (capacity of a group, fulfilment of a fleet).
    fn settled(_goal: &Goal<'_, Self>, _there: &Object<Self>) -> Settled {
        Settled::Yes
    }

    /// Names errors that are worth another attempt, beside throttling and transient faults.
    fn retry(_error: &CallError) -> Option<Within> {
        None
    }
}
