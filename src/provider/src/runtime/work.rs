//! One operation at work: its deadline, its calls, its waits, and what was last seen.

use std::time::Duration;

use landfall_value::Value;

use crate::runtime::attempt::{Attempts, pause};
use crate::runtime::pace::Pace;
use crate::runtime::read::LOOKS_AT_NOTHING;
use crate::runtime::{Class, Progress, Runtime, StoredObject, Target};
use crate::{
    AnyKnown, AnyObserved, CallError, CallResult, Operation, Phase, Settled, Span, Step, timing::parse_duration,
};

/// Deadline of operations of types that give none.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(20 * 60);
/// For how long an object may not be visible after its creation.
const INVISIBLE: Duration = Duration::from_secs(5 * 60);
/// Time beyond the argument that says how long to wait: the type is to give up first, with its own words.
const SLACK: Duration = Duration::from_secs(60);

pub(super) struct Work<'a> {
    runtime: &'a Runtime,
    pub target: Target<'a>,
    operation: Operation,
    span: Span,
    started: Duration,
    deadline: Duration,
    /// What was last observed.
    pub last: Option<StoredObject>,
}

/// What counts as there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Accept {
    /// Only an object that can be used.
    Ready,
    /// Also one that the service gave up on.
    ReadyOrFailed,
}

impl<'a> Work<'a> {
    /// Begins an operation. The deadline is the type's, or that of the `timeouts` block of `object`.
    pub fn new(runtime: &'a Runtime, target: Target<'a>, operation: Operation, object: &Value) -> Self {
        let timing = target.resource.timing();
        let (name, span) = match operation {
            Operation::Create => ("create", timing.create),
            Operation::Update => ("update", timing.update),
            Operation::Delete => ("delete", timing.delete),
        };
        let own = object.get("timeouts").and_then(|timeouts| timeouts.get(name)).and_then(Value::as_str);
        let limit = own.or(span.deadline).and_then(parse_duration).unwrap_or(DEFAULT_DEADLINE);
        let patience = target.resource.patience().filter(|_| operation != Operation::Delete);
        let patience = patience.and_then(|name| object.get(name)?.as_str()).and_then(parse_duration);
        let limit = patience.map_or(limit, |patience| limit.max(patience + SLACK));
        let started = runtime.clock.now();
        Self { runtime, target, operation, span, started, deadline: started + limit, last: None }
    }

    /// Returns whether the type says how long the operation may take: then it takes a while.
    pub fn takes_time(&self) -> bool {
        self.span.deadline.is_some()
    }

    /// Returns how long the operation has been going on.
    pub fn elapsed(&self) -> Duration {
        self.runtime.clock.now().saturating_sub(self.started)
    }

    /// Returns the pace of looks at the operation.
    pub fn pace(&self) -> Pace {
        Pace::of(self.span, self.elapsed())
    }

    /// Tells what the operation waits for.
    pub fn waiting(&self, reason: impl Into<String>) {
        (self.target.progress)(Progress::Waiting { reason: reason.into() });
    }

    /// Makes a call until it succeeds or is not worth another attempt.
    pub async fn attempt<T>(&self, class: Class, call: impl AsyncFnMut() -> CallResult<T>) -> CallResult<T> {
        let resource = self.target.resource;
        let attempts = Attempts {
            runtime: self.runtime,
            cancel: self.target.cancel,
            service: resource.service(),
            class,
            deadline: Some(self.deadline),
            retry: &|error| resource.retry(error),
            progress: self.target.progress,
        };
        attempts.run(call).await
    }

    /// Waits, up to the deadline.
    pub async fn pause(&self, delay: Duration, waiting_for: &str) -> CallResult<()> {
        let left = self.deadline.saturating_sub(self.runtime.clock.now());
        if left.is_zero() {
            let after = describe(self.elapsed());
            return Err(CallError::local("deadline", format!("gave up after {after}, waiting for: {waiting_for}")));
        }
        pause(self.runtime, self.target.cancel, delay.min(left)).await.map_err(|_| interrupted(waiting_for))
    }

    /// Looks at an object that has been seen: when it is not seen, again, as a read may be of a moment before it was there.
    pub async fn observe_again(&mut self, known: AnyKnown<'_>) -> CallResult<AnyObserved> {
        let mut pace = Pace::brisk();
        for _ in 0..LOOKS_AT_NOTHING {
            match self.observe(known).await? {
                AnyObserved::Gone => self.pause(pace.next(), "the object to become visible again").await?,
                there @ AnyObserved::There(..) => return Ok(there),
            }
        }
        self.observe(known).await
    }

