//! Creation and update: calls and waits until what is there is what was asked for.

use std::time::Duration;

use landfall_value::{Kind, Value};

use crate::runtime::attempt::may_be_carried_out;
use crate::runtime::pace::Pace;
use crate::runtime::read::LOOKS_AT_NOTHING;
use crate::runtime::work::{Accept, Work};
use crate::runtime::{Class, FOUND, Outcome, Progress, Receipt, StoredObject, UNSURE};
use crate::{AnyKnown, AnyObserved, CallError, CallResult, Created, Phase, Step, Token, Traced};

/// For how long reads may still show what was before a call.
const STALE: Duration = Duration::from_secs(60);

/// How often an old value is looked at before it is taken for the service's last word.
const LOOKS_AT_OLD_VALUES: u32 = 6;

/// For how long a service may not show what it has just made.
const UNSEEN: Duration = Duration::from_secs(5);

/// Creates an object. A call without an answer may have been carried out: it is not made again before that is clear.
pub(super) async fn create(work: &mut Work<'_>, planned: &Value, token: &Token) -> Outcome {
    let (resource, client) = (work.target.resource, work.target.client);
    let mut unanswered: Option<CallError> = None;
    let call = async || {
        if let Some(error) = &unanswered
            && !resource.create_repeats()
        {
            match trace(work, planned, token).await? {
                Traced::Made(created) => return Ok(created),
                Traced::Nothing => {}
                // Without a status, so that it is not tried again.
                Traced::Unsure => return Err(CallError { status: None, ..unsure(error.clone()) }),
            }
        }
        let answer = resource.create(client, planned, token).await;
        unanswered = answer.as_ref().err().filter(|error| may_be_carried_out(error)).cloned();
        answer
    };
    match work.attempt(Class::Write, call).await {
        Ok(created) => resume(work, planned, &created).await,
        Err(error) if error.code == UNSURE || unanswered.is_none() => Outcome::failed(None, error),
        Err(error) => match work.attempt(Class::Read, async || trace(work, planned, token).await).await {
            Ok(Traced::Made(created)) => resume(work, planned, &created).await,
            Ok(Traced::Nothing) => Outcome::failed(None, error),
            Ok(Traced::Unsure) | Err(_) => Outcome::failed(None, unsure(error)),
        },
    }
}

fn unsure(error: CallError) -> CallError {
    CallError { code: UNSURE.to_owned(), ..error }
}

/// Looks for what a create call made, once the service must show it; more than once before nothing is taken for an answer.
async fn trace(work: &Work<'_>, planned: &Value, token: &Token) -> CallResult<Traced> {
    for _ in 0..=LOOKS_AT_NOTHING {
        work.pause(UNSEEN, "looking for what a call made that was not answered").await?;
        match work.target.resource.trace(work.target.client, planned, token).await? {
            Traced::Nothing => {}
            traced => return Ok(traced),
        }
    }
    Ok(Traced::Nothing)
}

/// Finishes a creation whose process ended.
pub(super) async fn recover(
    work: &mut Work<'_>,
    planned: &Value,
    token: &Token,
    accepted: Option<&StoredObject>,
) -> Outcome {
    let resource = work.target.resource;
    if let Some(object) = accepted {
        let id = resource.id(&object.value).unwrap_or_default().to_owned();
        return resume(work, planned, &Created { id, private: object.private.clone() }).await;
    }
    if resource.create_repeats() {
        return create(work, planned, token).await;
    }
    match work.attempt(Class::Read, async || trace(work, planned, token).await).await {
        Ok(Traced::Made(created)) => {
            let error = CallError::local(FOUND, "the object is there, and its creation is not finished");
            Outcome::failed(Some(resource.half_made(planned, &created)), error)
        }
        Ok(Traced::Nothing) => Outcome::reached(None),
        Ok(Traced::Unsure) => {
            Outcome::failed(None, CallError::local(UNSURE, "nobody can tell whether the call was carried out"))
        }
        Err(error) => Outcome::failed(None, error),
    }
}

