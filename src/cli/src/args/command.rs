//! The commands, and the arguments of the smaller ones.

use std::path::PathBuf;

use landfall_engine::PlanMode;

use super::common::{LOCK_SWITCHES, LOCK_VALUES, LockArgs, VIEW, ViewArgs};
use super::flags::{Flags, Known, UsageError};
use super::fmt::{self, FmtArgs};
use super::operations::{self, ApplyArgs, ConsoleArgs, ImportArgs, PlanArgs, RecoverArgs};
use super::state::{self, ForceUnlockArgs, StateArgs, TaintArgs, WorkspaceArgs};

/// A command with its arguments.
#[derive(Clone, Debug)]
pub enum Command {
    /// `apply`, `destroy`, `refresh`
    Apply(ApplyArgs),
    /// `console`
    Console(ConsoleArgs),
    /// `demo`
    Demo(DemoArgs),
    /// `fmt`
    Fmt(FmtArgs),
    /// `force-unlock`
    ForceUnlock(ForceUnlockArgs),
    /// `get`
    Get(GetArgs),
    /// `graph`
    Graph(GraphArgs),
    /// `import`
    Import(ImportArgs),
    /// `init`
    Init(InitArgs),
    /// `kubeconfig`
    Kubeconfig(KubeconfigArgs),
    /// `output`
    Output(OutputArgs),
    /// `plan`
    Plan(PlanArgs),
    /// `providers`
    Providers,
    /// `providers schema`
    ProvidersSchema,
    /// `recover`
    Recover(RecoverArgs),
    /// `sandbox …`
    Sandbox(SandboxArgs),
    /// `show`
    Show(ShowArgs),
    /// `state …`
    State(StateArgs),
    /// `taint`
    Taint(TaintArgs),
    /// `token`
    Token(TokenArgs),
    /// `untaint`
    Untaint(TaintArgs),
    /// `validate`
    Validate(ValidateArgs),
    /// `version`
    Version(VersionArgs),
    /// `workspace …`
    Workspace(WorkspaceArgs),
}

/// `demo`
#[derive(Clone, Debug)]
pub struct DemoArgs {
    /// Where the configuration goes.
    pub directory: PathBuf,
    /// How it is applied.
    pub apply: ApplyArgs,
}

/// `init`
#[derive(Clone, Debug)]
pub struct InitArgs {
    /// How to show it.
    pub view: ViewArgs,
    /// Whether to look at the backend.
    pub backend: bool,
    /// Whether to install modules.
    pub get: bool,
    /// Whether to install them again.
    pub upgrade: bool,
    /// Settings of the backend: `NAME=VALUE`, or files.
    pub backend_config: Vec<String>,
    /// What happens to states where the backend changes.
    pub migration: Migration,
    /// Whether people may be asked.
    pub input: bool,
    /// Locks of the states that are copied.
    pub lock: LockArgs,
}

/// What `init` does where the backend is another one than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migration {
    /// It stops.
    Refused,
    /// It copies states, and asks first.
    Asked,
    /// It copies states.
    Forced,
    /// It takes the new backend and leaves the states where they are.
    Reconfigure,
}

/// `get`
#[derive(Clone, Copy, Debug)]
pub struct GetArgs {
    /// Whether to install modules again.
    pub update: bool,
}

/// `validate`
#[derive(Clone, Debug)]
pub struct ValidateArgs {
    /// How to show it.
    pub view: ViewArgs,
}

/// `output`
#[derive(Clone, Debug)]
pub struct OutputArgs {
    /// Form of the values.
    pub format: OutputFormat,
    /// Only this one.
    pub name: Option<String>,
    /// File of the state.
    pub state: Option<PathBuf>,
}

/// How `output` writes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// As expressions.
    Human,
    /// As JSON.
    Json,
    /// A string without quotes.
    Raw,
}

/// `show`
#[derive(Clone, Debug)]
pub struct ShowArgs {
    /// How to show it.
    pub view: ViewArgs,
    /// A saved plan or a state; without it the current state.
    pub path: Option<PathBuf>,
}

