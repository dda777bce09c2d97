//! Types and marks of values.

use landfall_value::{ConversionError, Kind, Marks, Type, Value, conversion_exists, convert};

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Parameter, Returns, any};
use super::{FunctionError, Outcome};

const ANYTHING: Parameter = any("v").null().unknown().dynamic().marks();
const VALUE: Parameter = any("value").null().unknown().dynamic().marks();

/// Conversion keeps null, and what is known of unknown values, by itself.
const fn conversion(name: &'static str, run: fn(&Arguments<'_>) -> Outcome) -> Function {
    Function::new(name, &[ANYTHING], Returns::Fixed(Constraint::Any), run).may_be_null()
}

const fn marking(name: &'static str, run: fn(&Arguments<'_>) -> Outcome) -> Function {
    Function::new(name, &[VALUE], Returns::Fixed(Constraint::Any), run).may_be_null()
}

pub(super) const FUNCTIONS: &[Function] = &[
    conversion("tobool", |a| to(a, &Type::Bool)),
    conversion("tolist", |a| to(a, &Type::list(Type::Dynamic))),
    conversion("tomap", |a| to(a, &Type::map(Type::Dynamic))),
    conversion("tonumber", |a| to(a, &Type::Number)),
    conversion("toset", |a| to(a, &Type::set(Type::Dynamic))),
    conversion("tostring", |a| to(a, &Type::String)),
    marking("sensitive", |a| Ok(a.value(0).clone().with_marks(Marks::SENSITIVE))),
    marking("nonsensitive", |a| Ok(a.value(0).clone().without_marks(Marks::SENSITIVE))),
    marking("ephemeralasnull", |a| Ok(ephemeral_as_null(a.value(0)))),
    Function::new("issensitive", &[VALUE], Returns::Fixed(Constraint::Bool), |a| {
        let value = a.value(0);
        // What is unknown may turn out to be sensitive.
        Ok(if value.is_sensitive() || value.is_known() { value.is_sensitive().into() } else { a.unknown() })
    }),
];

fn to(arguments: &Arguments<'_>, wanted: &Type) -> Outcome {
    let value = arguments.value(0);
    convert(value, wanted).map_err(|error| {
        let from = value.r#type();
        let message = match (value.kind(), wanted) {
            _ if !conversion_exists(&from, wanted) => plain_message(&from, wanted),
            _ if arguments.secret[0] => {
                format!("cannot convert this sensitive {} to {}", from.friendly_name(), wanted.constraint_name())
            }
            (Kind::String(text), Type::Bool) => {
                format!("cannot convert {text:?} to bool; only the strings \"true\" or \"false\" are allowed")
            }
            (Kind::String(text), Type::Number) => {
                format!("cannot convert {text:?} to number; given string must be a decimal representation of a number")
            }
            _ => element_message(&error, &from, wanted),
        };
        FunctionError::at(0, message)
    })
}

fn plain_message(from: &Type, wanted: &Type) -> String {
    format!("cannot convert {} to {}", from.friendly_name(), wanted.constraint_name())
}

fn element_message(error: &ConversionError, from: &Type, wanted: &Type) -> String {
    if error.path.0.is_empty() {
        return plain_message(from, wanted);
    }
    format!("{}: element {}: {}", plain_message(from, wanted), error.path, error.message)
}

fn ephemeral_as_null(value: &Value) -> Value {
    if value.marks().contains(Marks::EPHEMERAL) {
        return Value::null(value.r#type()).with_marks(value.marks().without(Marks::EPHEMERAL));
    }
    if !value.marks_deep().contains(Marks::EPHEMERAL) {
        return value.clone();
    }
    value.map_parts(ephemeral_as_null)
}