    /// Looks at the object once.
    ///
    /// All looks of all operations go through here: where looks at many objects of a type are to become one call, this
    /// is the place to gather them.
    pub async fn observe(&mut self, known: AnyKnown<'_>) -> CallResult<AnyObserved> {
        let (resource, client) = (self.target.resource, self.target.client);
        let look = async || {
            let known = [known];
            let mut answers = resource.observe_many(client, &known).await;
            answers.pop().unwrap_or(Ok(AnyObserved::Gone))
        };
        let observed = self.attempt(Class::Read, look).await?;
        if let AnyObserved::There(_, object) = &observed {
            self.last = Some(object.clone());
        }
        Ok(observed)
    }

    /// Looks until the object is there. Just after a create call an object may not be visible yet.
    pub async fn until_there(&mut self, known: AnyKnown<'_>, accept: Accept) -> CallResult<StoredObject> {
        let is_new = matches!(known, AnyKnown::New(..));
        let mut pace = self.pace();
        let mut visible = Pace::brisk();
        loop {
            let is_awaited = is_new && self.last.is_none() && self.elapsed() < INVISIBLE;
            let observed = if is_awaited { self.observe(known).await? } else { self.observe_again(known).await? };
            match observed {
                AnyObserved::There(Phase::Ready, object) => return Ok(object),
                AnyObserved::There(Phase::Failed(_), object) if accept == Accept::ReadyOrFailed => return Ok(object),
                AnyObserved::There(Phase::Failed(why), _) => return Err(CallError::local("failed", why)),
                AnyObserved::There(Phase::Pending(word), _) => {
                    self.waiting(word.as_str());
                    self.pause(pace.next(), &word).await?;
                }
                AnyObserved::Gone if is_awaited => {
                    self.waiting("the new object to become visible");
                    self.pause(visible.next(), "the new object to become visible").await?;
                }
                AnyObserved::Gone => {
                    self.last = None;
                    return Err(CallError::local("gone", "the object is gone: something else removed it"));
                }
            }
        }
    }

    /// Polls an operation of the service until it has ended.
    pub async fn until_ended(&mut self, there: &StoredObject, handle: &str) -> CallResult<()> {
        let (resource, client) = (self.target.resource, self.target.client);
        let mut pace = self.pace();
        loop {
            match self.attempt(Class::Read, async || resource.operation(client, there, handle).await).await? {
                Phase::Ready => return Ok(()),
                Phase::Failed(why) => return Err(CallError::local("failed", why)),
                Phase::Pending(word) => {
                    self.waiting(word.as_str());
                    self.pause(pace.next(), &word).await?;
                }
            }
        }
    }

    /// Asks the type whether the goal is reached, and looks again until it is.
    pub async fn until_settled(
        &mut self,
        prior: Option<&Value>,
        planned: &Value,
        mut there: StoredObject,
    ) -> CallResult<StoredObject> {
        let mut pace = self.pace();
        loop {
            match self.target.resource.settled(self.operation, prior, planned, self.elapsed(), &there) {
                Settled::Yes => return Ok(there),
                Settled::Failed(why) => return Err(CallError::local("failed", why)),
                Settled::Later(duration, reason) => {
                    self.waiting(reason.as_str());
                    // The type knows how long this takes: the deadline is for what nobody knows.
                    pause(self.runtime, self.target.cancel, duration).await.map_err(|_| interrupted(&reason))?;
                }
                Settled::Waiting(reason) => {
                    self.waiting(reason.as_str());
                    self.pause(pace.next(), &reason).await?;
                    there = self.until_there(AnyKnown::Prior(&there), Accept::Ready).await?;
                }
            }
        }
    }

    /// Makes the calls of an update that the service takes now.
    pub async fn update(&self, prior: Option<&Value>, planned: &Value, there: &StoredObject) -> CallResult<Step> {
        let (resource, client) = (self.target.resource, self.target.client);
        self.attempt(Class::Write, async || resource.update(client, prior, planned, there).await).await
    }

    /// Makes the calls of a removal that the service takes now.
    pub async fn delete(&self, there: &StoredObject) -> CallResult<Step> {
        let (resource, client) = (self.target.resource, self.target.client);
        self.attempt(Class::Write, async || resource.delete(client, there).await).await
    }
}

fn interrupted(waiting_for: &str) -> CallError {
    CallError::local(crate::runtime::INTERRUPTED, format!("interrupted while waiting for: {waiting_for}"))
}

fn describe(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 60 && seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds if seconds >= 60 => format!("{}m{}s", seconds / 60, seconds % 60),
        seconds => format!("{seconds}s"),
    }
}
