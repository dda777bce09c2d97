//! A plan: what would change, and in which order.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use landfall_addr::{DeposedKey, Mode, ModuleInstance, ProviderConfig, ResourceInstance, Target};
use landfall_diag::Diagnostics;
use landfall_state::{Change, CheckResult, ObjectId, State};
use landfall_value::{AttributePath, Value};

use crate::{PlanMode, VariableInput};

/// What would change. Values may be unknown in part ("known after apply") and carry their marks: those of the
/// configuration and those of the schema.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the plan is for.
    pub mode: PlanMode,
    /// One entry for each object that is there or will be, `NoOp` included, in order of address.
    pub changes: Vec<ResourceChange>,
    /// Objects that differ from what the state said, in order of address.
    pub drift: Vec<ResourceChange>,
    /// Outputs of the root module.
    pub outputs: BTreeMap<Arc<str>, OutputChange>,
    /// Outcomes of all conditions.
    pub checks: Vec<CheckResult>,
    /// Variables of the root module that were given, converted; ephemeral ones are left out and asked for again.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// Ephemeral variables that were given: apply needs them again.
    pub ephemeral_variables: Vec<Arc<str>>,
    /// `-target`
    pub targets: Vec<Target>,
    /// `-exclude`
    pub excludes: Vec<Target>,
    /// The state as it was read.
    pub previous: State,
    /// The state after moves and refresh: what apply starts from, and `prior_state` of the JSON form.
    pub state: State,
    /// What leads from `previous` to `state`; apply makes it durable first.
    pub state_changes: Vec<Change>,
    /// Instances of modules, callers before what they call.
    pub modules: Vec<ModuleInstance>,
    /// Attributes that took part in the plan and are of objects that have drifted.
    pub relevant_attributes: Vec<(ResourceInstance, AttributePath)>,
    /// When the plan was made, in nanoseconds since 1970.
    pub time: i128,
    /// Whether planning failed: this is what could be planned nonetheless, to be looked at and not to be applied.
    pub errored: bool,
}

/// Why planning failed.
#[derive(Debug)]
pub struct PlanFailure {
    /// All problems that were found, warnings too.
    pub diagnostics: Diagnostics,
    /// What could be planned nonetheless; none if planning did not begin.
    pub partial: Option<Box<Plan>>,
}

impl From<Diagnostics> for PlanFailure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self { diagnostics, partial: None }
    }
}

impl From<PlanFailure> for Diagnostics {
    fn from(failure: PlanFailure) -> Self {
        failure.diagnostics
    }
}

impl Plan {
    /// Returns a plan that leaves a state as it is.
    pub fn empty(mode: PlanMode, state: State, time: i128) -> Self {
        Self {
            mode,
            changes: Vec::new(),
            drift: Vec::new(),
            outputs: BTreeMap::new(),
            checks: Vec::new(),
            variables: BTreeMap::new(),
            ephemeral_variables: Vec::new(),
            targets: Vec::new(),
            excludes: Vec::new(),
            previous: state.clone(),
            state,
            state_changes: Vec::new(),
            modules: Vec::new(),
            relevant_attributes: Vec::new(),
            time,
            errored: false,
        }
    }

    /// Returns the values of root variables: those that the plan has, and the ephemeral ones among `given`.
    pub fn inputs(&self, given: &BTreeMap<Arc<str>, VariableInput>) -> BTreeMap<Arc<str>, VariableInput> {
        let planned = self.variables.iter().map(|(name, value)| {
            let input = VariableInput { value: value.clone(), span: None };
            (name.clone(), input)
        });
        let ephemeral = given.iter().filter(|(name, _)| self.ephemeral_variables.contains(*name));
        planned.chain(ephemeral.map(|(name, input)| (name.clone(), input.clone()))).collect()
    }

    /// Returns whether there is something to approve: what the exit code 2 of `-detailed-exitcode` says. What only
    /// refreshing found is recorded by any apply; by itself it is the purpose of a refresh-only plan alone.
    pub fn is_applicable(&self) -> bool {
        !self.errored && (self.has_changes() || self.mode == PlanMode::RefreshOnly && self.state.is_changed())
    }

    /// Returns whether any object or output would change, move or come in.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| change.is_visible() || change.moves_or_imports())
            || self.outputs.values().any(|output| !output.is_no_op())
    }

    /// Returns how many objects would be imported, added, changed and destroyed, for the summary line.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in self.changes.iter().filter(|change| change.address.resource.mode == Mode::Managed) {
            counts.import += usize::from(change.importing.is_some());
            match change.action {
                Action::NoOp | Action::Read => {}
                Action::Create => counts.add += 1,
                Action::Update => counts.change += 1,
                Action::Delete => counts.destroy += 1,
                Action::Replace { .. } => {
                    counts.add += 1;
                    counts.destroy += 1;
                }
                Action::Forget => counts.forget += 1,
            }
        }
        counts
    }
}