/// `sandbox …`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxArgs {
    /// `sandbox show`
    Show {
        /// As JSON.
        json: bool,
        /// The calls of the last run, instead of what exists.
        calls: bool,
    },
    /// `sandbox reset`
    Reset,
    /// `sandbox serve`
    Serve {
        /// Port on 127.0.0.1; 0 for any.
        port: u16,
    },
}

/// `graph`
#[derive(Clone, Debug)]
pub struct GraphArgs {
    /// A saved plan.
    pub plan: Option<PathBuf>,
}

/// `version`
#[derive(Clone, Copy, Debug)]
pub struct VersionArgs {
    /// As JSON.
    pub json: bool,
}

/// `kubeconfig`
#[derive(Clone, Debug)]
pub struct KubeconfigArgs {
    /// Name of the cluster.
    pub cluster: String,
    /// Region of the cluster.
    pub region: Option<String>,
    /// AWS profile.
    pub profile: Option<String>,
    /// File to write; `-` for standard output.
    pub file: Option<PathBuf>,
    /// Name of the context.
    pub alias: Option<String>,
    /// Role to assume for tokens.
    pub role: Option<String>,
}

/// `token`
#[derive(Clone, Debug)]
pub struct TokenArgs {
    /// Name of the cluster.
    pub cluster: String,
    /// Region of the cluster.
    pub region: Option<String>,
    /// AWS profile.
    pub profile: Option<String>,
    /// Role to assume.
    pub role: Option<String>,
}

const GROUPS: &[&str] = &["providers", "sandbox", "state", "workspace"];

/// Port of `sandbox serve`, if not another.
const PORT: u16 = 4500;

/// Splits the command's name off: two words where the first is a group.
pub(super) fn name(words: &[String]) -> (String, &[String]) {
    match words {
        [] => (String::new(), words),
        [group, subcommand, rest @ ..] if GROUPS.contains(&group.as_str()) && !subcommand.starts_with('-') => {
            (format!("{group} {subcommand}"), rest)
        }
        [first, rest @ ..] => match first.as_str() {
            "-version" | "--version" | "-v" => ("version".to_owned(), rest),
            "-help" | "--help" | "-h" => ("help".to_owned(), rest),
            name => (name.to_owned(), rest),
        },
    }
}

pub(super) fn parse(name: &str, words: &[String]) -> Result<Command, UsageError> {
    let (group, subcommand) = name.split_once(' ').unwrap_or((name, ""));
    Ok(match (group, subcommand) {
        ("apply", "") => Command::Apply(operations::apply(words, PlanMode::Normal)?),
        ("console", "") => Command::Console(operations::console(words)?),
        ("demo", "") => Command::Demo(demo(words)?),
        ("destroy", "") => Command::Apply(operations::apply(words, PlanMode::Destroy)?),
        ("fmt", "") => Command::Fmt(fmt::parse(words)?),
        ("force-unlock", "") => Command::ForceUnlock(state::force_unlock(words)?),
        ("get", "") => {
            let flags = flags(words, &["update", "no-tests"], &["test-directory"])?;
            flags.at_most(0, NO_WORDS)?;
            Command::Get(GetArgs { update: flags.switch("update") })
        }
        ("graph", "") => Command::Graph(graph(words)?),
        ("import", "") => Command::Import(operations::import(words)?),
        ("init", "") => Command::Init(init(words)?),
        ("kubeconfig", "") => Command::Kubeconfig(kubeconfig(words)?),
        ("output", "") => Command::Output(output(words)?),
        ("plan", "") => Command::Plan(operations::plan(words)?),
        ("providers", "") => {
            flags(words, &[], &["test-directory"])?.at_most(0, NO_WORDS)?;
            Command::Providers
        }
        ("providers", "schema") => {
            let flags = flags(words, &[], &["test-directory"])?;
            flags.at_most(0, NO_WORDS)?;
            if !flags.switch("json") {
                let detail = "The `landfall providers schema` command requires the `-json` flag.".to_owned();
                return Err(UsageError::Words { summary: "Flag required".to_owned(), detail });
            }
            Command::ProvidersSchema
        }
        ("providers", "lock" | "mirror") => {
            let detail = format!(
                "landfall does not support `providers {subcommand}`: its providers are built in, so that there is nothing to \
                 lock or to download."
            );
            return Err(UsageError::Words { summary: "Unsupported command".to_owned(), detail });
        }
        ("recover", "") => Command::Recover(operations::recover(words)?),
        ("refresh", "") => Command::Apply(operations::apply(words, PlanMode::RefreshOnly)?),
        ("sandbox", "show" | "reset" | "serve") => Command::Sandbox(sandbox(subcommand, words)?),
        ("show", "") => Command::Show(show(words)?),
        ("state", "list" | "show" | "mv" | "rm" | "pull" | "push" | "replace-provider") => {
            Command::State(state::state(subcommand, words)?)
        }
        ("taint", "") => Command::Taint(state::taint(words)?),
        ("token", "") => Command::Token(token(words)?),
        ("untaint", "") => Command::Untaint(state::taint(words)?),
        ("validate", "") => Command::Validate(validate(words)?),
        ("version", "") => Command::Version(version(words)?),
        ("workspace", "list" | "show" | "select" | "new" | "delete") => {
            Command::Workspace(state::workspace(subcommand, words)?)
        }
        ("help", _) => return Err(UsageError::Help),
        _ if words.iter().any(|word| matches!(word.as_str(), "-h" | "-help" | "--help")) => {
            return Err(UsageError::Help);
        }
        _ => return Err(UsageError::NoCommand),
    })
}

