//! Reads of what is there: refresh, import, data sources.

use std::time::Duration;

use landfall_value::Value;

use crate::runtime::attempt::Attempts;
use crate::runtime::{Cancellation, Class, Runtime, StoredObject, Target};
use crate::{AnyDataSource, AnyKnown, AnyObserved, AnyResource, CallError, CallResult, Client};

/// For how long a read is worth further attempts.
const READ_LIMIT: Duration = Duration::from_secs(5 * 60);
/// Objects that one `observe_many` is asked for.
const READ_AT_ONCE: usize = 200;

/// Reads objects of one type. Whatever phase an object is in, it is data.
pub(super) async fn refresh(
    runtime: &Runtime,
    resource: &dyn AnyResource,
    client: &Client,
    cancel: &Cancellation,
    objects: &[&StoredObject],
) -> Vec<CallResult<Option<StoredObject>>> {
    let mut answers = Vec::with_capacity(objects.len());
    for chunk in objects.chunks(READ_AT_ONCE) {
        if cancel.is_cancelled() {
            let left = objects.len() - answers.len();
            answers.extend(
                (0..left).map(|_| Err(CallError::local(crate::runtime::INTERRUPTED, "interrupted before it was read"))),
            );
            break;
        }
        runtime.budgets.take(&*runtime.clock, resource.service(), Class::Read).await;
        let known: Vec<_> = chunk.iter().map(|object| AnyKnown::Prior(object)).collect();
        let observed = resource.observe_many(client, &known).await;
        for (known, observed) in known.into_iter().zip(observed) {
            let answer = match observed {
                Ok(observed) => Ok(stored(observed)),
                Err(first) => again(runtime, resource, client, cancel, known, first).await,
            };
            answers.push(answer);
        }
    }
    answers
}

/// Reads the object of an import id.
pub(super) async fn import(runtime: &Runtime, target: Target<'_>, id: &str) -> CallResult<Option<StoredObject>> {
    let Target { resource, client, cancel, progress } = target;
    let deadline = Some(runtime.clock.now() + READ_LIMIT);
    let retry = |error: &CallError| resource.retry(error);
    let service = resource.service();
    let attempts = Attempts { runtime, cancel, service, class: Class::Read, deadline, retry: &retry, progress };
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
    let deadline = Some(runtime.clock.now() + READ_LIMIT);
    let retry = |error: &CallError| data.retry(error);
    let service = data.service();
    let progress = &|_| {};
    let attempts = Attempts { runtime, cancel, service, class: Class::Read, deadline, retry: &retry, progress };
    attempts.run(async || data.read(client, config).await).await
}

/// Reads an object by itself whose read with others failed; that failure counts as the first attempt.
async fn again(
    runtime: &Runtime,
    resource: &dyn AnyResource,
    client: &Client,
    cancel: &Cancellation,
    known: AnyKnown<'_>,
    first: CallError,
) -> CallResult<Option<StoredObject>> {
    let mut first = Some(first);
    let deadline = Some(runtime.clock.now() + READ_LIMIT);
    let retry = |error: &CallError| resource.retry(error);
    let service = resource.service();
    let progress = &|_| {};
    let attempts = Attempts { runtime, cancel, service, class: Class::Read, deadline, retry: &retry, progress };
    let read = async || match first.take() {
        Some(error) => Err(error),
        None => one(resource, client, known).await,
    };
    attempts.run(read).await
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
