//! Lists of EC2's objects: by id, by filter, in pages.

use std::collections::BTreeMap;

use super::filters::Filters;
use super::{PAGING, Store, kinds};
use crate::families::page::{Paging, page};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// An object that a Describe operation lists.
pub trait Listed: Sized + 'static {
    /// Member of the input that names ids, such as `VpcId`.
    const IDS: &'static str;
    /// Member of the output with the list, such as `vpcSet`.
    const SET: &'static str;
    /// Prefix of the ids, such as `vpc`.
    const PREFIX: &'static str;

    /// How the list is paged.
    const PAGING: Paging = PAGING;

    /// Returns all of them.
    fn all(store: &Store) -> &BTreeMap<String, Self>;

    /// Returns what an object has for a filter; nothing where there is no such filter. Tags are done elsewhere.
    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>>;

    /// Returns the object as answers have it.
    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree;

    /// Returns whether a list that names no ids has the object.
    fn is_listed(&self) -> bool {
        true
    }
}

/// Members of a list's input, but the ids.
macro_rules! members {
    ($($ids:literal),+) => {
        &[$($ids,)+ "Filter", "MaxResults", "NextToken"]
    };
}
pub(crate) use members;

/// The handler of a Describe operation.
///
/// # Errors
/// When an id is not there, or a filter or the paging is refused.
pub fn describe<T: Listed>(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let named = kinds::named(store, input, T::IDS, T::PREFIX)?;
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for (id, object) in T::all(store) {
        let is_wanted = named.as_ref().map_or_else(|| object.is_listed(), |ids| ids.contains(&id.as_str()));
        if is_wanted && filters.accept_tagged(store, id, |name| object.filter(scope, id, name))? {
            found.push((id, object));
        }
    }
    let page = page(&T::PAGING, input, found)?;
    let set = page.items.into_iter().map(|(id, object)| object.shown(scope, id));
    Ok(Tree::object().with(T::SET, Tree::list(set)).with("nextToken", page.next))
}

/// Returns one object as answers have it.
///
/// # Errors
/// When it is not there.
pub fn one<T: Listed>(scope: &Scope<'_>, id: &str) -> Result<Tree, Fault> {
    T::all(scope.ec2()).get(id).map(|object| object.shown(scope, id)).ok_or_else(|| kinds::missing(id))
}
