//! Systems Manager: parameters, the account's own and the public ones of images.

mod filter;
mod label;
mod parameter;
mod public;
mod read;
mod tags;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use parameter::{Parameter, Version};

use super::Family;
use super::constraints::range;
use super::page::{Paging, page};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[&label::FAMILY, &read::FAMILY, &tags::FAMILY, &write::FAMILY];

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
}

impl Scope<'_> {
    /// Returns the value of a parameter, public or the account's own, as EC2 resolves `resolve:ssm:NAME`.
    pub fn ssm_value(&self, name: &str) -> Option<String> {
        let found = parameter::find(self, name).ok()?;
        Some(found.value(true))
    }
}

/// Returns the error for a parameter that is not there. AWS sends it without a message; its documentation has this one.
fn not_found() -> Fault {
    Fault::new("ParameterNotFound", "The parameter couldn't be found. Verify the name and try again.")
}

fn validation(message: impl Into<String>) -> Fault {
    Fault::new("ValidationException", message)
}

/// Returns the names of parameters that an input lists.
fn names(input: &Tree) -> Result<Vec<&str>, Fault> {
    let names = input.texts("Names");
    if names.is_empty() {
        return Err(Fault::missing("Names"));
    }
    if names.len() > 10 {
        let why = "Member must have length less than or equal to 10";
        return Err(Fault::invalid("names", format!("[{}]", names.join(", ")), why));
    }
    Ok(names)
}

fn listed(input: &Tree, most: i64, items: Vec<Tree>) -> Result<Tree, Fault> {
    let paging = Paging {
        size: "MaxResults",
        token: "NextToken",
        least: 1,
        most,
        usual: most,
        bad_token: |_| Fault::new("InvalidNextToken", "The specified token is not valid."),
    };
    range(input, paging.size, paging.least, paging.most)?;
    let page = page(&paging, input, items)?;
    Ok(Tree::object().with("Parameters", page.items).with("NextToken", page.next))
}
