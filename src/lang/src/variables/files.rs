//! Variable definition files: `*.tfvars`, `*.tfvars.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use landfall_value::Value;

use crate::config::load::constant;
use crate::syntax;

/// A value from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenValue {
    /// The value, not converted.
    pub value: Value,
    /// Place of the value.
    pub span: Span,
}

/// Reads a `*.tfvars` file, whose text is in `sources`. Values that are wrong are left out.
pub fn parse_tfvars(
    sources: &SourceMap,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Arc<str>, GivenValue> {
    let before = diagnostics.len();
    let body = syntax::parse_body(sources, source, diagnostics);
    if diagnostics.iter().skip(before).any(Diagnostic::is_error) {
        // What could be read means something else than what was written.
        return BTreeMap::new();
    }
    for block in &body.blocks {
        let diagnostic = if &*block.r#type == "variable" {
            let name = block.labels.first().map_or("example", |label| label);
            let detail = format!(
                "A .tfvars file is used to assign values to variables that have already been declared in .tf files, not \
                 to declare new variables. To declare variable \"{name}\", place this block in one of your .tf files.\n\n\
                 To set a value for this variable in {}, use the definition syntax instead:\n    {name} = <value>",
                sources.name(source)
            );
            Diagnostic::error("Variable declaration in .tfvars file", detail)
        } else {
            Diagnostic::error(format!("Unexpected \"{}\" block", block.r#type), "Blocks are not allowed here.")
        };
        diagnostics.push(diagnostic.at(block.header_span));
    }
    let mut values = BTreeMap::new();
    for (name, attribute) in &body.attributes {
        let mut found = Diagnostics::new();
        let value = constant(&attribute.expr, &mut found);
        if !found.has_errors() {
            values.insert(name.clone(), GivenValue { value, span: attribute.expr.span() });
        }
        diagnostics.extend(found);
    }
    values
}

/// Reads a `*.tfvars.json` file, whose text is in `sources`.
pub fn parse_tfvars_json(
    sources: &SourceMap,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Arc<str>, GivenValue> {
    let text = sources.text(source);
    let whole = syntax::whole_span(sources, source);
    let object = match landfall_value::json::from_text_implied(text) {
        Ok(value) => value,
        Err(problem) => {
            let detail = format!("The file is not JSON: {problem}.");
            diagnostics.push(Diagnostic::error("Invalid JSON", detail).at(whole));
            return BTreeMap::new();
        }
    };
    let Some(members) = object.as_map() else {
        let detail = "The root value in a JSON-based configuration must be either a JSON object or a JSON array of \
                      objects.";
        diagnostics.push(Diagnostic::error("Root value must be object", detail).at(whole));
        return BTreeMap::new();
    };
    let given = |(name, value): (&Arc<str>, &Value)| (name.clone(), GivenValue { value: value.clone(), span: whole });
    members.iter().map(given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut sources = SourceMap::default();
        let source = sources.add("terraform.tfvars", text);
        let mut diagnostics = Diagnostics::new();
        let values = parse_tfvars(&sources, source, &mut diagnostics);
        let mut found: Vec<String> = values.iter().map(|(name, given)| format!("{name}={:?}", given.value)).collect();
        found.extend(diagnostics.iter().map(|problem| problem.summary.clone()));
        assert_eq!(found.join("; "), expected);
    }

    #[test]
    fn values_are_constants() {
        check("a = 1\nb = [\"x\"]\n", "a=1; b=[\"x\"]");
        check("a = var.b\nc = 2\n", "c=2; Variables not allowed");
        check("a = var.b\nc = 2\nc = 3\n", "Attribute redefined");
    }

    #[test]
    fn blocks_are_refused() {
        check("variable \"a\" {\n}\n", "Variable declaration in .tfvars file");
    }
}
