//! `count` and `for_each`: from an expression to the instances of a block.

use landfall_diag::Diagnostics;
use landfall_lang::{Expr, Scope};

use super::instances::{Repeated, Repetition};

/// The instances of a block.
#[derive(Clone, Debug)]
pub(crate) struct Repetitions {
    pub(crate) repeated: Repeated,
    /// One entry for each instance, in order of key.
    pub(crate) each: Vec<Repetition>,
}

/// Evaluates `count` or `for_each`. On errors there is no instance.
pub(crate) fn repetitions(
    count: Option<&Expr>,
    for_each: Option<&Expr>,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Repetitions {
    let repeated = Repeated::of(count.is_some(), for_each.is_some());
    let each = match (count, for_each) {
        (Some(count), _) => landfall_lang::evaluate_count(count, scope, diagnostics)
            .map_or_else(Vec::new, |count| (0..count).map(Repetition::Index).collect()),
        (None, Some(for_each)) => landfall_lang::evaluate_for_each(for_each, scope, diagnostics)
            .map_or_else(Vec::new, |each| each.into_iter().map(|(key, value)| Repetition::Each(key, value)).collect()),
        (None, None) => vec![Repetition::None],
    };
    Repetitions { repeated, each }
}
