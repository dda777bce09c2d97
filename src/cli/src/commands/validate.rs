//! `validate`: what is wrong with a configuration whatever its values are.

use landfall_diag::Diagnostics;
use serde::Serialize;

use super::Outcome;
use crate::args::ValidateArgs;
use crate::exit::Exit;
use crate::operation::Engine;
use crate::project;
use crate::report::JsonDiagnostic;
use crate::session::Session;

#[derive(Serialize)]
struct Validation {
    format_version: &'static str,
    valid: bool,
    error_count: usize,
    warning_count: usize,
    diagnostics: Vec<JsonDiagnostic>,
}

pub(super) fn run(session: &mut Session, args: &ValidateArgs) -> Outcome {
    session.compact_warnings = args.view.compact_warnings;
    let found = check(session)?;
    let valid = !found.has_errors();
    if args.view.json {
        print_json(session, &found);
    } else {
        session.report(&found);
        if valid {
            let but = if found.is_empty() { "." } else { ", but there were some validation warnings as shown above." };
            session.print(&format!("Success! The configuration is valid{but}\n\n"));
        }
    }
    Ok(if valid { Exit::Done } else { Exit::Failed })
}

fn check(session: &mut Session) -> Result<Diagnostics, Diagnostics> {
    match project::load(session) {
        Ok((config, mut found)) => {
            found.extend(Engine::new(session)?.validate(&config));
            Ok(found)
        }
        Err(found) => Ok(found),
    }
}

fn print_json(session: &Session, found: &Diagnostics) {
    let errors = found.iter().filter(|finding| finding.is_error()).count();
    let validation = Validation {
        format_version: "1.0",
        valid: errors == 0,
        error_count: errors,
        warning_count: found.len() - errors,
        diagnostics: found.iter().map(|finding| JsonDiagnostic::new(finding, &session.sources)).collect(),
    };
    let text = serde_json::to_string_pretty(&validation).expect("diagnostics have a JSON form");
    session.print(&format!("{text}\n"));
}
