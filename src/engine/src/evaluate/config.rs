//! The configuration of an object: a body evaluated and held against its schema.

use landfall_diag::{Diagnostic, Diagnostics, Severity};
use landfall_lang::{Body, Scope, locate};
use landfall_value::Value;
use landfall_value::schema::{self, Block};

/// Which findings about values are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Findings {
    /// Errors and warnings.
    All,
    /// Errors only: warnings were given when the configuration was validated.
    Errors,
}

/// Evaluates a body and checks the values against the schema.
pub(crate) fn decode_config(
    body: &Body,
    block: &Block,
    scope: &dyn Scope,
    wanted: Findings,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut found = Diagnostics::new();
    let value = landfall_lang::decode_body(body, block, scope, &mut found);
    if !found.has_errors() {
        for (path, problem) in schema::validate(block, &value) {
            if problem.severity == Severity::Warning && wanted == Findings::Errors {
                continue;
            }
            let mut finding = Diagnostic::error(problem.summary, problem.detail);
            finding.severity = problem.severity;
            finding.subject = locate(body, &path);
            found.push(finding);
        }
    }
    diagnostics.extend(found);
    value
}
