//! Many objects in few calls: describing by filter, and sorting the answers back to those who asked.

use std::collections::BTreeMap;
use std::future::Future;

use aws_sdk_ec2::types::Filter;
use landfall_provider::{CallResult, Known, Observed, Resource};

/// Values that one filter of EC2 takes.
const VALUES_PER_FILTER: usize = 200;

/// Returns an EC2 filter by name that any of `values` matches.
pub fn filter(name: &str, values: Vec<String>) -> Vec<Filter> {
    vec![Filter::builder().name(name).set_values(Some(values)).build()]
}

/// Answers `observe_many` from one `describe` for up to 200 ids each. What no answer names is gone.
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
    D: Future<Output = CallResult<Vec<T>>>,
{
    let mut answers = Vec::with_capacity(known.len());
    for chunk in known.chunks(VALUES_PER_FILTER) {
        let ids = chunk.iter().map(|known| known.id().to_owned()).collect();
        match describe(ids).await {
            Ok(found) => {
                let found: BTreeMap<&str, &T> = found.iter().filter_map(|item| Some((id_of(item)?, item))).collect();
                answers.extend(chunk.iter().map(|known| match found.get(known.id()) {
                    Some(item) => observed(known, item),
                    None => Ok(Observed::Gone),
                }));
            }
            Err(error) => answers.extend(chunk.iter().map(|_| Err(error.clone()))),
        }
    }
    answers
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