/// Goes on after an accepted create call.
async fn resume(work: &mut Work<'_>, planned: &Value, created: &Created) -> Outcome {
    let resource = work.target.resource;
    let (receipt, kept) = Receipt::new();
    if resource.is_local() {
        drop(receipt);
    } else {
        (work.target.progress)(Progress::Accepted { object: resource.half_made(planned, created), receipt });
    }
    match finish_create(work, planned, created, kept).await {
        Ok(object) => Outcome::reached(Some(object)),
        Err(error) => {
            let object = work.last.take().unwrap_or_else(|| resource.half_made(planned, created));
            Outcome::failed(Some(object), error)
        }
    }
}

async fn finish_create(
    work: &mut Work<'_>,
    planned: &Value,
    created: &Created,
    kept: impl Future<Output = ()>,
) -> CallResult<StoredObject> {
    let mut there = work.until_there(AnyKnown::New(planned, created), Accept::Ready).await?;
    // What ties the object to its creation may go only now.
    kept.await;
    if !work.target.resource.create_is_whole() && !work.target.resource.is_local() {
        there = change(work, None, planned, there).await?;
    }
    work.until_settled(None, planned, there).await
}

/// Updates an object.
pub(super) async fn update(work: &mut Work<'_>, prior: &StoredObject, planned: &Value) -> Outcome {
    work.last = Some(prior.clone());
    match finish_update(work, prior, planned).await {
        Ok(object) => Outcome::reached(Some(object)),
        Err(error) => Outcome::failed(work.last.take(), error),
    }
}

async fn finish_update(work: &mut Work<'_>, prior: &StoredObject, planned: &Value) -> CallResult<StoredObject> {
    let there = if work.target.resource.is_local() {
        prior.clone()
    } else {
        work.until_there(AnyKnown::Prior(prior), Accept::ReadyOrFailed).await?
    };
    let there = change(work, Some(&prior.value), planned, there).await?;
    work.until_settled(Some(&prior.value), planned, there).await
}

/// Calls `update` until it is done; returns what is there then.
async fn change(
    work: &mut Work<'_>,
    prior: Option<&Value>,
    planned: &Value,
    mut there: StoredObject,
) -> CallResult<StoredObject> {
    loop {
        let step = work.update(prior, planned, &there).await?;
        let known = carried(planned, &there);
        match step {
            Step::Done | Step::Left => return until_current(work, prior, planned, &there).await,
            Step::More => there = until_changed(work, &known, &there, planned).await?,
            Step::Running(handle) => {
                work.until_ended(&there, &handle).await?;
                there = work.until_there(AnyKnown::Prior(&known), Accept::Ready).await?;
            }
        }
    }
}

/// Looks until the object is ready and no changed argument still shows its old value: reads can lag behind calls. An
/// argument that the service will not change is left at that after a few looks.
async fn until_current(
    work: &mut Work<'_>,
    prior: Option<&Value>,
    planned: &Value,
    before: &StoredObject,
) -> CallResult<StoredObject> {
    let known = carried(planned, before);
    let mut pace = Pace::brisk();
    let mut looks = 0;
    loop {
        let there = work.until_there(AnyKnown::Prior(&known), Accept::Ready).await?;
        looks += 1;
        if looks >= LOOKS_AT_OLD_VALUES || !shows_old_value(prior, &known, before, &there) {
            return Ok(there);
        }
        work.pause(pace.next(), "the change to become visible").await?;
    }
}

/// Returns whether an argument is as it was `before` the call, though `known` is what the call was to make of it. Where
/// nothing was prior, a call that finishes a creation changes what the creation left.
fn shows_old_value(prior: Option<&Value>, known: &StoredObject, before: &StoredObject, there: &StoredObject) -> bool {
    let prior = prior.unwrap_or(&before.value);
    known.value.as_map().into_iter().flatten().any(|(name, wanted)| {
        let shown = there.value.get(name);
        prior.get(name) != Some(wanted) && shown != Some(wanted) && shown == before.value.get(name)
    })
}

