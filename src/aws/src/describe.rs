//! Many objects in few calls: describing by filter, and sorting the answers back to those who asked.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use aws_sdk_ec2::types::Filter;
use futures::{FutureExt, StreamExt};
use landfall_provider::{CallResult, Known, Observed, Resource};

/// Values that one filter of EC2 takes.
pub const VALUES_PER_FILTER: usize = 200;
/// Parents whose children are listed at the same time.
const CONCURRENT_LISTS: usize = 16;

/// Returns an EC2 filter by name that any of `values` matches.
pub fn filter(name: &str, values: Vec<String>) -> Vec<Filter> {
    vec![Filter::builder().name(name).set_values(Some(values)).build()]
}

/// Answers `observe_many` from one `describe`. What it does not name is gone.
///
/// `describe` filters by id (never lists ids: one that is missing would fail the call), `id_of` names what came back,
/// `observed` makes an object of it.
pub async fn by_id<R, T, D>(
    known: &[Known<R>],
    describe: impl Fn(Vec<String>) -> D,
    id_of: impl Fn(&T) -> Option<&str>,
    observed: impl Fn(&Known<R>, &T) -> CallResult<Observed<R>>,
) -> Vec<CallResult<Observed<R>>>
where
    R: Resource,
    T: Clone,
    D: Future<Output = CallResult<Vec<T>>>,
{
    let id_of = |item: &T| id_of(item).map(ToOwned::to_owned);
    let found = described(known, describe, id_of).await;
    let answer = |(known, found): (&Known<R>, CallResult<Option<T>>)| match found? {
        Some(item) => observed(known, &item),
        None => Ok(Observed::Gone),
    };
    known.iter().zip(found).map(answer).collect()
}

/// Describes many objects in one call: what was found for each, in order.
pub async fn described<R, T, D>(
    known: &[Known<R>],
    describe: impl Fn(Vec<String>) -> D,
    id_of: impl Fn(&T) -> Option<String>,
) -> Vec<CallResult<Option<T>>>
where
    R: Resource,
    T: Clone,
    D: Future<Output = CallResult<Vec<T>>>,
{
    match describe(known.iter().map(|known| known.id().to_owned()).collect()).await {
        Ok(items) => {
            let found: BTreeMap<String, T> = items.into_iter().filter_map(|item| Some((id_of(&item)?, item))).collect();
            known.iter().map(|known| Ok(found.get(known.id()).cloned())).collect()
        }
        Err(error) => known.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Answers `observe_many` of objects that a parent lists, with one `list` for each parent.
///
/// `parent_of` names an object's parent, `observed` finds the object among what the parent has: nothing if it is gone.
pub async fn by_parent<R, T, L>(
    known: &[Known<R>],
    parent_of: impl Fn(&Known<R>) -> String,
    list: impl Fn(String) -> L,
    observed: impl Fn(&Known<R>, &[T]) -> Observed<R>,
) -> Vec<CallResult<Observed<R>>>
where
    R: Resource,
    L: Future<Output = CallResult<Vec<T>>>,
{
    let parents: Vec<String> = known.iter().map(parent_of).collect();
    let distinct: BTreeSet<String> = parents.iter().cloned().collect();
    let lists = futures::stream::iter(distinct).map(|parent| list(parent.clone()).map(move |found| (parent, found)));
    let lists: BTreeMap<String, CallResult<Vec<T>>> = lists.buffered(CONCURRENT_LISTS).collect().await;
    let answer = |(known, parent): (&Known<R>, &String)| match lists.get(parent) {
        Some(Ok(found)) => Ok(observed(known, found)),
        Some(Err(error)) => Err(error.clone()),
        None => Ok(Observed::Gone),
    };
    known.iter().zip(&parents).map(answer).collect()
}

/// Returns the answer about a single object: `observe` by means of `observe_many`.
///
/// # Errors
/// What was answered.
///
/// # Panics
/// If there is no answer: `observe_many` gives one for each object.
pub fn only<T>(answers: Vec<CallResult<T>>) -> CallResult<T> {
    answers.into_iter().next().expect("one answer for each object that is known")
}
