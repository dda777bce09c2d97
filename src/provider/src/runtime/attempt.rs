//! One call, tried again where that is worth it.

use std::time::Duration;

use crate::runtime::{Cancellation, Class, Progress, Runtime};
use crate::{CallError, CallResult, Within};

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The service has too much to do.
    Throttled,
    /// A fault that passes.
    Transient,
    /// The type names it.
    Named(Duration),
    /// Another attempt would fail too.
    Final,
}

const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];
const TRANSIENT: &[&str] = &[
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
    "dispatch",
    "response",
    "timeout",
];

/// Attempts against throttling, which passes with patience.
const THROTTLED_ATTEMPTS: u32 = 25;
/// Attempts against faults that pass.
const TRANSIENT_ATTEMPTS: u32 = 6;
/// For how long a read is worth further attempts.
const READ_LIMIT: Duration = Duration::from_secs(5 * 60);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(20);
const LONGEST_NAMED_DELAY: Duration = Duration::from_secs(10);

/// Who makes a call, and how it is counted.
pub(super) struct Attempts<'a> {
    pub runtime: &'a Runtime,
    pub cancel: &'a Cancellation,
    pub service: &'a str,
    pub class: Class,
    /// When, on the runtime's clock, no further attempt is made.
    pub deadline: Option<Duration>,
    pub retry: &'a (dyn Fn(&CallError) -> Option<Within> + Sync),
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// Makes calls that are of no object, such as those that configure a provider.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    runtime: &'a Runtime,
    cancel: &'a Cancellation,
}

impl<'a> Caller<'a> {
    /// Returns a caller that stops trying when it is told so.
    pub(super) fn new(runtime: &'a Runtime, cancel: &'a Cancellation) -> Self {
        Self { runtime, cancel }
    }

    /// Makes a call that changes nothing, within the service's budget; it is tried again where that is worth it. `retry`
    /// names further errors and for how long, as [`crate::Resource::retry`] does.
    ///
    /// # Errors
    /// What the last attempt failed with.
    pub async fn read<T, F: Future<Output = CallResult<T>>>(
        &self,
        service: &str,
        retry: &(dyn Fn(&CallError) -> Option<Within> + Sync),
        call: impl Fn() -> F,
    ) -> CallResult<T> {
        let attempts = self.attempts(service, retry);
        // The loop of `Attempts::run`: of an async closure the compiler cannot tell here that its future is `Send`.
        let mut made = Made::default();
        loop {
            attempts.turn().await;
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => attempts.wait_after(error, &mut made).await?,
            }
        }
    }

    /// Returns what makes one read.
    pub(super) fn attempts<'b>(
        &self,
        service: &'b str,
        retry: &'b (dyn Fn(&CallError) -> Option<Within> + Sync),
    ) -> Attempts<'b>
    where
        'a: 'b,
    {
        let Self { runtime, cancel } = *self;
        let deadline = Some(runtime.clock.now() + READ_LIMIT);
        Attempts { runtime, cancel, service, class: Class::Read, deadline, retry, progress: &|_| {} }
    }
}

/// Attempts made so far at one call.
#[derive(Default)]
struct Made {
    throttled: u32,
    transient: u32,
    named: u32,
    named_since: Option<Duration>,
}

