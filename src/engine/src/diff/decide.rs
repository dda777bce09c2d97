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
            // Terraform names the trigger even where there is nothing to replace yet.
            reason: proposal.force.filter(|force| *force == Reason::ReplaceByTriggers),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use landfall_value::Type;
    use landfall_value::schema::Attribute;

    use super::*;

    fn block() -> Block {
        let argument = |r#type| Attribute { optional: true, ..Attribute::plain(r#type) };
        let attributes = [
            ("id", Attribute { computed: true, ..Attribute::plain(Type::String) }),
            ("name", Attribute { replace: true, ..argument(Type::String) }),
            ("size", argument(Type::Number)),
            ("tags", argument(Type::map(Type::String))),
        ];
        let attributes = attributes.into_iter().map(|(name, attribute)| (Arc::from(name), attribute)).collect();
        Block { attributes, ..Block::default() }
    }

    fn object(id: Value, name: &str, size: impl Into<Value>, tags: &[(&str, &str)]) -> Value {
        let tags = tags.iter().map(|(key, value)| (Arc::from(*key), Value::from(*value))).collect();
        Value::object_of([
            ("id", id),
            ("name", Value::from(name)),
            ("size", size.into()),
            ("tags", Value::map(Type::String, tags)),
        ])
    }

    fn config(name: &str, size: impl Into<Value>, tags: &[(&str, &str)]) -> Value {
        object(Value::null(Type::String), name, size, tags)
    }

    fn decided(prior: &Value, config: &Value, ignored: &IgnoreChanges, force: Option<Reason>) -> Decision {
        decide(&Proposal {
            block: &block(),
            prior,
            config,
            ignored,
            force,
            create_before_destroy: false,
            plan: &|_| Overrides::none(),
        })
    }

    fn ignoring_path(path: AttributePath) -> IgnoreChanges {
        let nowhere = landfall_diag::Span { source: landfall_diag::SourceId(0), start: 0, end: 0 };
        IgnoreChanges::Paths(vec![(path, nowhere)])
    }

    const NOTHING: IgnoreChanges = IgnoreChanges::Nothing;

    #[test]
    fn a_new_object_has_unknown_computed_attributes() {
        let decision = decided(&Value::NULL, &config("a", 1, &[]), &NOTHING, None);
        assert_eq!(decision.action, Action::Create);
        assert!(!decision.after.get("id").expect("an id").is_known());
    }

    #[test]
    fn an_update_keeps_computed_attributes() {
        let prior = object("x-1".into(), "a", 1, &[]);
        let decision = decided(&prior, &config("a", 2, &[]), &NOTHING, None);
        assert_eq!(decision.action, Action::Update);
        assert_eq!(decision.after.get("id"), Some(&"x-1".into()));
    }

    #[test]
    fn a_replacement_names_the_attributes_that_force_it() {
        let prior = object("x-1".into(), "a", 1, &[]);
        let decision = decided(&prior, &config("b", 1, &[]), &NOTHING, None);
        assert_eq!(decision.action, Action::Replace { create_before_destroy: false });
        assert_eq!(decision.reason, Some(Reason::ReplaceBecauseCannotUpdate));
        assert_eq!(decision.replace_paths, [AttributePath::root().attribute("name")]);
        assert!(!decision.after.get("id").expect("an id").is_known());
    }

    #[test]
    fn unknown_values_of_replacing_attributes_replace() {
        let prior = object("x-1".into(), "a", 1, &[]);
        let wanted = config("a", 1, &[]).with_attribute("name", Value::unknown(Type::String));
        assert!(matches!(decided(&prior, &wanted, &NOTHING, None).action, Action::Replace { .. }));
    }

    #[test]
    fn tainted_objects_are_replaced_without_difference() {
        let prior = object("x-1".into(), "a", 1, &[]);
        let decision = decided(&prior, &config("a", 1, &[]), &NOTHING, Some(Reason::ReplaceBecauseTainted));
        assert_eq!(decision.reason, Some(Reason::ReplaceBecauseTainted));
        assert!(decision.replace_paths.is_empty());
    }

    #[test]
    fn ignored_keys_of_maps_stay_and_others_change() {
        let prior = object("x-1".into(), "a", 1, &[("theirs", "1"), ("ours", "1")]);
        let ignored = ignoring_path(AttributePath::root().attribute("tags").index("theirs"));
        let decision = decided(&prior, &config("a", 1, &[("ours", "2")]), &ignored, None);
        assert_eq!(decision.action, Action::Update);
        assert_eq!(decision.after.get("tags").and_then(|tags| tags.get("theirs")), Some(&"1".into()));
        let decision = decided(&prior, &config("a", 1, &[("ours", "1")]), &ignored, None);
        assert_eq!(decision.action, Action::NoOp);
    }

    #[test]
    fn a_replacement_ignores_no_change() {
        let prior = object("x-1".into(), "a", 1, &[]);
        let ignored = ignoring_path(AttributePath::root().attribute("size"));
        let decision = decided(&prior, &config("b", 2, &[]), &ignored, None);
        assert_eq!(decision.after.get("size"), Some(&2.into()));
    }

    #[test]
    fn secrecy_alone_is_an_update() {
        let prior = object("x-1".into(), "a", 1, &[]);
        let secret = Value::from(1).with_marks(Marks::SENSITIVE);
        assert_eq!(decided(&prior, &config("a", secret, &[]), &NOTHING, None).action, Action::Update);
    }
}
