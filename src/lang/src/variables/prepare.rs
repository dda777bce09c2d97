//! From what was given for a variable to its value.

use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_value::{Marks, Type, Value, convert};

use crate::config::Variable;
use crate::conversion::explain;

/// Returns the value of a variable: what was given, or the default, with the defaults of optional attributes, converted
/// and marked. `span` is where it was given. On errors the value is unknown.
pub fn prepare_variable(
    variable: &Variable,
    given: Option<&Value>,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Value {
    let value = match chosen(variable, given, span) {
        Ok(value) => value,
        Err(problem) => {
            diagnostics.push(*problem);
            Value::unknown(variable.r#type.without_optional())
        }
    };
    let mut marks = Marks::NONE;
    if variable.sensitive {
        marks |= Marks::SENSITIVE;
    }
    if variable.ephemeral {
        marks |= Marks::EPHEMERAL;
    }
    value.with_marks(marks)
}

fn chosen(variable: &Variable, given: Option<&Value>, span: Span) -> Result<Value, Box<Diagnostic>> {
    let name = &variable.name;
    let Some(given) = given else {
        return variable.default.clone().ok_or_else(|| {
            let detail = format!(
                "The root module input variable \"{name}\" is not set, and has no default value. Use a -var or -var-file \
                 command line argument to provide a value for this variable."
            );
            Box::new(Diagnostic::error("No value for required variable", detail).at(variable.span))
        });
    };
    // Null stands for the default where null is no value of its own.
    if given.is_null() && !variable.nullable {
        return variable.default.clone().ok_or_else(|| {
            let detail = format!(
                "Unsuitable value for var.{name}: required variable may not be set to null. Give it a value, or set \
                 `nullable = true` in its block."
            );
            Box::new(Diagnostic::error("Required variable not set", detail).at(span))
        });
    }
    let complete = variable.type_defaults.as_ref().map_or_else(|| given.clone(), |defaults| defaults.apply(given));
    convert(&complete, &variable.r#type).map_err(|problem| {
        let found = match &variable.r#type {
            Type::Dynamic => String::new(),
            r#type => format!(" The variable's type is {}.", r#type.constraint_name()),
        };
        let detail = format!("The given value is not suitable for var.{name}: {}.{found}", explain(&problem));
        Box::new(Diagnostic::error("Invalid value for input variable", detail).at(span))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::tests::load_text;

    /// Prepares variable `x` of a configuration and renders its value, or the summary of the first error.
    #[track_caller]
    fn check(config: &str, given: Option<Value>, expected: &str) {
        let (config, problems) = load_text(config);
        assert!(!problems.has_errors(), "{problems:?}");
        let variable = &config.root.variables["x"];
        let mut diagnostics = Diagnostics::new();
        let value = prepare_variable(variable, given.as_ref(), variable.span, &mut diagnostics);
        let found = match diagnostics.iter().next() {
            Some(problem) => problem.summary.clone(),
            None => format!("{value:?}"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn default_stands_in_where_nothing_is_given() {
        check(r#"variable "x" { default = 1 }"#, None, "1");
        check(r#"variable "x" {}"#, None, "No value for required variable");
    }

    #[test]
    fn null_is_a_value_unless_nullable_is_false() {
        check("variable \"x\" {\n default = 1\n}", Some(Value::NULL), "null");
        check("variable \"x\" {\n default = 1\n nullable = false\n}", Some(Value::NULL), "1");
        check(r#"variable "x" { nullable = false }"#, Some(Value::NULL), "Required variable not set");
    }

    #[test]
    fn optional_attributes_get_their_defaults_before_conversion() {
        let config = r#"variable "x" { type = list(object({ a = optional(number, 2), b = optional(string) })) }"#;
        let given = Value::tuple(vec![Value::object_of([("b", Value::TRUE)])]);
        check(config, Some(given), r#"[{"a": 2, "b": "true"}]"#);
    }

    #[test]
    fn wrong_type_is_refused() {
        check(r#"variable "x" { type = number }"#, Some(Value::from("many")), "Invalid value for input variable");
    }
}