impl Attempts<'_> {
    /// Makes a call until it succeeds or another attempt is not worth it.
    pub async fn run<T>(&self, mut call: impl AsyncFnMut() -> CallResult<T>) -> CallResult<T> {
        let mut made = Made::default();
        loop {
            self.turn().await;
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.wait_after(error, &mut made).await?,
            }
        }
    }

    /// Waits until the budget has a call.
    async fn turn(&self) {
        self.runtime.budgets.take(&*self.runtime.clock, self.service, self.class).await;
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// The call's error, when no further attempt is to be made.
    async fn wait_after(&self, error: CallError, made: &mut Made) -> CallResult<()> {
        let Some(delay) = self.delay(&error, made) else { return Err(error) };
        (self.progress)(Progress::Retrying { error: error.clone(), after: delay });
        pause(self.runtime, self.cancel, delay).await.map_err(|Cancelled| error)
    }

    /// Returns the delay before the next attempt, or `None` if none is worth it.
    fn delay(&self, error: &CallError, made: &mut Made) -> Option<Duration> {
        let now = self.runtime.clock.now();
        let delay = match verdict(error, self.retry) {
            Verdict::Final => return None,
            Verdict::Throttled => {
                self.runtime.budgets.shrink(now, self.service, self.class);
                made.throttled += 1;
                (made.throttled < THROTTLED_ATTEMPTS).then(|| growing(made.throttled, LONGEST_DELAY))
            }
            Verdict::Transient => {
                made.transient += 1;
                (made.transient < TRANSIENT_ATTEMPTS).then(|| growing(made.transient, LONGEST_DELAY))
            }
            Verdict::Named(within) => {
                let since = *made.named_since.get_or_insert(now);
                made.named += 1;
                (now - since < within).then(|| growing(made.named, LONGEST_NAMED_DELAY))
            }
        }?;
        match self.deadline {
            Some(deadline) if now + delay > deadline => None,
            Some(_) | None => Some(delay),
        }
    }
}

/// A wait was cut short.
#[derive(Debug)]
pub(super) struct Cancelled;

/// Sleeps, unless told to stop waiting.
pub(super) async fn pause(runtime: &Runtime, cancel: &Cancellation, delay: Duration) -> Result<(), Cancelled> {
    if cancel.is_cancelled() {
        return Err(Cancelled);
    }
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Cancelled),
        () = runtime.clock.sleep(delay) => Ok(()),
    }
}

/// Doubles from half a second. Without jitter: calls that failed together have their turns in the budget.
fn growing(attempt: u32, longest: Duration) -> Duration {
    FIRST_DELAY.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(longest)
}

/// Returns whether a call that failed so may have been carried out all the same.
pub(super) fn may_be_carried_out(error: &CallError) -> bool {
    let is_unanswered = error.is_any(&["dispatch", "timeout", "response"]);
    is_unanswered || (failed_inside(error) && !error.is_any(THROTTLING))
}

fn failed_inside(error: &CallError) -> bool {
    error.status.is_some_and(|status| status >= 500 && status != 501)
}

fn verdict(error: &CallError, retry: &dyn Fn(&CallError) -> Option<Within>) -> Verdict {
    if let Some(Within(limit)) = retry(error) {
        return Verdict::Named(limit);
    }
    if error.is_any(THROTTLING) || error.status == Some(429) {
        return Verdict::Throttled;
    }
    if failed_inside(error) || error.is_any(TRANSIENT) { Verdict::Transient } else { Verdict::Final }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, status: Option<u16>) -> CallError {
        CallError { status, ..CallError::local(code, "") }
    }

    #[test]
    fn faults_that_pass_are_told_from_others() {
        let none = |_: &CallError| None;
        assert_eq!(verdict(&error("Throttling", Some(400)), &none), Verdict::Throttled);
        assert_eq!(verdict(&error("Strange", Some(503)), &none), Verdict::Transient);
        assert_eq!(verdict(&error("dispatch", None), &none), Verdict::Transient);
        assert_eq!(verdict(&error("AccessDenied", Some(403)), &none), Verdict::Final);
    }

    #[test]
    fn what_the_type_names_comes_first() {
        let named = |_: &CallError| Some(Within(Duration::from_secs(5)));
        assert_eq!(verdict(&error("AccessDenied", None), &named), Verdict::Named(Duration::from_secs(5)));
    }

    #[test]
    fn delays_double_up_to_a_limit() {
        let delays: Vec<_> = (1..8).map(|attempt| growing(attempt, LONGEST_DELAY).as_millis()).collect();
        assert_eq!(delays, [500, 1000, 2000, 4000, 8000, 16000, 20000]);
    }
}
