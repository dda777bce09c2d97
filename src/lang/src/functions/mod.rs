//! The functions of the language.
//!
//! Each function is an entry in the table of its family. What all share is done once, in [`call`]: conversion of
//! arguments, null, unknown values, marks, and that results are not null.

mod arguments;
mod collection;
mod conversion;
mod date;
mod encoding;
mod file;
mod format;
pub(crate) mod graphemes;
mod hash;
mod json;
mod network;
mod numeric;
mod regex;
mod sequence;
mod sets;
mod signature;
mod string;
mod terraform;
mod yaml;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use landfall_value::{Marks, Refinement, Type, Value, convert};

use crate::Host;
use crate::eval::equal;
use arguments::Arguments;

pub use signature::{Function, Parameter};

/// What a call may ask for.
#[derive(Clone, Copy)]
pub struct CallContext<'a> {
    /// Files, clock and random bytes.
    pub host: &'a dyn Host,
    /// Directory that relative paths start from.
    pub base_directory: &'a str,
    /// Evaluates templates.
    pub templates: &'a dyn Templates,
    /// Whether the call stands in a template that a function evaluates: such functions do not nest.
    pub in_template: bool,
}

/// Evaluates the templates of `templatefile` and `templatestring`.
pub trait Templates {
    /// Evaluates a template text called `name` in messages.
    ///
    /// # Errors
    /// A variable that is not given, or any other failure.
    fn render(&self, name: &str, text: &str, variables: &BTreeMap<Arc<str>, Value>) -> Result<Value, TemplateError>;
}

/// Why a template has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// The template refers to a variable that was not given: a lower-case fragment that names it.
    MissingVariable(String),
    /// The text is no template: a lower-case fragment.
    Malformed(String),
    /// Evaluation failed: a lower-case fragment.
    Failed(String),
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// The argument at fault, counted from 0: the others are fine. The diagnostic is "Invalid function argument";
    /// without argument it is "Error in function call".
    pub argument: Option<usize>,
    /// A lower-case fragment.
    pub message: String,
}

impl FunctionError {
    /// Returns a failure of the call as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self { argument: None, message: message.into() }
    }

    /// Returns a failure that an argument is to blame for.
    pub fn at(argument: usize, message: impl Into<String>) -> Self {
        Self { argument: Some(argument), message: message.into() }
    }
}

type Outcome = Result<Value, FunctionError>;

static FUNCTIONS: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let tables = [
        numeric::FUNCTIONS,
        string::FUNCTIONS,
        collection::FUNCTIONS,
        sequence::FUNCTIONS,
        sets::FUNCTIONS,
        conversion::FUNCTIONS,
        regex::FUNCTIONS,
        format::FUNCTIONS,
        json::FUNCTIONS,
        yaml::FUNCTIONS,
        encoding::FUNCTIONS,
        hash::FUNCTIONS,
        date::FUNCTIONS,
        network::FUNCTIONS,
        file::FUNCTIONS,
        terraform::FUNCTIONS,
    ];
    tables.into_iter().flatten().map(|function| (function.name, function)).collect()
});

/// Returns the function of a name, which may start with `core::`.
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.get(name.strip_prefix("core::").unwrap_or(name)).copied()
}

/// Returns the names of all functions, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.values().filter(|function| !function.hidden).map(|function| function.name)
}

/// Calls a function. The number of arguments must fit: see [`Function::arity_error`].
///
/// # Errors
/// If an argument does not fit, or the function has no result for the arguments.
pub fn call(function: &Function, arguments: &[Value], context: &CallContext<'_>) -> Outcome {
    let mut values = Vec::with_capacity(arguments.len());
    let mut marks = Marks::NONE;
    let mut secret = Vec::with_capacity(arguments.len());
    let mut unknown = false;
    let mut open = false;
    for (index, value) in arguments.iter().enumerate() {
        let (parameter, mut value) = fitting(function, index, value)?;
        secret.push(!value.marks_deep().is_empty());
        if !parameter.marks {
            marks |= value.marks_deep();
            value = value.unmarked_deep();
        }
        if value.is_null() && !parameter.null {
            return Err(FunctionError::at(index, "argument must not be null"));
        }
        unknown |= !parameter.unknown && !value.is_known();
        open |= !parameter.dynamic && is_open(&value);
        values.push(value);
    }
    if open {
        return Ok(Value::unknown(Type::Dynamic).with_marks(marks)).map(|value| function.refined(value));
    }
    let call = |returns: &Type| (function.run)(&Arguments { values: &values, secret: &secret, returns, context });
    let returns = function.returns.of(&values, &secret)?;
    let result = if unknown { Value::unknown(returns) } else { call(&returns)? };
    Ok(function.refined(result).with_marks(marks))
}

/// Returns an argument as its parameter takes it.
///
/// # Errors
/// If it does not convert to the type of the parameter.
pub fn fit(function: &Function, index: usize, value: &Value) -> Outcome {
    fitting(function, index, value).map(|(_, value)| value)
}

fn fitting<'f>(function: &'f Function, index: usize, value: &Value) -> Result<(&'f Parameter, Value), FunctionError> {
    let parameter = function.parameter(index).ok_or_else(|| FunctionError::new("too many arguments"))?;
    let value =
        convert(value, parameter.constraint.to_type()).map_err(|error| FunctionError::at(index, describe(&error)))?;
    Ok((parameter, value))
}

fn describe(error: &landfall_value::ConversionError) -> String {
    if error.path.0.is_empty() { error.message.clone() } else { format!("{}: {}", error.path, error.message) }
}

/// Returns whether the type of a value is not decided yet.
fn is_open(value: &Value) -> bool {
    match value.kind() {
        landfall_value::Kind::Null(r#type) | landfall_value::Kind::Unknown(r#type, _) => *r#type == Type::Dynamic,
        _ => false,
    }
}

impl Function {
    /// Adds to an unknown result that it will not be null.
    fn refined(&self, result: Value) -> Value {
        match result.kind() {
            landfall_value::Kind::Unknown(r#type, known) if !self.may_be_null && *r#type != Type::Dynamic => {
                Value::refined(r#type.clone(), Refinement { not_null: true, ..known.clone() })
                    .with_marks(result.marks())
            }
            _ => result,
        }
    }
}

#[cfg(test)]
mod tests;
