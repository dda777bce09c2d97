//! Arguments to plain structs: no file is read and nothing is done here.

mod command;
mod common;
mod flags;
mod fmt;
pub(crate) mod help;
mod operations;
mod sandbox;
mod split;
mod state;

use std::path::PathBuf;

pub use command::{
    Command, DemoArgs, GetArgs, GraphArgs, InitArgs, KubeconfigArgs, Migration, OutputArgs, OutputFormat, SandboxArgs,
    ShowArgs, TokenArgs, ValidateArgs, VersionArgs,
};
pub use common::{LockArgs, OperationArgs, StateFileArgs, VariableArg, ViewArgs};
pub use flags::UsageError;
pub use fmt::{FmtArgs, Targets};
pub use operations::{ApplyArgs, Approval, ConsoleArgs, ImportArgs, PlanArgs, RecoverArgs};
pub use sandbox::{Pace, SandboxFlags};
pub use state::{ForceUnlockArgs, StateArgs, StateChangeArgs, TaintArgs, WorkspaceArgs};

/// What was asked for on the command line.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// `-chdir`
    pub directory: Option<PathBuf>,
    /// Name of the command, `state list` for subcommands.
    pub name: String,
    /// Whether `-no-color` was given, anywhere.
    pub no_colour: bool,
    /// What was said about the sandbox, anywhere.
    pub sandbox: SandboxFlags,
    /// The command.
    pub command: Result<Command, UsageError>,
}

/// Reads the command line. `extra` gives the words of `TF_CLI_ARGS` and `TF_CLI_ARGS_name`.
pub fn parse(words: &[String], extra: impl Fn(&str) -> Option<String>) -> Arguments {
    let mut sandbox = SandboxFlags::default();
    let mut words = words.to_vec();
    let split = sandbox.take(&mut words).and_then(|()| global(&words));
    let (directory, words) = match split {
        Ok(split) => split,
        Err(error) => {
            return Arguments { directory: None, name: String::new(), no_colour: false, sandbox, command: Err(error) };
        }
    };
    let (name, rest) = command::name(words);
    let mut all: Vec<String> = Vec::new();
    for variable in ["TF_CLI_ARGS".to_owned(), format!("TF_CLI_ARGS_{}", name.replace([' ', '-'], "_"))] {
        all.extend(extra(&variable).map(|text| split::split_words(&text)).unwrap_or_default());
    }
    all.extend_from_slice(rest);
    let is_no_colour = |word: &String| matches!(word.as_str(), "-no-color" | "--no-color");
    let no_colour = all.iter().any(is_no_colour);
    all.retain(|word| !is_no_colour(word));
    let command = sandbox.take(&mut all).and_then(|()| command::parse(&name, &all));
    Arguments { directory, name, no_colour, sandbox, command }
}

/// Splits off the options before the command.
fn global(mut words: &[String]) -> Result<(Option<PathBuf>, &[String]), UsageError> {
    let mut directory = None;
    while let Some((word, rest)) = words.split_first() {
        let option = word.trim_start_matches('-');
        if !word.starts_with('-') || matches!(option, "version" | "v" | "help" | "h") {
            break;
        }
        match option.split_once('=') {
            Some(("chdir", path)) => directory = Some(path.into()),
            _ if option == "chdir" => {
                let problem = "the -chdir option must include an equals sign followed by a directory path, like \
                               -chdir=example";
                return Err(UsageError::Flag(problem.to_owned()));
            }
            _ => return Err(UsageError::NoCommand),
        }
        words = rest;
    }
    Ok((directory, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn arguments_of_the_environment_come_before_those_of_the_user() {
        let extra = |name: &str| (name == "TF_CLI_ARGS_plan").then(|| "-out=a -lock=false".to_owned());
        let arguments = parse(&words("-chdir=dir plan -out=b -no-color"), extra);
        assert_eq!(arguments.directory, Some("dir".into()));
        assert!(arguments.no_colour);
        let Ok(Command::Plan(plan)) = arguments.command else { panic!("{:?}", arguments.command) };
        assert_eq!(plan.out, Some("b".into()));
        assert!(!plan.lock.lock);
    }

    #[test]
    fn subcommands_have_names_of_two_words() {
        let arguments = parse(&words("state list -id=x"), |_| None);
        assert_eq!(arguments.name, "state list");
        assert!(matches!(arguments.command, Ok(Command::State(StateArgs::List { .. }))));
    }
}
