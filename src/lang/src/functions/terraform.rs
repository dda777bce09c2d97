//! Functions of the built-in provider: `provider::terraform::…`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use landfall_diag::{Diagnostics, SourceMap};
use landfall_value::{Kind, Value};

use crate::quote::write_quoted;
use crate::variables::parse_tfvars;

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Returns, any, text};
use super::{FunctionError, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "provider::terraform::decode_tfvars",
        &[text("src")],
        Returns::Fixed(Constraint::Any),
        decode_variables,
    ),
    Function::text("provider::terraform::encode_expr", &[any("expr").unknown().dynamic()], |a| {
        if !a.value(0).is_wholly_known() {
            return Ok(a.unknown());
        }
        let mut text = String::new();
        write(a.value(0), 0, &mut text);
        Ok(text.into())
    }),
    Function::text("provider::terraform::encode_tfvars", &[any("value").unknown().dynamic()], encode_variables),
];

fn decode_variables(arguments: &Arguments<'_>) -> Outcome {
    let mut sources = SourceMap::default();
    let source = sources.add("<decode_tfvars argument>", arguments.text(0));
    let mut diagnostics = Diagnostics::new();
    let values = parse_tfvars(&sources, source, &mut diagnostics);
    match diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        Some(error) => Err(FunctionError::new(format!("invalid tfvars syntax: {}; {}", error.summary, error.detail))),
        None => Ok(Value::object(values.into_iter().map(|(name, given)| (name, given.value)).collect())),
    }
}

fn encode_variables(arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.value(0);
    if !value.is_wholly_known() {
        return Ok(arguments.unknown());
    }
    let Some(entries) = value.as_map() else {
        return Err(FunctionError::new(
            "invalid value to encode: must be an object whose attribute names will become the encoded variable names",
        ));
    };
    if let Some(name) = entries.keys().find(|name| !is_identifier(name)) {
        let message = format!(
            "invalid variable name {name:?}: must be a valid identifier, per the language's rules for input variable declarations"
        );
        return Err(FunctionError::new(message));
    }
    let mut text = String::new();
    write_entries(entries, 0, &mut text);
    Ok(text.into())
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && letters.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Writes entries one a line; those of one line that follow each other have their `=` in one column.
fn write_entries(entries: &BTreeMap<Arc<str>, Value>, depth: usize, text: &mut String) {
    let written: Vec<(String, String)> = entries
        .iter()
        .map(|(name, value)| {
            let mut key = String::new();
            if is_identifier(name) {
                key.push_str(name)
            } else {
                write_quoted(name, &mut key)
            }
            let mut expression = String::new();
            write(value, depth, &mut expression);
            (key, expression)
        })
        .collect();
    for group in written.chunk_by(|(_, a), (_, b)| !a.contains('\n') && !b.contains('\n')) {
        let width = group.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
        for (key, expression) in group {
            let indent = "  ".repeat(depth);
            let gap = " ".repeat(width - key.chars().count());
            let _ = writeln!(text, "{indent}{key}{gap} = {expression}");
        }
    }
}

/// Writes a wholly known value as an expression.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => text.push_str("null"),
        Kind::Bool(value) => text.push_str(if value { "true" } else { "false" }),
        Kind::Number(number) => {
            let _ = write!(text, "{number}");
        }
        Kind::String(string) => write_quoted(string, text),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write(element, depth, text);
            }
            text.push(']');
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            if entries.is_empty() {
                text.push_str("{}");
                return;
            }
            text.push_str("{\n");
            write_entries(entries, depth + 1, text);
            text.push_str(&"  ".repeat(depth));
            text.push('}');
        }
    }
}
