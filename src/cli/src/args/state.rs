//! Arguments of commands that look at or change a state directly.

use std::path::PathBuf;

use landfall_addr::ResourceInstance;

use super::common::{LOCK_SWITCHES, LOCK_VALUES, LockArgs, STATE_VALUES, StateFileArgs, VIEW, invalid_address};
use super::flags::{Flags, Known, UsageError};

/// `state …`
#[derive(Clone, Debug)]
pub enum StateArgs {
    /// `state list`
    List {
        /// Files of the state.
        state: StateFileArgs,
        /// Only addresses within these.
        addresses: Vec<String>,
        /// Only objects with this id.
        id: Option<String>,
    },
    /// `state show`
    Show {
        /// Files of the state.
        state: StateFileArgs,
        /// Which instance.
        address: ResourceInstance,
    },
    /// `state mv`
    Move {
        /// Files of the state.
        state: StateFileArgs,
        /// Lock of the state.
        lock: LockArgs,
        /// Says what would be done only.
        dry_run: bool,
        /// Where objects are.
        from: String,
        /// Where they shall be.
        to: String,
    },
    /// `state rm`
    Remove {
        /// Files of the state.
        state: StateFileArgs,
        /// Lock of the state.
        lock: LockArgs,
        /// Says what would be done only.
        dry_run: bool,
        /// What is taken out.
        addresses: Vec<String>,
    },
    /// `state pull`
    Pull {
        /// Files of the state.
        state: StateFileArgs,
    },
}

/// `taint` and `untaint`
#[derive(Clone, Debug)]
pub struct TaintArgs {
    /// Files of the state.
    pub state: StateFileArgs,
    /// Lock of the state.
    pub lock: LockArgs,
    /// Succeeds if there is no such object.
    pub allow_missing: bool,
    /// Which instance.
    pub address: ResourceInstance,
}

/// `force-unlock`
#[derive(Clone, Debug)]
pub struct ForceUnlockArgs {
    /// Does not ask.
    pub force: bool,
    /// Which lock.
    pub id: String,
}

/// `workspace …`
#[derive(Clone, Debug)]
pub enum WorkspaceArgs {
    /// `workspace show`
    Show,
    /// `workspace list`
    List,
    /// `workspace select`
    Select {
        /// Which.
        name: String,
        /// Makes it if there is none.
        or_create: bool,
    },
    /// `workspace new`
    New {
        /// Its name.
        name: String,
    },
    /// `workspace delete`
    Delete {
        /// Which.
        name: String,
        /// Even if it manages objects.
        force: bool,
    },
}

fn parse(words: &[String], switches: &[&str], values: &[&str]) -> Result<Flags, UsageError> {
    Flags::parse(
        words,
        &Known {
            switches: &[VIEW, LOCK_SWITCHES, &["ignore-remote-version"], switches],
            values: &[LOCK_VALUES, STATE_VALUES, values],
        },
    )
}

pub(super) fn state(subcommand: &str, words: &[String]) -> Result<StateArgs, UsageError> {
    let flags = parse(words, &["dry-run"], &["id", "backup-out"])?;
    let state = StateFileArgs::of(&flags);
    let lock = LockArgs::of(&flags)?;
    let dry_run = flags.switch("dry-run");
    Ok(match subcommand {
        "list" => StateArgs::List { state, id: flags.value("id").map(str::to_owned), addresses: flags.words },
        "show" => {
            let [address] = flags.exactly("Exactly one argument expected: the address of a resource instance.")?;
            StateArgs::Show { state, address: address.parse().map_err(|error| invalid_address("state show", &error))? }
        }
        "mv" => {
            let [from, to] =
                flags.exactly("Exactly two arguments expected: the source and the destination address.")?;
            StateArgs::Move { state, lock, dry_run, from, to }
        }
        "rm" => {
            if flags.words.is_empty() {
                let summary = "Too few command line arguments".to_owned();
                return Err(UsageError::Words { summary, detail: "At least one address is required.".to_owned() });
            }
            StateArgs::Remove { state, lock, dry_run, addresses: flags.words }
        }
        _ => {
            flags.at_most(0, "The state pull command expects no arguments.")?;
            StateArgs::Pull { state }
        }
    })
}

pub(super) fn taint(words: &[String]) -> Result<TaintArgs, UsageError> {
    let flags = parse(words, &["allow-missing"], &[])?;
    let [address] = flags.exactly("Exactly one argument expected: the address of a resource instance.")?;
    Ok(TaintArgs {
        state: StateFileArgs::of(&flags),
        lock: LockArgs::of(&flags)?,
        allow_missing: flags.switch("allow-missing"),
        address: address.parse().map_err(|error| invalid_address("taint", &error))?,
    })
}

pub(super) fn force_unlock(words: &[String]) -> Result<ForceUnlockArgs, UsageError> {
    let flags = parse(words, &["force"], &[])?;
    let [id] = flags.exactly("Expected a single argument: LOCK_ID")?;
    Ok(ForceUnlockArgs { force: flags.switch("force"), id })
}

pub(super) fn workspace(subcommand: &str, words: &[String]) -> Result<WorkspaceArgs, UsageError> {
    let flags = parse(words, &["or-create", "force"], &[])?;
    let name = || flags.exactly("Expected a single argument: NAME.").map(|[name]| name);
    Ok(match subcommand {
        "show" => WorkspaceArgs::Show,
        "select" => WorkspaceArgs::Select { name: name()?, or_create: flags.switch("or-create") },
        "new" => WorkspaceArgs::New { name: name()? },
        "delete" => WorkspaceArgs::Delete { name: name()?, force: flags.switch("force") },
        _ => WorkspaceArgs::List,
    })
}

/// A path given for a state, or the usual one.
pub(super) fn path(flags: &Flags, name: &str) -> Option<PathBuf> {
    flags.value(name).map(PathBuf::from)
}
