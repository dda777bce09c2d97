//! Flags that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use landfall_addr::{ResourceInstance, Target};
use landfall_engine::PlanMode;

use super::flags::{Flags, UsageError};

/// How to show things.
#[derive(Clone, Copy, Debug, Default)]
pub struct ViewArgs {
    /// JSON for programs instead of text for people.
    pub json: bool,
    /// Warnings as a list of summaries.
    pub compact_warnings: bool,
}

/// Whether and how long to try for the lock of the state.
#[derive(Clone, Copy, Debug)]
pub struct LockArgs {
    /// Whether to take it.
    pub lock: bool,
    /// How long to try.
    pub timeout: Duration,
}

/// Which files hold the state, if not the usual ones.
#[derive(Clone, Debug, Default)]
pub struct StateFileArgs {
    /// Where it is read.
    pub state: Option<PathBuf>,
    /// Where it is written.
    pub state_out: Option<PathBuf>,
    /// Where the previous one is kept; `-` for nowhere.
    pub backup: Option<PathBuf>,
}

/// A value for a variable, or a file with some, in the order of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableArg {
    /// `-var NAME=VALUE`
    Value(String, String),
    /// `-var-file FILE`
    File(PathBuf),
}

/// What to plan.
#[derive(Clone, Debug)]
pub struct OperationArgs {
    /// Normal, destroy or refresh only.
    pub mode: PlanMode,
    /// Whether to look at every object first.
    pub refresh: bool,
    /// `-target`
    pub targets: Vec<Target>,
    /// `-exclude`
    pub excludes: Vec<Target>,
    /// `-replace`
    pub replace: Vec<ResourceInstance>,
    /// `-var` and `-var-file`
    pub variables: Vec<VariableArg>,
    /// `-parallelism`
    pub parallelism: Option<usize>,
}

pub(super) const VIEW: &[&str] = &["json", "no-color", "compact-warnings"];
pub(super) const LOCK_SWITCHES: &[&str] = &["lock"];
pub(super) const LOCK_VALUES: &[&str] = &["lock-timeout"];
pub(super) const STATE_VALUES: &[&str] = &["state", "state-out", "backup"];
pub(super) const OPERATION_SWITCHES: &[&str] = &["destroy", "refresh", "refresh-only"];
pub(super) const OPERATION_VALUES: &[&str] = &["target", "exclude", "replace", "parallelism"];
pub(super) const VARIABLE_VALUES: &[&str] = &["var", "var-file"];

impl ViewArgs {
    pub(super) fn of(flags: &Flags) -> Self {
        Self { json: flags.switch("json"), compact_warnings: flags.switch("compact-warnings") }
    }
}

impl LockArgs {
    pub(super) fn of(flags: &Flags) -> Result<Self, UsageError> {
        let timeout = flags.duration("lock-timeout")?.unwrap_or_default();
        Ok(Self { lock: flags.switch_or("lock", true), timeout })
    }
}

impl Default for LockArgs {
    /// Takes the lock or gives up at once.
    fn default() -> Self {
        Self { lock: true, timeout: Duration::ZERO }
    }
}

impl StateFileArgs {
    pub(super) fn of(flags: &Flags) -> Self {
        let path = |name| flags.value(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self { state: path("state"), state_out: path("state-out"), backup: path("backup") }
    }
}

pub(super) fn variables(flags: &Flags) -> Result<Vec<VariableArg>, UsageError> {
    let mut variables = Vec::new();
    for (flag, value) in flags.iter() {
        match flag {
            "var" => match value.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    variables.push(VariableArg::Value(name.trim_end().to_owned(), value.to_owned()));
                }
                _ => {
                    let problem = format!(
                        "The given -var option \"{value}\" is not correctly specified. Must be a variable name and \
                         value separated by an equals sign, like -var=\"key=value\"."
                    );
                    return Err(UsageError::Words { summary: "Invalid -var option".to_owned(), detail: problem });
                }
            },
            "var-file" => variables.push(VariableArg::File(value.into())),
            _ => {}
        }
    }
    Ok(variables)
}

impl OperationArgs {
    pub(super) fn of(flags: &Flags) -> Result<Self, UsageError> {
        let mode = match (flags.switch("destroy"), flags.switch("refresh-only")) {
            (false, false) => PlanMode::Normal,
            (true, false) => PlanMode::Destroy,
            (false, true) => PlanMode::RefreshOnly,
            (true, true) => {
                let detail = "The -destroy and -refresh-only options are mutually-exclusive.";
                return Err(incompatible(detail));
            }
        };
        let refresh = flags.switch_or("refresh", true);
        if mode == PlanMode::RefreshOnly && !refresh {
            return Err(incompatible(
                "It doesn't make sense to use -refresh-only with -refresh=false: there would be \
                                     nothing to do.",
            ));
        }
        let replace = addresses(flags, "replace")?;
        if mode != PlanMode::Normal && !replace.is_empty() {
            return Err(incompatible("The -replace option can be used in the normal planning mode only."));
        }
        let parallelism = flags.parsed("parallelism")?.filter(|number| *number > 0);
        let targets = addresses(flags, "target")?;
        let excludes: Vec<Target> = addresses(flags, "exclude")?;
        if !targets.is_empty() && !excludes.is_empty() {
            return Err(incompatible("The -target and -exclude options cannot be used at the same time."));
        }
        if mode == PlanMode::Destroy && !excludes.is_empty() {
            return Err(no_exclusion());
        }
        Ok(Self { mode, refresh, targets, excludes, replace, variables: variables(flags)?, parallelism })
    }
}

fn incompatible(detail: &str) -> UsageError {
    UsageError::Words { summary: "Incompatible plan mode options".to_owned(), detail: detail.to_owned() }
}

/// Returns the error for `-exclude` with a destruction.
pub(super) fn no_exclusion() -> UsageError {
    incompatible("landfall does not support -exclude for a destruction; name what goes with -target.")
}

pub(super) fn addresses<T: std::str::FromStr<Err = landfall_addr::ParseError>>(
    flags: &Flags,
    name: &str,
) -> Result<Vec<T>, UsageError> {
    flags.values(name).map(|text| text.parse().map_err(|error| invalid_address(name, &error))).collect()
}

/// Returns the error for a text that is not an address.
pub(super) fn invalid_address(name: &str, error: &landfall_addr::ParseError) -> UsageError {
    let detail = format!("Invalid -{name}: {error}.");
    UsageError::Words { summary: format!("Invalid {name} address"), detail }
}
