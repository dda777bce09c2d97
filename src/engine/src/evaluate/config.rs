//! The configuration of an object: a body evaluated and held against its schema.

use landfall_diag::{Diagnostic, Diagnostics, Severity};
use landfall_lang::config::ResourceBlock;
use landfall_lang::{Body, Scope, locate};
use landfall_value::schema::{self, Block};
use landfall_value::{Marks, Value};

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

/// Finds ephemeral values in arguments that are stored.
pub(crate) fn ephemeral_problem(config: &Value, block: &ResourceBlock, schema: &Block) -> Option<Diagnostic> {
    if !config.marks_deep().contains(Marks::EPHEMERAL) {
        return None;
    }
    let (name, _) = config.as_map()?.iter().find(|(name, value)| {
        let write_only = schema.attributes.get(*name).is_some_and(|attribute| attribute.write_only);
        !write_only && value.marks_deep().contains(Marks::EPHEMERAL)
    })?;
    let span = block.body.attributes.get(name).map_or(block.span, |attribute| attribute.expr.span());
    let detail = format!(
        "Ephemeral values are not valid for `{name}`, because it is not a write-only attribute and is stored between runs."
    );
    Some(Diagnostic::error("Invalid use of ephemeral value", detail).at(span))
}
