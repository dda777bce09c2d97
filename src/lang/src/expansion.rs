//! `count` and `for_each`: which instances a block has.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::{Kind, Marks, Type, Value, convert};

use crate::conversion::explain;
use crate::{Expr, Scope};

/// What `count` or `for_each` says.
#[derive(Clone, Debug, PartialEq)]
pub enum Expansion<T> {
    /// These instances.
    Known(T),
    /// It is known only after apply: fine while validating; when planning, this error.
    Unknown(Box<Diagnostic>),
    /// It is wrong, and was reported.
    Invalid,
}

impl<T> Expansion<T> {
    /// Returns what is known; adds the error if it is not.
    pub fn required(self, diagnostics: &mut Diagnostics) -> Option<T> {
        match self {
            Self::Known(instances) => Some(instances),
            Self::Unknown(problem) => {
                diagnostics.push(*problem);
                None
            }
            Self::Invalid => None,
        }
    }
}

/// Instances of `for_each`: keys with `each.value`, in order of key.
pub type EachInstances = Vec<(Arc<str>, Value)>;

/// Evaluates `count`; an unknown value is an error.
pub fn evaluate_count(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Option<u64> {
    expand_count(expr, scope, diagnostics).required(diagnostics)
}

/// Evaluates `for_each`; unknown keys are an error.
pub fn evaluate_for_each(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Option<EachInstances> {
    expand_for_each(expr, scope, diagnostics).required(diagnostics)
}

const COUNT: &str = "Invalid count argument";
const FOR_EACH: &str = "Invalid for_each argument";
const FOR_EACH_SET: &str = "Invalid for_each set argument";

/// Evaluates an expression; `None` if that failed.
fn evaluated(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Option<Value> {
    let mut found = Diagnostics::new();
    let value = expr.evaluate(scope, &mut found);
    let failed = found.has_errors();
    diagnostics.extend(found);
    (!failed).then_some(value)
}

/// Evaluates `count`.
pub fn expand_count(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Expansion<u64> {
    let Some(value) = evaluated(expr, scope, diagnostics) else { return Expansion::Invalid };
    match count_of(&value) {
        Ok(Some(count)) => Expansion::Known(count),
        Ok(None) => {
            let detail = "The \"count\" value depends on resource attributes that cannot be determined until apply, so \
                          Terraform cannot predict how many instances will be created. To work around this, use the \
                          -target argument to first apply only the resources that the count depends on.";
            Expansion::Unknown(Box::new(Diagnostic::error(COUNT, detail).at(expr.span())))
        }
        Err((summary, detail)) => {
            diagnostics.push(Diagnostic::error(summary, detail).at(expr.span()));
            Expansion::Invalid
        }
    }
}

fn count_of(value: &Value) -> Result<Option<u64>, (&'static str, String)> {
    if value.is_null() {
        let detail = "The given \"count\" argument value is null. An integer is required.";
        return Err((COUNT, detail.to_owned()));
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        let detail = "The given \"count\" is derived from an ephemeral value, which means that Terraform cannot persist \
                      it between plan/apply rounds. Use only non-ephemeral values to specify a number of resource \
                      instances.";
        return Err((COUNT, detail.to_owned()));
    }
    let number = convert(value, &Type::Number)
        .map_err(|problem| ("Incorrect value type", format!("Invalid expression value: {}.", explain(&problem))))?;
    let Kind::Number(number) = number.kind() else { return Ok(None) };
    let unsuitable = |why: &str| (COUNT, format!("The given \"count\" argument value is unsuitable: {why}."));
    let whole = "value must be a whole number, between -9223372036854775808 and 9223372036854775807";
    let count = number.to_i64().ok_or_else(|| unsuitable(whole))?;
    u64::try_from(count).map(Some).map_err(|_| unsuitable("must be greater than or equal to zero"))
}

/// Evaluates `for_each`.
pub fn expand_for_each(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Expansion<EachInstances> {
    let Some(value) = evaluated(expr, scope, diagnostics) else { return Expansion::Invalid };
    match each_of(&value) {
        Ok(Some(instances)) => Expansion::Known(instances),
        Ok(None) => Expansion::Unknown(Box::new(Diagnostic::error(FOR_EACH, unknown_keys(&value)).at(expr.span()))),
        Err((summary, detail)) => {
            diagnostics.push(Diagnostic::error(summary, detail).at(expr.span()));
            Expansion::Invalid
        }
    }
}

fn unknown_keys(value: &Value) -> String {
    let (what, advice) = match value.kind() {
        Kind::Set(..) | Kind::Unknown(Type::Set(_), _) => (
            "set",
            "When working with unknown values in for_each, it's better to use a map value where the keys are defined \
             statically in your configuration and where only the values contain apply-time results.",
        ),
        _ => (
            "map",
            "When working with unknown values in for_each, it's better to define the map keys statically in your \
             configuration and place apply-time results only in the map values.",
        ),
    };
    format!(
        "The \"for_each\" {what} includes {} derived from resource attributes that cannot be determined until apply, and \
         so Terraform cannot determine the full set of keys that will identify the instances of this resource.\n\n\
         {advice}\n\nAlternatively, you could use the -target planning option to first apply only the resources that \
         the for_each value depends on, and then apply a second time to fully converge.",
        if what == "set" { "values" } else { "keys" }
    )
}

fn each_of(value: &Value) -> Result<Option<EachInstances>, (&'static str, String)> {
    let unsuitable = |why: &str| format!("The given \"for_each\" argument value is unsuitable: {why}.");
    if value.marks().contains(Marks::SENSITIVE) {
        let detail = "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If \
                      used, the sensitive value could be exposed as a resource instance key.";
        return Err((FOR_EACH, detail.to_owned()));
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        let detail = "The given \"for_each\" value is derived from an ephemeral value, which means that Terraform cannot \
                      persist it between plan/apply rounds. Use only non-ephemeral values to specify a resource's \
                      instance keys.";
        return Err((FOR_EACH, detail.to_owned()));
    }
    match value.kind() {
        Kind::Null(_) => {
            let why = "the given \"for_each\" argument value is null. A map, or set of strings is allowed";
            Err((FOR_EACH, unsuitable(why)))
        }
        Kind::Map(_, elements) | Kind::Object(elements) => {
            Ok(Some(elements.iter().map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        Kind::Unknown(Type::Dynamic | Type::Map(_) | Type::Object(_), _) => Ok(None),
        Kind::Unknown(Type::Set(element), _) if matches!(**element, Type::String | Type::Dynamic) => Ok(None),
        Kind::Set(Type::String | Type::Dynamic, elements) => set_instances(elements),
        Kind::Set(_, []) => Ok(Some(EachInstances::new())),
        Kind::Set(element, _) => Err((FOR_EACH_SET, unsuitable(&wrong_set(element)))),
        Kind::Unknown(Type::Set(element), _) => Err((FOR_EACH_SET, unsuitable(&wrong_set(element)))),
        _ => {
            let name = value.r#type().friendly_name();
            let why = format!(
                "the \"for_each\" argument must be a map, or set of strings, and you have provided a value of type {name}"
            );
            Err((FOR_EACH, unsuitable(&why)))
        }
    }
}

fn wrong_set(element: &Type) -> String {
    let name = element.friendly_name();
    format!("\"for_each\" supports maps and sets of strings, but you have provided a set containing type {name}")
}

fn set_instances(elements: &[Value]) -> Result<Option<EachInstances>, (&'static str, String)> {
    if elements.iter().any(|element| !element.is_known()) {
        return Ok(None);
    }
    let instance = |element: &Value| match element.kind() {
        Kind::String(key) => Ok((key.clone(), element.clone())),
        _ => {
            let detail = "The given \"for_each\" argument value is unsuitable: \"for_each\" sets must not contain null \
                          values.";
            Err((FOR_EACH_SET, detail.to_owned()))
        }
    };
    let mut instances = elements.iter().map(instance).collect::<Result<EachInstances, _>>()?;
    instances.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Some(instances))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_count(value: &Value, expected: &str) {
        let found = match count_of(value) {
            Ok(count) => format!("{count:?}"),
            Err((summary, detail)) => format!("{summary}: {detail}"),
        };
        assert!(found.contains(expected), "{found}");
    }

    #[track_caller]
    fn check_each(value: &Value, expected: &str) {
        let found = match each_of(value) {
            Ok(Some(each)) => each.iter().map(|(key, _)| &**key).collect::<Vec<_>>().join(","),
            Ok(None) => "unknown".to_owned(),
            Err((summary, detail)) => format!("{summary}: {detail}"),
        };
        assert!(found.contains(expected), "{found}");
    }

    fn set(element: Type, elements: Vec<Value>) -> Value {
        Value::set(element, elements)
    }

    #[test]
    fn count_is_a_whole_number() {
        check_count(&Value::from("2"), "Some(2)");
        check_count(&Value::unknown(Type::Number), "None");
        check_count(&Value::NULL, "is null");
        check_count(&Value::from(-1), "greater than or equal to zero");
        check_count(&Value::from("many"), "Incorrect value type");
        check_count(&convert(&Value::from("1.5"), &Type::Number).unwrap(), "whole number");
    }

    #[test]
    fn for_each_takes_maps_and_sets_of_strings() {
        check_each(&Value::object_of([("b", Value::TRUE), ("a", Value::unknown(Type::Bool))]), "a,b");
        check_each(&set(Type::String, vec!["y".into(), "x".into()]), "x,y");
        check_each(&set(Type::Dynamic, vec![]), "");
        check_each(&set(Type::Number, vec![]), "");
        check_each(&set(Type::Dynamic, vec![Value::unknown(Type::Dynamic)]), "unknown");
        check_each(&set(Type::String, vec![Value::unknown(Type::String)]), "unknown");
        check_each(&Value::unknown(Type::map(Type::String)), "unknown");
        check_each(&set(Type::Number, vec![Value::from(1)]), "set containing type number");
        check_each(&set(Type::String, vec![Value::null(Type::String)]), "must not contain null");
        check_each(&Value::from("x"), "value of type string");
        check_each(&Value::tuple(vec![]), "value of type tuple");
        check_each(&set(Type::String, vec!["x".into()]).with_marks(Marks::SENSITIVE), "Sensitive values");
    }
}