/// Looks until the object is ready and differs from `before`: another call is only made upon news of the last one.
async fn until_changed(
    work: &mut Work<'_>,
    known: &StoredObject,
    before: &StoredObject,
    planned: &Value,
) -> CallResult<StoredObject> {
    let called = work.elapsed();
    let mut pace = Pace::brisk();
    let mut was_pending = false;
    loop {
        match work.observe_again(AnyKnown::Prior(known)).await? {
            AnyObserved::There(Phase::Ready, object) if was_pending || object != *before => return Ok(object),
            AnyObserved::There(Phase::Ready, _) => {}
            AnyObserved::There(Phase::Pending(word), _) => {
                was_pending = true;
                work.waiting(word.as_str());
                let mut pace = work.pace();
                work.pause(pace.next(), &word).await?;
                continue;
            }
            AnyObserved::There(Phase::Failed(why), _) => return Err(CallError::local("failed", why)),
            AnyObserved::Gone => {
                work.last = None;
                return Err(CallError::local("gone", "the object is gone: something else removed it"));
            }
        }
        if work.elapsed().saturating_sub(called) >= STALE {
            return Err(unchanged(planned, before));
        }
        work.pause(pace.next(), "the change to become visible").await?;
    }
}

fn unchanged(planned: &Value, there: &StoredObject) -> CallError {
    let differing = planned.as_map().into_iter().flatten().filter(|(name, value)| {
        value.is_wholly_known() && !value.is_null() && there.value.get(name).is_some_and(|there| there != *value)
    });
    let names: Vec<_> = differing.map(|(name, _)| format!("`{name}`")).collect();
    let names = if names.is_empty() { "the object".to_owned() } else { names.join(", ") };
    CallError::local("unchanged", format!("the service accepted the change but did not change {names}"))
}

/// Returns what is known of an object once a change of it was accepted: planned values where they are known, which is
/// where a type finds what the service does not return.
fn carried(planned: &Value, there: &StoredObject) -> StoredObject {
    StoredObject { value: completed(planned, &there.value), private: there.private.clone() }
}

/// Returns what was planned, with what is there in place of what is not known.
fn completed(planned: &Value, there: &Value) -> Value {
    if planned.is_wholly_known() {
        return planned.clone();
    }
    match (planned.kind(), there.kind()) {
        (Kind::Object(parts), Kind::Object(others)) => {
            let mut all = others.clone();
            for (name, part) in parts {
                match others.get(name) {
                    Some(other) => _ = all.insert(name.clone(), completed(part, other)),
                    None if part.is_wholly_known() => _ = all.insert(name.clone(), part.clone()),
                    None => {}
                }
            }
            Value::object(all)
        }
        (Kind::List(element, parts), Kind::List(_, others)) if parts.len() == others.len() => {
            let all = parts.iter().zip(others).map(|(part, other)| completed(part, other));
            Value::list(element.clone(), all.collect())
        }
        _ => there.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_value::Type;

    #[test]
    fn what_was_planned_of_a_block_is_known_though_the_service_completes_it() {
        let disk = |tags: &str, id: Value| Value::object_of([("tags", Value::from(tags)), ("id", id)]);
        let disks = |disk: Value| Value::object_of([("disk", Value::list(disk.r#type(), vec![disk]))]);
        let planned = disks(disk("mine", Value::unknown(Type::String)));
        let there = disks(disk("", "vol-1".into()));
        assert_eq!(completed(&planned, &there), disks(disk("mine", "vol-1".into())));
    }

    #[test]
    fn what_is_not_known_at_all_is_as_it_is_there() {
        let there = Value::object_of([("arn", Value::from("a"))]);
        let planned = Value::object_of([("arn", Value::unknown(Type::String))]);
        assert_eq!(completed(&planned, &there), there);
    }
}
