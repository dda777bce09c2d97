//! Arguments of `plan`, `apply`, `destroy`, `refresh` and `import`.

use std::path::PathBuf;

use landfall_addr::{ResourceInstance, Target};
use landfall_engine::PlanMode;

use super::common::{
    LOCK_SWITCHES, LOCK_VALUES, LockArgs, OPERATION_SWITCHES, OPERATION_VALUES, OperationArgs, STATE_VALUES,
    StateFileArgs, VARIABLE_VALUES, VIEW, VariableArg, ViewArgs, addresses, invalid_address, variables,
};
use super::flags::{Flags, Known, UsageError};

/// `plan`
#[derive(Clone, Debug)]
pub struct PlanArgs {
    /// How to show it.
    pub view: ViewArgs,
    /// What to plan.
    pub operation: OperationArgs,
    /// Lock of the state.
    pub lock: LockArgs,
    /// Files of the state.
    pub state: StateFileArgs,
    /// Whether to ask for missing variables.
    pub input: bool,
    /// Where to save the plan.
    pub out: Option<PathBuf>,
    /// Whether the exit code says that there are changes.
    pub detailed_exit_code: bool,
    /// Where to write blocks for imported objects that have none.
    pub generate_config_out: Option<PathBuf>,
}

/// Whether a person has to approve what will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Ask.
    Ask,
    /// Go on.
    Given,
}

/// `apply`, `destroy` and `refresh`
#[derive(Clone, Debug)]
pub struct ApplyArgs {
    /// How to show it.
    pub view: ViewArgs,
    /// What to plan, where no saved plan is given.
    pub operation: OperationArgs,
    /// Lock of the state.
    pub lock: LockArgs,
    /// Files of the state.
    pub state: StateFileArgs,
    /// Whether to ask for missing variables and for approval.
    pub input: bool,
    /// `-auto-approve`
    pub approval: Approval,
    /// A saved plan.
    pub plan: Option<PathBuf>,
    /// Whether it was called as `refresh`, which says less.
    pub is_refresh: bool,
}

/// `console`
#[derive(Clone, Debug)]
pub struct ConsoleArgs {
    /// How to show it.
    pub view: ViewArgs,
    /// Files of the state.
    pub state: StateFileArgs,
    /// `-var` and `-var-file`
    pub variables: Vec<VariableArg>,
    /// `-target`
    pub targets: Vec<Target>,
    /// Whether values are those of a new plan.
    pub plan: bool,
}

/// `recover`
#[derive(Clone, Debug)]
pub struct RecoverArgs {
    /// Lock of the state.
    pub lock: LockArgs,
    /// Files of the state.
    pub state: StateFileArgs,
    /// Whether people may be asked.
    pub input: bool,
    /// Values of variables.
    pub variables: Vec<VariableArg>,
    /// Whose creation was not carried out, as the user knows.
    pub forget: Option<ResourceInstance>,
}

/// `import`
#[derive(Clone, Debug)]
pub struct ImportArgs {
    /// How to show it.
    pub view: ViewArgs,
    /// Lock of the state.
    pub lock: LockArgs,
    /// Files of the state.
    pub state: StateFileArgs,
    /// Whether to ask for missing variables.
    pub input: bool,
    /// `-var` and `-var-file`
    pub variables: Vec<VariableArg>,
    /// Where the object goes.
    pub address: ResourceInstance,
    /// Its identifier.
    pub id: String,
}

const PLAN_SWITCHES: &[&str] = &["input", "detailed-exitcode", "auto-approve"];

fn operation_flags(words: &[String], values: &[&str]) -> Result<Flags, UsageError> {
    let known = Known {
        switches: &[VIEW, LOCK_SWITCHES, OPERATION_SWITCHES, PLAN_SWITCHES],
        values: &[LOCK_VALUES, STATE_VALUES, OPERATION_VALUES, VARIABLE_VALUES, values],
    };
    Flags::parse(words, &known)
}

