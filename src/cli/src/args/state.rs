//! Arguments of commands that look at or change a state directly.

use std::path::PathBuf;

use landfall_addr::ResourceInstance;

use super::common::{LOCK_SWITCHES, LOCK_VALUES, LockArgs, STATE_VALUES, StateFileArgs, VIEW, invalid_address};
use super::flags::{Flags, Known, UsageError};
use super::operations::Approval;

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
        /// How to change the state.
        change: StateChangeArgs,
        /// Where objects are.
        from: String,
        /// Where they shall be.
        to: String,
    },
    /// `state rm`
    Remove {
        /// How to change the state.
        change: StateChangeArgs,
        /// What is taken out.
        addresses: Vec<String>,
    },
    /// `state push`
    Push {
        /// How to change the state.
        change: StateChangeArgs,
        /// File of the new state; `-` for standard input.
        path: String,
        /// Whether serials and lineages do not matter.
        force: bool,
    },
    /// `state replace-provider`
    ReplaceProvider {
        /// How to change the state.
        change: StateChangeArgs,
        /// `-auto-approve`
        approval: Approval,
        /// Source of the provider that resources have.
        from: String,
        /// Source of the one that they shall have.
        to: String,
    },
    /// `state pull`
    Pull {
        /// Files of the state.
        state: StateFileArgs,
    },
}

/// How a state is changed directly.
#[derive(Clone, Debug)]
pub struct StateChangeArgs {
    /// Files of the state.
    pub state: StateFileArgs,
    /// Lock of the state.
    pub lock: LockArgs,
    /// Says what would be done only.
    pub dry_run: bool,
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
        /// A state that is copied into it.
        state: Option<PathBuf>,
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
    let (switches, values): (&[&str], &[&str]) = match subcommand {
        "list" => (&[], &["id"]),
        "mv" => (&["dry-run"], &["backup-out"]),
        "rm" => (&["dry-run"], &[]),
        "push" => (&["force"], &[]),
        "replace-provider" => (&["auto-approve"], &[]),
        _ => (&[], &[]),
    };
    let flags = parse(words, switches, values)?;
    let state = StateFileArgs::of(&flags);
    let change =
        StateChangeArgs { state: state.clone(), lock: LockArgs::of(&flags)?, dry_run: flags.switch("dry-run") };
    Ok(match subcommand {
        "list" => StateArgs::List { state, id: flags.value("id").map(str::to_owned), addresses: flags.words },
        "show" => {
            let [address] = flags.exactly("Exactly one argument expected: the address of a resource instance.")?;
            StateArgs::Show { state, address: address.parse().map_err(|error| invalid_address("state show", &error))? }
        }
        "mv" => {
            let [from, to] =
                flags.exactly("Exactly two arguments expected: the source and the destination address.")?;
            StateArgs::Move { change, from, to }
        }
        "rm" => {
            if flags.words.is_empty() {
                let summary = "Too few command line arguments".to_owned();
                return Err(UsageError::Words { summary, detail: "At least one address is required.".to_owned() });
            }
            StateArgs::Remove { change, addresses: flags.words }
        }
        "push" => {
            let [path] =
                flags.exactly("Exactly one argument expected: the file of a state, or - for standard input.")?;
            StateArgs::Push { change, path, force: flags.switch("force") }
        }
        "replace-provider" => {
            let detail = "Exactly two arguments expected: the provider source that is replaced, and the new one.";
            let [from, to] = flags.exactly(detail)?;
            let approval = if flags.switch("auto-approve") { Approval::Given } else { Approval::Ask };
            StateArgs::ReplaceProvider { change, approval, from, to }
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
        "new" => WorkspaceArgs::New { name: name()?, state: path(&flags, "state") },
        "delete" => WorkspaceArgs::Delete { name: name()?, force: flags.switch("force") },
        _ => {
            flags.at_most(0, "Did you mean to use -chdir?")?;
            WorkspaceArgs::List
        }
    })
}

/// A path given for a state, or the usual one.
pub(super) fn path(flags: &Flags, name: &str) -> Option<PathBuf> {
    flags.value(name).map(PathBuf::from)
}
