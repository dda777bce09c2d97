//! One file for each command: it reads what it needs, calls the engine or the store, and prints what views return.

mod apply;
mod backend;
mod cloud;
mod console;
mod demo;
mod errored;
mod fmt;
mod force_unlock;
mod generate;
mod get;
mod graph;
mod import;
mod init;
mod init_errors;
mod kubeconfig;
mod output;
mod plan;
mod providers;
mod recover;
mod sandbox;
mod show;
mod state;
mod steps;
mod taint;
mod token;
mod validate;
mod version;
mod workspace;

use landfall_diag::{Diagnostic, Diagnostics};

use crate::args::{self, Arguments, Command, UsageError, help};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::report;
use crate::session::Session;

/// How a command ends: an exit, or what went wrong.
pub(crate) type Outcome = Result<Exit, Diagnostics>;

/// Runs the command that the words name.
pub fn run(words: &[String]) -> Exit {
    let environment = Environment::of_process();
    let Arguments { directory, name, no_colour, sandbox, command } =
        args::parse(words, |variable| environment.get(variable).map(str::to_owned));
    let mut session = Session::new(environment, no_colour);
    session.sandbox_flags = sandbox;
    if let Some(directory) = directory
        && let Err(error) = std::env::set_current_dir(&directory)
    {
        let detail = format!("The directory given to -chdir, `{}`, cannot be entered: {error}.", directory.display());
        session.report(&Diagnostic::error("Error handling -chdir option", detail).into());
        return Exit::Failed;
    }
    match command {
        Ok(command) => execute(&mut session, command).unwrap_or_else(|found| {
            session.report(&found);
            Exit::Failed
        }),
        Err(problem) => explain(&session, &name, &problem),
    }
}

fn execute(session: &mut Session, command: Command) -> Outcome {
    match command {
        Command::Apply(args) => apply::run(session, &args),
        Command::Console(args) => console::run(session, &args),
        Command::Demo(args) => demo::run(session, &args),
        Command::Fmt(args) => fmt::run(session, &args),
        Command::ForceUnlock(args) => force_unlock::run(session, &args),
        Command::Get(args) => get::run(session, args),
        Command::Graph(args) => graph::run(session, &args),
        Command::Import(args) => import::run(session, &args),
        Command::Init(args) => init::run(session, &args),
        Command::Kubeconfig(args) => kubeconfig::run(session, &args),
        Command::Output(args) => output::run(session, &args),
        Command::Plan(args) => plan::run(session, &args),
        Command::Providers => providers::run(session),
        Command::ProvidersSchema => providers::schema(session),
        Command::Recover(args) => recover::run(session, &args),
        Command::Sandbox(args) => sandbox::run(session, &args),
        Command::Show(args) => show::run(session, &args),
        Command::State(args) => state::run(session, &args),
        Command::Taint(args) => taint::taint(session, &args),
        Command::Token(args) => token::run(session, &args),
        Command::Untaint(args) => taint::untaint(session, &args),
        Command::Validate(args) => validate::run(session, &args),
        Command::Version(args) => version::run(session, args),
        Command::Workspace(args) => workspace::run(session, &args),
    }
}

/// Says what is wrong with the arguments, or shows the help that was asked for.
fn explain(session: &Session, name: &str, problem: &UsageError) -> Exit {
    let group = name.split(' ').next().unwrap_or_default();
    let (summary, detail) = match problem {
        UsageError::NoCommand if name.is_empty() => {
            session.print(&help::general());
            return Exit::NoCommand;
        }
        UsageError::Help if name == "help" => {
            session.print(&help::general());
            return Exit::Done;
        }
        UsageError::Help if help::is_command(group) => {
            session.print(&help::of(name));
            return Exit::Done;
        }
        UsageError::NoCommand if help::is_command(group) => {
            session.print(&help::of(group));
            return Exit::Failed;
        }
        UsageError::Help | UsageError::NoCommand => {
            let nearest = help::nearest(group).map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default();
            session.say(&format!(
                "landfall has no command named \"{name}\".{nearest}\n\nTo see all of landfall's top-level commands, run:\n  \
                 landfall -help\n\n"
            ));
            return Exit::Failed;
        }
        UsageError::Flag(detail) => ("Failed to parse command-line flags", detail.clone()),
        UsageError::Words { summary, detail } => (summary.as_str(), detail.clone()),
    };
    let found = Diagnostic::error(summary, detail).into();
    session.say(&report::render(&found, &session.sources, session.error_style, false));
    session.say(&format!("\nFor more help on using this command, run:\n  landfall {name} -help\n"));
    Exit::Failed
}
