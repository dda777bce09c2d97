//! What exists, as a list for people.

use crate::scope::Scope;

/// One thing that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The account.
    pub account: String,
    /// The region; `global` for what has none.
    pub region: String,
    /// What it is, such as `VPC`.
    pub kind: &'static str,
    /// Its id, or its name where it has none.
    pub id: String,
    /// Its name, where that is something else.
    pub name: String,
    /// Its state, or what else matters of it.
    pub state: String,
}

/// Makes items of one scope.
pub struct Inventory<'a, 'w> {
    /// Whose things these are.
    pub scope: &'a Scope<'w>,
    items: Vec<Item>,
    region: String,
}

impl<'a, 'w> Inventory<'a, 'w> {
    pub(crate) fn new(scope: &'a Scope<'w>, region: &str) -> Self {
        Self { scope, items: Vec::new(), region: region.to_owned() }
    }

    /// Adds a thing.
    pub fn add(&mut self, kind: &'static str, id: &str, name: &str, state: impl Into<String>) {
        self.items.push(Item {
            account: self.scope.account.to_owned(),
            region: self.region.clone(),
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
            state: state.into(),
        });
    }

    /// Adds a thing of EC2, whose name is a tag.
    pub fn add_tagged(&mut self, kind: &'static str, id: &str, state: impl Into<String>) {
        let name = self.scope.ec2().tag(id, "Name").unwrap_or_default().to_owned();
        self.add(kind, id, &name, state);
    }

    pub(crate) fn into_items(self) -> Vec<Item> {
        self.items
    }
}