fn flags(words: &[String], switches: &[&str], values: &[&str]) -> Result<Flags, UsageError> {
    Flags::parse(words, &Known { switches: &[VIEW, switches], values: &[values] })
}

/// Where the demo goes, if not elsewhere.
const DEMO: &str = "landfall-demo";

fn demo(words: &[String]) -> Result<DemoArgs, UsageError> {
    let flags = flags(words, &[], &[])?;
    let named = flags.at_most(1, "Expected at most one positional argument: a new directory.")?.first();
    let directory = named.map_or(DEMO, String::as_str).into();
    Ok(DemoArgs { directory, apply: operations::apply(&["-auto-approve".to_owned()], PlanMode::Normal)? })
}

const NO_WORDS: &str = "This command takes no arguments. To work in another directory, use the global -chdir option.";

fn init(words: &[String]) -> Result<InitArgs, UsageError> {
    // What concerns provider downloads is taken and means nothing: there are none.
    let known = Known {
        switches: &[
            VIEW,
            LOCK_SWITCHES,
            &["backend", "input", "get", "upgrade", "reconfigure", "migrate-state", "force-copy", "verify-plugins"],
        ],
        values: &[LOCK_VALUES, &["backend-config", "plugin-dir", "lockfile", "from-module", "test-directory"]],
    };
    let flags = Flags::parse(words, &known)?;
    if flags.value("from-module").is_some() {
        return Err(UsageError::Flag("landfall does not support -from-module".to_owned()));
    }
    let migration = match (flags.switch("reconfigure"), flags.switch("migrate-state"), flags.switch("force-copy")) {
        (true, true, _) => {
            let detail = "The -migrate-state and -reconfigure options are mutually-exclusive.".to_owned();
            return Err(UsageError::Words { summary: "Invalid init options".to_owned(), detail });
        }
        (true, false, _) => Migration::Reconfigure,
        (false, _, true) => Migration::Forced,
        (false, true, false) => Migration::Asked,
        (false, false, false) => Migration::Refused,
    };
    flags.at_most(0, NO_WORDS)?;
    Ok(InitArgs {
        view: ViewArgs::of(&flags),
        backend: flags.switch_or("backend", true),
        get: flags.switch_or("get", true),
        upgrade: flags.switch("upgrade"),
        backend_config: flags.values("backend-config").map(str::to_owned).collect(),
        migration,
        input: flags.switch_or("input", true),
        lock: LockArgs::of(&flags)?,
    })
}

