//! Diagnostics for programs, as Terraform's `-json` forms have them.

use landfall_diag::{Diagnostic, Position, Severity, SourceMap};
use serde::Serialize;

use super::snippet::Snippet;

/// A diagnostic.
#[derive(Debug, Serialize)]
pub(crate) struct JsonDiagnostic {
    severity: &'static str,
    summary: String,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<JsonRange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<JsonSnippet>,
}

#[derive(Debug, Serialize)]
struct JsonRange {
    filename: String,
    start: JsonPosition,
    end: JsonPosition,
}

#[derive(Debug, Serialize)]
struct JsonPosition {
    line: u32,
    column: u32,
    byte: u32,
}

#[derive(Debug, Serialize)]
struct JsonSnippet {
    context: Option<String>,
    code: String,
    start_line: u32,
    highlight_start_offset: usize,
    highlight_end_offset: usize,
    values: Vec<JsonValue>,
}

#[derive(Debug, Serialize)]
struct JsonValue {
    traversal: String,
    statement: String,
}

impl JsonDiagnostic {
    /// Returns the form of a diagnostic.
    pub fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let snippet = Snippet::of(diagnostic, sources);
        let range = snippet.as_ref().map(|snippet| JsonRange {
            filename: snippet.file.to_owned(),
            start: position(snippet.start),
            end: position(snippet.end),
        });
        let values = diagnostic
            .values
            .iter()
            .map(|value| JsonValue { traversal: value.traversal.clone(), statement: value.statement.clone() });
        let snippet = snippet.map(|snippet| JsonSnippet {
            context: snippet.block,
            code: snippet.code.to_owned(),
            start_line: snippet.first_line,
            highlight_start_offset: snippet.highlight.0,
            highlight_end_offset: snippet.highlight.1,
            values: values.collect(),
        });
        Self {
            severity: severity(diagnostic.severity),
            summary: diagnostic.summary.clone(),
            detail: diagnostic.detail.clone(),
            address: diagnostic.address.as_ref().map(ToString::to_string),
            range,
            snippet,
        }
    }
}

/// Returns the word for a severity.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn position(position: Position) -> JsonPosition {
    JsonPosition { line: position.line, column: position.column, byte: position.byte }
}
