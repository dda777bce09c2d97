//! Outcomes of conditions, kept between runs.

/// What kind of block a condition belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// Pre- and postconditions of a resource or data source.
    Resource,
    /// Preconditions of an output.
    Output,
    /// A `check` block.
    Check,
    /// Validations of a variable.
    Variable,
}

/// How a condition went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It could not be evaluated.
    Error,
    /// It is known only after apply.
    Unknown,
}

/// Outcome of all conditions of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// What kind of block.
    pub kind: CheckKind,
    /// Address of the block, without instance keys: `check.a`, `module.m.var.x`.
    pub config_address: String,
    /// The worst outcome of its instances.
    pub status: CheckStatus,
    /// Outcome by instance.
    pub objects: Vec<CheckObject>,
}

/// Outcome of the conditions of one instance of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckObject {
    /// Address of the instance.
    pub address: String,
    /// The worst outcome of its conditions.
    pub status: CheckStatus,
    /// Messages of those that failed.
    pub failure_messages: Vec<String>,
}