/// Numbers of the summary line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects to import.
    pub import: usize,
    /// Objects to add.
    pub add: usize,
    /// Objects to change.
    pub change: usize,
    /// Objects to destroy.
    pub destroy: usize,
    /// Objects to take out of the state only.
    pub forget: usize,
}

/// What will be done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// A new object.
    Create,
    /// A data source is read during apply.
    Read,
    /// Other arguments.
    Update,
    /// No object.
    Delete,
    /// Another object in its place.
    Replace {
        /// Whether the new object comes first.
        create_before_destroy: bool,
    },
    /// The object stays and leaves the state.
    Forget,
}

/// What will become of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceChange {
    /// The resource instance.
    pub address: ResourceInstance,
    /// Where it was before `moved` blocks.
    pub previous_address: Option<ResourceInstance>,
    /// Which deposed object of the instance; `None` for the current one.
    pub deposed: Option<DeposedKey>,
    /// Provider configuration that does it.
    pub provider: ProviderConfig,
    /// What is done.
    pub action: Action,
    /// The object as it is; null if there is none.
    pub before: Value,
    /// The object as it will be; null if there will be none. Unknown parts are known after apply.
    pub after: Value,
    /// Attributes that force the replacement.
    pub replace_paths: Vec<AttributePath>,
    /// Why this action, where it is not evident.
    pub reason: Option<Reason>,
    /// The object is imported by this plan.
    pub importing: Option<Importing>,
}

impl ResourceChange {
    /// Returns whether people should see it as a change.
    pub fn is_visible(&self) -> bool {
        self.action != Action::NoOp && !(self.action == Action::Read && self.address.resource.mode != Mode::Data)
    }

    /// Returns whether the object gets another address or comes into the state.
    pub fn moves_or_imports(&self) -> bool {
        self.importing.is_some() || self.previous_address.is_some()
    }

    /// Returns which object it is about.
    pub fn object(&self) -> ObjectId {
        ObjectId { address: self.address.clone(), deposed: self.deposed.clone() }
    }
}

/// How an object gets into the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Importing {
    /// Identifier that the user gave.
    pub id: String,
}

/// Why an action was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The object is tainted.
    ReplaceBecauseTainted,
    /// `-replace`
    ReplaceByRequest,
    /// `replace_triggered_by`
    ReplaceByTriggers,
    /// An argument changes that only a new object can have.
    ReplaceBecauseCannotUpdate,
    /// Its block is gone.
    DeleteBecauseNoResourceConfig,
    /// Its module is gone.
    DeleteBecauseNoModule,
    /// `count` or `for_each` came or went.
    DeleteBecauseWrongRepetition,
    /// Its index is not below `count`.
    DeleteBecauseCountIndex,
    /// Its key is not in `for_each`.
    DeleteBecauseEachKey,
    /// A `moved` block leads to an address that is not in the configuration.
    DeleteBecauseNoMoveTarget,
    /// Its configuration is known after apply.
    ReadBecauseConfigUnknown,
    /// Something that it depends on changes.
    ReadBecauseDependencyPending,
    /// It belongs to a `check` block.
    ReadBecauseCheckNested,
}

impl Reason {
    /// Returns Terraform's name: `action_reason` of the JSON form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReplaceBecauseTainted => "replace_because_tainted",
            Self::ReplaceByRequest => "replace_by_request",
            Self::ReplaceByTriggers => "replace_by_triggers",
            Self::ReplaceBecauseCannotUpdate => "replace_because_cannot_update",
            Self::DeleteBecauseNoResourceConfig => "delete_because_no_resource_config",
            Self::DeleteBecauseNoModule => "delete_because_no_module",
            Self::DeleteBecauseWrongRepetition => "delete_because_wrong_repetition",
            Self::DeleteBecauseCountIndex => "delete_because_count_index",
            Self::DeleteBecauseEachKey => "delete_because_each_key",
            Self::DeleteBecauseNoMoveTarget => "delete_because_no_move_target",
            Self::ReadBecauseConfigUnknown => "read_because_config_unknown",
            Self::ReadBecauseDependencyPending => "read_because_dependency_pending",
            Self::ReadBecauseCheckNested => "read_because_check_nested",
        }
    }
}

/// What will become of an output of the root module.
#[derive(Clone, PartialEq)]
pub struct OutputChange {
    /// Its value in the state; null if it has none.
    pub before: Value,
    /// Its value afterwards; null if it goes.
    pub after: Value,
    /// `Create`, `Update`, `Delete` or `NoOp`.
    pub action: Action,
    /// Whether the configuration (or, if it goes, the state) calls it sensitive.
    pub sensitive: bool,
}

impl fmt::Debug for OutputChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OutputChange");
        shown.field("action", &self.action).field("sensitive", &self.sensitive);
        if !self.sensitive {
            shown.field("before", &self.before).field("after", &self.after);
        }
        shown.finish_non_exhaustive()
    }
}

impl OutputChange {
    /// Returns whether nothing changes.
    pub fn is_no_op(&self) -> bool {
        self.action == Action::NoOp
    }
}
