//! What commands ask of the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{ResourceInstance, Target};
use landfall_diag::Span;
use landfall_value::Value;

/// What a plan is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanMode {
    /// Make things as the configuration says.
    #[default]
    Normal,
    /// Destroy everything.
    Destroy,
    /// Only bring the state up to date.
    RefreshOnly,
}

/// A value given for a variable of the root module.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableInput {
    /// The value, not converted yet: environment and command line give strings for primitive types.
    pub value: Value,
    /// Where it was written, if in a file.
    pub span: Option<Span>,
}

/// How to plan.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// What the plan is for.
    pub mode: PlanMode,
    /// Whether to look at every object (`-refresh`, true if not given).
    pub refresh: bool,
    /// `-target`: only these and what they depend on.
    pub targets: Vec<Target>,
    /// `-exclude`: all but these and what depends on them. Not with targets, and not for a destruction.
    pub excludes: Vec<Target>,
    /// `-replace`
    pub replace: Vec<ResourceInstance>,
    /// Objects to import beside those of `import` blocks, with their identifiers: what the command `import` asks for.
    pub imports: BTreeMap<ResourceInstance, String>,
    /// Values given for variables of the root module.
    pub variables: BTreeMap<Arc<str>, VariableInput>,
    /// Greatest number of calls at a time; none for what the API budgets allow.
    pub parallelism: Option<usize>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            mode: PlanMode::Normal,
            refresh: true,
            targets: Vec::new(),
            excludes: Vec::new(),
            replace: Vec::new(),
            imports: BTreeMap::new(),
            variables: BTreeMap::new(),
            parallelism: None,
        }
    }
}

/// How to apply.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Values of ephemeral variables, which no plan holds.
    pub variables: BTreeMap<Arc<str>, VariableInput>,
    /// Greatest number of calls at a time; none for what the API budgets allow.
    pub parallelism: Option<usize>,
}
