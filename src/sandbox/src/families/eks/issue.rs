//! What is wrong with something, as its health and the errors of its updates tell.

use serde::{Deserialize, Serialize};

use crate::tree;
use crate::tree::Tree;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Code, such as `NodeCreationFailure`.
    pub code: String,
    /// Message.
    pub message: String,
    /// What it concerns.
    pub resource_ids: Vec<String>,
}

impl Issue {
    /// Returns an issue.
    pub fn new(code: &str, message: impl Into<String>, resource_ids: impl IntoIterator<Item = String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), resource_ids: resource_ids.into_iter().collect() }
    }

    /// Returns the issue that bad luck makes.
    pub fn internal_failure() -> Self {
        Self::new("InternalFailure", "An internal failure occurred.", [])
    }

    /// Returns the issue as an update has it.
    pub fn shown_in_update(&self) -> Tree {
        let ids = Tree::list(self.resource_ids.iter());
        tree! { "errorCode": &self.code, "errorMessage": &self.message, "resourceIds": ids }
    }
}

/// Returns the health of something with these issues.
pub fn health(issues: &[Issue]) -> Tree {
    let issues = issues.iter().map(|issue| {
        let ids = Tree::list(issue.resource_ids.iter());
        tree! { "code": &issue.code, "message": &issue.message, "resourceIds": ids }
    });
    tree! { "issues": Tree::list(issues) }
}
