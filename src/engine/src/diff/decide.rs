//! The decision for one managed object.

use landfall_lang::config::IgnoreChanges;
use landfall_provider::{Overrides, Planned};
use landfall_value::schema::{self, Block};
use landfall_value::{AttributePath, Marks, Value, differences};

use super::ignore::ignoring;
use super::replace::replacing;
use crate::prior::marked_like;
use crate::{Action, Reason};

/// What a decision is made from. Values are objects of the whole schema; marks are those of the configuration and of
/// the state.
pub(crate) struct Proposal<'a> {
    /// The schema.
    pub(crate) block: &'a Block,
    /// The object as it is; null if there is none.
    pub(crate) prior: &'a Value,
    /// What the user wrote.
    pub(crate) config: &'a Value,
    /// `ignore_changes`
    pub(crate) ignored: &'a IgnoreChanges,
    /// Why the object is replaced whatever the difference.
    pub(crate) force: Option<Reason>,
    /// Whether a replacement comes before the destruction.
    pub(crate) create_before_destroy: bool,
    /// What the resource type adds.
    pub(crate) plan: &'a dyn Fn(&Planned<'_>) -> Overrides,
}

/// What becomes of an object.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) action: Action,
    /// The planned object.
    pub(crate) after: Value,
    /// Attributes that force a replacement.
    pub(crate) replace_paths: Vec<AttributePath>,
    pub(crate) reason: Option<Reason>,
    /// Why the configuration cannot work.
    pub(crate) errors: Vec<(AttributePath, String)>,
}

/// Decides what becomes of an object.
pub(crate) fn decide(proposal: &Proposal<'_>) -> Decision {
    let config = ignoring(proposal.config, proposal.prior, proposal.ignored);
    if proposal.prior.is_null() {
        let (after, overrides) = propose(proposal, &Value::NULL, &config);
        return Decision {
            action: Action::Create,
            after,
            replace_paths: Vec::new(),
            reason: None,
            errors: overrides.errors,
        };
    }
    let prior = proposal.prior.unmarked_deep();
    let (after, overrides) = propose(proposal, &prior, &config);
    let differences = differences(&prior, &after.unmarked_deep());
    let replace_paths = replacing(proposal.block, &differences, &overrides);
    if proposal.force.is_some() || !replace_paths.is_empty() {
        return replacement(proposal, replace_paths);
    }
    let differs = !differences.is_empty();
    let action = if differs || sensitive(proposal.prior) != sensitive(&after) { Action::Update } else { Action::NoOp };
    Decision { action, after, replace_paths, reason: None, errors: overrides.errors }
}

/// Plans a new object in the place of the old one, of which nothing is kept: no change is ignored then.
fn replacement(proposal: &Proposal<'_>, replace_paths: Vec<AttributePath>) -> Decision {
    let (after, overrides) = propose(proposal, &Value::NULL, proposal.config);
    Decision {
        action: Action::Replace { create_before_destroy: proposal.create_before_destroy },
        after,
        reason: Some(proposal.force.unwrap_or(Reason::ReplaceBecauseCannotUpdate)),
        replace_paths,
        errors: overrides.errors,
    }
}

/// Returns the planned object as apply finds it again, with the action already decided: over `prior`, which is null for
/// a new object.
pub(crate) fn propose_final(proposal: &Proposal<'_>) -> (Value, Vec<(AttributePath, String)>) {
    let config = ignoring(proposal.config, proposal.prior, proposal.ignored);
    let (after, overrides) = propose(proposal, &proposal.prior.unmarked_deep(), &config);
    (after, overrides.errors)
}

fn sensitive(value: &Value) -> Vec<AttributePath> {
    match value.marks_deep().contains(Marks::SENSITIVE) {
        true => value.marked_paths(Marks::SENSITIVE),
        false => Vec::new(),
    }
}

/// Plans on values without marks: resource types compare values, and marks are no difference to them.
fn propose(proposal: &Proposal<'_>, prior: &Value, config: &Value) -> (Value, Overrides) {
    let plain = config.unmarked_deep();
    let mut proposed = schema::hide_write_only(proposal.block, &schema::propose(proposal.block, prior, &plain));
    if prior.is_null() {
        proposed = schema::planned_unknowns(proposal.block, &proposed);
    }
    let overrides = (proposal.plan)(&Planned { prior, config: &plain, proposed: &proposed });
    let after = overrides.values.iter().fold(proposed, |after, (path, value)| after.with_part(path, value.clone()));
    let after = marked_like(&after, config);
    (schema::mark_sensitive(proposal.block, &after), overrides)
}