fn validate(words: &[String]) -> Result<ValidateArgs, UsageError> {
    let flags = flags(words, &["no-tests"], &["test-directory"])?;
    flags.at_most(0, NO_WORDS)?;
    Ok(ValidateArgs { view: ViewArgs::of(&flags) })
}

fn output(words: &[String]) -> Result<OutputArgs, UsageError> {
    let flags = flags(words, &["raw"], &["state"])?;
    let format = match (flags.switch("json"), flags.switch("raw")) {
        (false, false) => OutputFormat::Human,
        (true, false) => OutputFormat::Json,
        (false, true) => OutputFormat::Raw,
        (true, true) => {
            let detail = "The -raw and -json options are mutually-exclusive.".to_owned();
            return Err(UsageError::Words { summary: "Invalid output format".to_owned(), detail });
        }
    };
    let detail = "The output command expects exactly one argument with the name of an output variable or no arguments to \
                  show all outputs.";
    let name = flags.at_most(1, detail)?.first().cloned();
    if name.is_none() && format == OutputFormat::Raw {
        let detail = "You must give the name of a single output value when using the -raw option.".to_owned();
        return Err(UsageError::Words { summary: "Output name required".to_owned(), detail });
    }
    Ok(OutputArgs { format, name, state: state::path(&flags, "state") })
}

fn show(words: &[String]) -> Result<ShowArgs, UsageError> {
    let flags = flags(words, &[], &[])?;
    let detail = "Expected at most one positional argument: a saved plan or a state file.";
    Ok(ShowArgs { view: ViewArgs::of(&flags), path: flags.at_most(1, detail)?.first().map(PathBuf::from) })
}

fn sandbox(subcommand: &str, words: &[String]) -> Result<SandboxArgs, UsageError> {
    let flags = flags(words, &["calls"], &["port"])?;
    flags.at_most(0, NO_WORDS)?;
    Ok(match subcommand {
        "show" => SandboxArgs::Show { json: flags.switch("json"), calls: flags.switch("calls") },
        "reset" => SandboxArgs::Reset,
        _ => SandboxArgs::Serve { port: flags.parsed("port")?.unwrap_or(PORT) },
    })
}

fn graph(words: &[String]) -> Result<GraphArgs, UsageError> {
    let flags = flags(words, &["draw-cycles"], &["plan", "type", "module-depth"])?;
    flags.at_most(0, NO_WORDS)?;
    Ok(GraphArgs { plan: state::path(&flags, "plan") })
}

fn version(words: &[String]) -> Result<VersionArgs, UsageError> {
    Ok(VersionArgs { json: flags(words, &[], &[])?.switch("json") })
}

fn kubeconfig(words: &[String]) -> Result<KubeconfigArgs, UsageError> {
    let values: &[&str] = &["region", "profile", "kubeconfig", "alias", "role-arn"];
    let flags = Flags::parse_mixed(words, &Known { switches: &[VIEW], values: &[values] })?;
    let [cluster] = flags.exactly("Exactly one argument expected: the name of the cluster.")?;
    let text = |name| flags.value(name).map(str::to_owned);
    Ok(KubeconfigArgs {
        cluster,
        region: text("region"),
        profile: text("profile"),
        file: state::path(&flags, "kubeconfig"),
        alias: text("alias"),
        role: text("role-arn"),
    })
}

fn token(words: &[String]) -> Result<TokenArgs, UsageError> {
    let values: &[&str] = &["region", "profile", "role-arn", "cluster-name"];
    let flags = Flags::parse_mixed(words, &Known { switches: &[VIEW], values: &[values] })?;
    let text = |name| flags.value(name).map(str::to_owned);
    let cluster = match text("cluster-name") {
        Some(name) => name,
        None => flags.exactly("Exactly one argument expected: the name of the cluster.").map(|[name]| name)?,
    };
    Ok(TokenArgs { cluster, region: text("region"), profile: text("profile"), role: text("role-arn") })
}
