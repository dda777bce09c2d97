//! Removal: calls and waits until nothing is there.

use std::time::Duration;

use crate::runtime::pace::Pace;
use crate::runtime::work::Work;
use crate::runtime::{Outcome, StoredObject};
use crate::{AnyKnown, AnyObserved, CallError, CallResult, Phase, Step};

/// For how long reads may still show what was before a call.
const STALE: Duration = Duration::from_secs(60);

/// Removes an object.
pub(super) async fn delete(work: &mut Work<'_>, prior: &StoredObject) -> Outcome {
    work.last = Some(prior.clone());
    match until_gone(work, prior.clone()).await {
        Ok(()) => Outcome::reached(None),
        Err(error) => match work.last.take() {
            Some(object) => Outcome::failed(Some(object), error),
            None => Outcome::reached(None),
        },
    }
}

async fn until_gone(work: &mut Work<'_>, mut there: StoredObject) -> CallResult<()> {
    let planned = there.value.clone();
    loop {
        match work.delete(&there).await? {
            Step::Done => {
                if work.takes_time() && !work.target.resource.is_local() {
                    return wait(work, &there, Until::Gone).await.map(|_| ());
                }
                return work.until_settled(None, &planned, there).await.map(|_| ());
            }
            Step::Left => return Ok(()),
            Step::More => match wait(work, &there, Until::Changed).await? {
                Some(object) => there = object,
                None => return Ok(()),
            },
            Step::Running(handle) => {
                work.until_ended(&there, &handle).await?;
                match work.observe_again(AnyKnown::Prior(&there)).await? {
                    AnyObserved::There(_, object) => there = object,
                    AnyObserved::Gone => return Ok(()),
                }
            }
        }
    }
}

/// What a wait is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Nothing is there.
    Gone,
    /// Something else is there, and takes the next call.
    Changed,
}

/// Looks until the object is gone (`None`), or, if that is enough, different.
async fn wait(work: &mut Work<'_>, before: &StoredObject, until: Until) -> CallResult<Option<StoredObject>> {
    let called = work.elapsed();
    let mut pace = match until {
        Until::Gone => work.pace(),
        Until::Changed => Pace::brisk(),
    };
    let mut was_pending = false;
    loop {
        let is_stale = work.elapsed().saturating_sub(called) < STALE && !was_pending;
        let known = AnyKnown::Prior(before);
        let observed = match until {
            Until::Gone => work.observe(known).await?,
            // It has more to lose than a first step took.
            Until::Changed => work.observe_again(known).await?,
        };
        let reason = match observed {
            AnyObserved::Gone => {
                work.last = None;
                return Ok(None);
            }
            // The failure may be an old one, which the removal is to end.
            AnyObserved::There(Phase::Failed(why), _) if !is_stale => return Err(CallError::local("failed", why)),
            AnyObserved::There(Phase::Ready, object)
                if until == Until::Changed && (was_pending || object != *before) =>
            {
                return Ok(Some(object));
            }
            AnyObserved::There(Phase::Ready, _) if until == Until::Changed && !is_stale => {
                return Err(CallError::local(
                    "unchanged",
                    "the service accepted a step of the removal but nothing changed",
                ));
            }
            AnyObserved::There(Phase::Pending(word), _) => {
                was_pending = true;
                word
            }
            AnyObserved::There(Phase::Ready | Phase::Failed(_), _) => "the object to be removed".to_owned(),
        };
        work.waiting(reason.as_str());
        work.pause(pace.next(), &reason).await?;
    }
}
