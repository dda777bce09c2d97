//! What `import` blocks evaluate: how often they repeat, which object they mean and where it goes.

use std::sync::Arc;

use landfall_addr::{InstanceKey, ResourceInstance, Target};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::Import;
use landfall_lang::{Expr, Scope};
use landfall_value::{Kind, Type, Value, convert};

use super::instances::Repetition;

const ID: &str = "Invalid import id argument";

/// Evaluates `for_each` of an import, which takes every kind of collection. On errors, or where it is not known, there is
/// no repetition.
pub(crate) fn import_repetitions(for_each: &Expr, scope: &dyn Scope, found: &mut Diagnostics) -> Vec<Repetition> {
    let before = found.len();
    let value = for_each.evaluate(scope, found);
    if found.len() > before {
        return Vec::new();
    }
    if !value.marks().is_empty() {
        let detail = "The \"for_each\" expression cannot be sensitive or ephemeral: its keys are parts of addresses.";
        found.push(Diagnostic::error("Invalid for_each argument", detail).at(for_each.span()));
        return Vec::new();
    }
    let item = |key: Value, value: &Value| Repetition::Item(key, value.clone());
    match value.kind() {
        Kind::Map(_, parts) | Kind::Object(parts) => {
            parts.iter().map(|(key, value)| item(Value::from(key.clone()), value)).collect()
        }
        Kind::Set(_, parts) => parts.iter().map(|part| item(part.clone(), part)).collect(),
        Kind::List(_, parts) | Kind::Tuple(parts) => {
            (0i64..).zip(parts).map(|(index, part)| item(Value::from(index), part)).collect()
        }
        Kind::Null(_) | Kind::Unknown(..) => Vec::new(),
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
            let detail = "The \"for_each\" expression must be a collection.";
            found.push(Diagnostic::error("Invalid for_each argument", detail).at(for_each.span()));
            Vec::new()
        }
    }
}

/// Returns the ID of an import; none after an error.
pub(crate) fn import_id(value: &Value, import: &Import, found: &mut Diagnostics) -> Option<String> {
    if !value.is_known() {
        let detail = "The import ID is known only after apply. It must be known now.";
        found.push(Diagnostic::error(ID, detail).at(import.id.span()));
        return None;
    }
    match import_id_problem(value) {
        Some(problem) => {
            found.push(problem.at(import.id.span()));
            None
        }
        None => convert(value, &Type::String).ok()?.as_str().map(str::to_owned),
    }
}

/// Returns what is wrong with an ID, as far as it is known.
pub(crate) fn import_id_problem(value: &Value) -> Option<Diagnostic> {
    let Ok(text) = convert(value, &Type::String) else {
        return Some(Diagnostic::error("Incorrect value type", "Invalid expression value: string required."));
    };
    let detail = match text.as_str() {
        Some("") => "The import ID value evaluates to an empty string, please provide a non-empty value.",
        None if text.is_null() => "The import ID cannot be null.",
        Some(_) | None => return None,
    };
    Some(Diagnostic::error(ID, detail))
}

/// Returns where an import leads, its key being evaluated.
pub(crate) fn import_address(
    import: &Import,
    key: Option<&Value>,
    found: &mut Diagnostics,
) -> Option<ResourceInstance> {
    match (&import.to, key) {
        (Target::Instance(instance), None) => Some(instance.clone()),
        (Target::Resource(resource), None) => Some(resource.instance(InstanceKey::None)),
        (Target::Module(_), _) => None,
        (Target::Resource(_) | Target::Instance(_), Some(key)) => {
            let resource = match &import.to {
                Target::Resource(resource) => resource.clone(),
                Target::Instance(instance) => instance.abs_resource(),
                Target::Module(_) => return None,
            };
            let index = key.as_number().and_then(landfall_value::Number::to_usize);
            let key = match (key.as_str(), index) {
                (Some(name), _) => InstanceKey::Name(Arc::from(name)),
                (None, Some(index)) => InstanceKey::Index(index as u64),
                (None, None) => {
                    let detail = "The key of the instance must be known, a string or an index.";
                    found.push(Diagnostic::error("Invalid import address", detail).at(import.span));
                    return None;
                }
            };
            Some(resource.instance(key))
        }
    }
}
