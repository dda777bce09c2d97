//! `local-exec`: a command on this machine.

use std::process::Stdio;
use std::sync::Arc;

use landfall_addr::ResourceInstance;
use landfall_diag::{Diagnostic, Severity, Span};
use landfall_lang::config::Provisioner;
use landfall_value::{Marks, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::{Context, Event};

/// A command to run for an object.
pub(crate) struct Command {
    address: ResourceInstance,
    r#type: Arc<str>,
    span: Span,
    continue_on_failure: bool,
    program: Vec<String>,
    working_dir: Option<String>,
    environment: Vec<(String, String)>,
    /// What it is, for people; none where it must not be shown.
    shown: Option<String>,
    /// Whether its output holds secrets.
    hidden: bool,
}

/// Returns the command of a provisioner whose arguments were evaluated.
///
/// # Errors
/// When an argument is not known or empty.
pub(crate) fn command(
    address: &ResourceInstance,
    provisioner: &Provisioner,
    arguments: &Value,
) -> Result<Command, Diagnostic> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(line) = text("command").filter(|line| !line.is_empty()) else {
        let detail = "The argument `command` of a `local-exec` provisioner must be known and not empty.";
        return Err(Diagnostic::error("Invalid local-exec provisioner command", detail).at(provisioner.span));
    };
    let given = arguments.get("interpreter").and_then(Value::as_slice).unwrap_or_default();
    let mut program: Vec<String> = given.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if program.is_empty() {
        program = vec!["/bin/sh".to_owned(), "-c".to_owned()];
    }
    program.push(line.clone());
    let environment = arguments.get("environment").and_then(Value::as_map).map(|environment| {
        environment.iter().filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned()))).collect()
    });
    let quiet = arguments.get("quiet").and_then(Value::as_bool).unwrap_or(false);
    let hidden = arguments.marks_deep().contains(Marks::SENSITIVE);
    Ok(Command {
        address: address.clone(),
        r#type: provisioner.r#type.clone(),
        span: provisioner.span,
        continue_on_failure: provisioner.continue_on_failure,
        program,
        working_dir: text("working_dir"),
        environment: environment.unwrap_or_default(),
        shown: (!quiet && !hidden).then_some(line),
        hidden,
    })
}

/// Runs a command and passes on what it writes.
///
/// # Errors
/// When it cannot be run or fails; a warning where failure is to be ignored.
pub(crate) async fn run(context: Context<'_>, command: Command) -> Result<(), Diagnostic> {
    let (address, provisioner) = (command.address.clone(), command.r#type.clone());
    context.events.on(Event::ProvisionerStarted { address: address.clone(), provisioner: provisioner.clone() });
    let said = command
        .shown
        .as_ref()
        .map_or_else(|| "Suppressing what is executed".to_owned(), |line| format!("Executing: {line}"));
    tell(context, &command, said);
    if command.hidden {
        tell(context, &command, "(output suppressed due to sensitive value in config)".to_owned());
    }
    let outcome = execute(context, &command).await;
    context.events.on(Event::ProvisionerCompleted { address, provisioner, failed: outcome.is_err() });
    outcome.map_err(|why| {
        let detail = format!("Running the provisioner of `{}` failed: {why}.", command.address);
        let mut finding =
            Diagnostic::error("local-exec provisioner error", detail).at(command.span).about(command.address.clone());
        if command.continue_on_failure {
            finding.severity = Severity::Warning;
        }
        finding
    })
}

async fn execute(context: Context<'_>, command: &Command) -> Result<(), String> {
    let (program, arguments) = command.program.split_first().ok_or("there is no command")?;
    let mut process = tokio::process::Command::new(program);
    process.args(arguments).envs(command.environment.iter().cloned());
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(directory) = &command.working_dir {
        process.current_dir(directory);
    }
    let mut child = process.spawn().map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    tokio::join!(pass_on(context, command, stdout), pass_on(context, command, stderr));
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("the command ended with {status}")) }
}

async fn pass_on(context: Context<'_>, command: &Command, stream: Option<impl AsyncRead + Unpin>) {
    let Some(stream) = stream else { return };
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if !command.hidden {
            tell(context, command, line);
        }
    }
}

fn tell(context: Context<'_>, command: &Command, line: String) {
    context.events.on(Event::ProvisionerOutput {
        address: command.address.clone(),
        provisioner: command.r#type.clone(),
        line,
    });
}