pub(super) fn plan(words: &[String]) -> Result<PlanArgs, UsageError> {
    let flags = operation_flags(words, &["out", "generate-config-out"])?;
    if flags.value("auto-approve").is_some() {
        return Err(UsageError::Flag("flag provided but not defined: -auto-approve".to_owned()));
    }
    flags.at_most(0, "To specify a working directory for the plan, use the global -chdir flag.")?;
    let operation = OperationArgs::of(&flags)?;
    let generate_config_out = flags.value("generate-config-out").filter(|path| !path.is_empty()).map(PathBuf::from);
    if generate_config_out.is_some() && operation.mode != PlanMode::Normal {
        let detail = "Config can only be generated during a normal plan operation, and not during a refresh-only or \
                      destroy plan.";
        let summary = "Invalid generate-config-out flag".to_owned();
        return Err(UsageError::Words { summary, detail: detail.to_owned() });
    }
    Ok(PlanArgs {
        view: ViewArgs::of(&flags),
        operation,
        generate_config_out,
        lock: LockArgs::of(&flags)?,
        state: StateFileArgs::of(&flags),
        input: flags.switch_or("input", true),
        out: flags.value("out").filter(|path| !path.is_empty()).map(PathBuf::from),
        detailed_exit_code: flags.switch("detailed-exitcode"),
    })
}

pub(super) fn apply(words: &[String], mode: PlanMode) -> Result<ApplyArgs, UsageError> {
    let flags = operation_flags(words, &[])?;
    let detail = "Expected at most one positional argument: the saved plan file.";
    let plan = flags.at_most(1, detail)?.first().map(PathBuf::from);
    let mut operation = OperationArgs::of(&flags)?;
    let is_refresh = mode == PlanMode::RefreshOnly;
    if mode != PlanMode::Normal {
        operation.mode = mode;
        if mode == PlanMode::Destroy && !operation.excludes.is_empty() {
            return Err(super::common::no_exclusion());
        }
        if plan.is_some() {
            let detail = "A saved plan can be given to `apply` only.".to_owned();
            return Err(UsageError::Words { summary: "Too many command line arguments".to_owned(), detail });
        }
    }
    if plan.is_some() && operation.mode == PlanMode::Destroy {
        let detail = "Destroy can't be called with a plan file. A plan made with -destroy destroys when it is applied.";
        return Err(UsageError::Words {
            summary: "Incompatible plan mode options".to_owned(),
            detail: detail.to_owned(),
        });
    }
    let approved = flags.switch("auto-approve") || is_refresh || plan.is_some();
    Ok(ApplyArgs {
        view: ViewArgs::of(&flags),
        operation,
        lock: LockArgs::of(&flags)?,
        state: StateFileArgs::of(&flags),
        input: flags.switch_or("input", true),
        approval: if approved { Approval::Given } else { Approval::Ask },
        plan,
        is_refresh,
    })
}

pub(super) fn import(words: &[String]) -> Result<ImportArgs, UsageError> {
    let flags = operation_flags(words, &["config", "provider"])?;
    for flag in ["config", "provider"] {
        if flags.value(flag).is_some() {
            return Err(not_supported(&format!("-{flag}")));
        }
    }
    let detail = "The import command expects two arguments: the address of the resource instance, and the identifier \
                  of the object.";
    let [address, id] = flags.exactly(detail)?;
    Ok(ImportArgs {
        view: ViewArgs::of(&flags),
        lock: LockArgs::of(&flags)?,
        state: StateFileArgs::of(&flags),
        input: flags.switch_or("input", true),
        variables: variables(&flags)?,
        address: address.parse().map_err(|error| invalid_address("import", &error))?,
        id,
    })
}

pub(super) fn console(words: &[String]) -> Result<ConsoleArgs, UsageError> {
    let known = Known {
        switches: &[&["plan", "input", "no-color", "compact-warnings"]],
        values: &[&["state", "target"], VARIABLE_VALUES],
    };
    let flags = Flags::parse(words, &known)?;
    flags.at_most(0, "Did you mean to use -chdir?")?;
    Ok(ConsoleArgs {
        view: ViewArgs::of(&flags),
        state: StateFileArgs::of(&flags),
        variables: variables(&flags)?,
        targets: addresses(&flags, "target")?,
        plan: flags.switch("plan"),
    })
}

pub(super) fn recover(words: &[String]) -> Result<RecoverArgs, UsageError> {
    let flags = operation_flags(words, &["forget"])?;
    flags.at_most(0, "The recover command expects no arguments.")?;
    let forget = flags.value("forget").map(str::parse).transpose();
    Ok(RecoverArgs {
        lock: LockArgs::of(&flags)?,
        state: StateFileArgs::of(&flags),
        input: flags.switch_or("input", true),
        variables: variables(&flags)?,
        forget: forget.map_err(|error| invalid_address("recover", &error))?,
    })
}

fn not_supported(flag: &str) -> UsageError {
    UsageError::Flag(format!("landfall does not support {flag}"))
}
