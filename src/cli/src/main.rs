//! The command line: the only crate that prints and reads the environment, the clock and signals.
//!
//! `args` turns words into plain structs, `commands` has one file for each command, `project` knows what lies in the
//! working directory, `views` and `report` turn plans, states and diagnostics into text, `ui` shows what is going on.

mod args;
mod commands;
mod environment;
mod exit;
mod operation;
mod plan_file;
mod project;
mod report;
mod sandbox;
mod session;
mod ui;
mod views;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    ExitCode::from(commands::run(&words).code())
}
