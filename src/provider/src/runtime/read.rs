//! Reads of what is there: refresh, import, data sources.

use futures::future::join_all;
use landfall_value::Value;
use tokio::sync::Semaphore;

use crate::runtime::attempt::{Attempts, Caller, pause};
use crate::runtime::pace::Pace;
use crate::runtime::{Cancellation, INTERRUPTED, Runtime, StoredObject, Target};
use crate::{AnyDataSource, AnyKnown, AnyObserved, AnyResource, CallError, CallResult, Client};

/// How often more an object is looked at that is not seen: a read may be of a moment before it was there.
pub(super) const LOOKS_AT_NOTHING: u32 = 2;

/// Who reads.
pub(super) struct Reader<'a> {
    pub runtime: &'a Runtime,
    pub resource: &'a dyn AnyResource,
    pub client: &'a Client,
    pub cancel: &'a Cancellation,
}

/// Reads objects of one type. Whatever phase an object is in, it is data.
pub(super) async fn refresh(
    reader: &Reader<'_>,
    permits: &Semaphore,
    objects: &[&StoredObject],
) -> Vec<CallResult<Option<StoredObject>>> {
    let reads = objects.chunks(reader.resource.read_at_once().max(1)).map(async |objects| {
        let _permit = permits.acquire().await;
        reader.look(objects).await
    });
    join_all(reads).await.into_iter().flatten().collect()
}

impl Reader<'_> {
    /// Reads objects with one call; those that are not seen, and those whose read failed by itself, are looked at again.
    async fn look(&self, objects: &[&StoredObject]) -> Vec<CallResult<Option<StoredObject>>> {
        let mut answers = self.once(objects).await;
        let mut pace = Pace::brisk();
        for _ in 0..LOOKS_AT_NOTHING {
            let unseen: Vec<usize> = (0..objects.len()).filter(|at| matches!(answers[*at], Ok(None))).collect();
            let can_be_late = !self.resource.is_local() && !unseen.is_empty();
            if !can_be_late || pause(self.runtime, self.cancel, pace.next()).await.is_err() {
                break;
            }
            let again: Vec<&StoredObject> = unseen.iter().map(|at| objects[*at]).collect();
            for (at, answer) in unseen.into_iter().zip(self.once(&again).await) {
                answers[at] = answer;
            }
        }
        answers
    }

    async fn once(&self, objects: &[&StoredObject]) -> Vec<CallResult<Option<StoredObject>>> {
        let all = match self.attempt(async || self.all(objects).await).await {
            Ok(all) => all,
            Err(error) => return objects.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut answers = Vec::with_capacity(all.len());
        for (object, answer) in objects.iter().zip(all) {
            answers.push(match answer {
                Ok(found) => Ok(found),
                Err(first) => self.again(object, first).await,
            });
        }
        answers
    }

    /// Makes one call; its failure is that of all objects.
    async fn all(&self, objects: &[&StoredObject]) -> CallResult<Vec<CallResult<Option<StoredObject>>>> {
        if self.cancel.is_cancelled() {
            return Err(CallError::local(INTERRUPTED, "interrupted before it was read"));
        }
        let known: Vec<_> = objects.iter().map(|object| AnyKnown::Prior(object)).collect();
        let observed = self.resource.observe_many(self.client, &known).await;
        match observed.iter().find_map(|answer| answer.as_ref().err()) {
            Some(error) if observed.iter().all(Result::is_err) => Err(error.clone()),
            Some(_) | None => Ok(observed.into_iter().map(|answer| answer.map(stored)).collect()),
        }
    }

    /// Reads an object by itself whose read with others failed; that failure counts as the first attempt.
    async fn again(&self, object: &StoredObject, first: CallError) -> CallResult<Option<StoredObject>> {
        let mut first = Some(first);
        let read = async || match first.take() {
            Some(error) => Err(error),
            None => one(self.resource, self.client, AnyKnown::Prior(object)).await,
        };
        self.attempt(read).await
    }

    async fn attempt<T>(&self, call: impl AsyncFnMut() -> CallResult<T>) -> CallResult<T> {
        let retry = |error: &CallError| self.resource.retry(error);
        Caller::new(self.runtime, self.cancel).attempts(self.resource.service(), &retry).run(call).await
    }
}

/// Reads the object of an import id.
pub(super) async fn import(runtime: &Runtime, target: Target<'_>, id: &str) -> CallResult<Option<StoredObject>> {
    let Target { resource, client, cancel, progress } = target;
    let retry = |error: &CallError| resource.retry(error);
    let attempts = Attempts { progress, ..Caller::new(runtime, cancel).attempts(resource.service(), &retry) };
    attempts.run(async || one(resource, client, AnyKnown::Import(id)).await).await
}

/// Reads a data source.
pub(super) async fn data(
    runtime: &Runtime,
    data: &dyn AnyDataSource,
    client: &Client,
    cancel: &Cancellation,
    config: &Value,
) -> CallResult<Value> {
    let retry = |error: &CallError| data.retry(error);
    let attempts = Caller::new(runtime, cancel).attempts(data.service(), &retry);
    attempts.run(async || data.read(client, config).await).await
}

async fn one(resource: &dyn AnyResource, client: &Client, known: AnyKnown<'_>) -> CallResult<Option<StoredObject>> {
    let known = [known];
    let mut answers = resource.observe_many(client, &known).await;
    answers.pop().unwrap_or(Ok(AnyObserved::Gone)).map(stored)
}

fn stored(observed: AnyObserved) -> Option<StoredObject> {
    match observed {
        AnyObserved::Gone => None,
        AnyObserved::There(_, object) => Some(object),
    }
}
