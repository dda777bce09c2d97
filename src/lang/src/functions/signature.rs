//! What a function takes and gives.

use std::sync::LazyLock;

use landfall_value::{Type, Value};

use super::arguments::Arguments;
use super::{FunctionError, Outcome};

/// A function.
pub struct Function {
    /// Name in expressions.
    pub name: &'static str,
    /// Parameters that every call gives.
    pub parameters: &'static [Parameter],
    /// What further arguments are.
    pub variadic: Option<Parameter>,
    pub(super) returns: Returns,
    pub(super) run: fn(&Arguments<'_>) -> Outcome,
    pub(super) may_be_null: bool,
    /// Known only to explain that it is gone.
    pub(super) hidden: bool,
}

/// A parameter.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Name in messages.
    pub name: &'static str,
    pub(super) constraint: Constraint,
    /// Null is passed to the function.
    pub(super) null: bool,
    /// Values known only after apply are passed to the function.
    pub(super) unknown: bool,
    /// Values whose type is not decided are passed to the function.
    pub(super) dynamic: bool,
    /// Marks are left on the value, and the function decides where they go.
    pub(super) marks: bool,
}

/// Type that an argument is converted to.
#[derive(Clone, Copy)]
pub(super) enum Constraint {
    Any,
    Bool,
    Number,
    String,
    ListOfAny,
    ListOfBool,
    ListOfString,
    SetOfAny,
    SetOfString,
    MapOfLists,
}

impl Constraint {
    pub(super) fn to_type(self) -> &'static Type {
        static LIST_OF_ANY: LazyLock<Type> = LazyLock::new(|| Type::list(Type::Dynamic));
        static LIST_OF_BOOL: LazyLock<Type> = LazyLock::new(|| Type::list(Type::Bool));
        static LIST_OF_STRING: LazyLock<Type> = LazyLock::new(|| Type::list(Type::String));
        static SET_OF_ANY: LazyLock<Type> = LazyLock::new(|| Type::set(Type::Dynamic));
        static SET_OF_STRING: LazyLock<Type> = LazyLock::new(|| Type::set(Type::String));
        static MAP_OF_LISTS: LazyLock<Type> = LazyLock::new(|| Type::map(Type::list(Type::String)));
        match self {
            Self::Any => &Type::Dynamic,
            Self::Bool => &Type::Bool,
            Self::Number => &Type::Number,
            Self::String => &Type::String,
            Self::ListOfAny => &LIST_OF_ANY,
            Self::ListOfBool => &LIST_OF_BOOL,
            Self::ListOfString => &LIST_OF_STRING,
            Self::SetOfAny => &SET_OF_ANY,
            Self::SetOfString => &SET_OF_STRING,
            Self::MapOfLists => &MAP_OF_LISTS,
        }
    }
}

/// Type of the result.
pub(super) enum Returns {
    /// Always the same.
    Fixed(Constraint),
    /// Decided by the arguments, as far as they are known.
    By(fn(&Types<'_>) -> Result<Type, FunctionError>),
}

/// Arguments when only the type of the result is wanted.
pub(super) struct Types<'a> {
    pub(super) values: &'a [Value],
    secret: &'a [bool],
}

impl Types<'_> {
    /// Returns the type of an argument.
    pub(super) fn of(&self, index: usize) -> Type {
        self.values[index].r#type()
    }

    /// Returns a text as it may be shown.
    pub(super) fn shown(&self, index: usize, text: &str) -> String {
        if self.secret[index] { "(sensitive value)".into() } else { format!("{text:?}") }
    }
}

impl Returns {
    pub(super) fn of(&self, values: &[Value], secret: &[bool]) -> Result<Type, FunctionError> {
        match self {
            Self::Fixed(constraint) => Ok(constraint.to_type().clone()),
            Self::By(decide) => decide(&Types { values, secret }),
        }
    }
}

impl Parameter {
    pub(super) const fn new(name: &'static str, constraint: Constraint) -> Self {
        Self { name, constraint, null: false, unknown: false, dynamic: false, marks: false }
    }

    pub(super) const fn null(mut self) -> Self {
        self.null = true;
        self
    }

    pub(super) const fn unknown(mut self) -> Self {
        self.unknown = true;
        self
    }

    pub(super) const fn dynamic(mut self) -> Self {
        self.dynamic = true;
        self
    }

    pub(super) const fn marks(mut self) -> Self {
        self.marks = true;
        self
    }
}

pub(super) const fn any(name: &'static str) -> Parameter {
    Parameter::new(name, Constraint::Any)
}

pub(super) const fn text(name: &'static str) -> Parameter {
    Parameter::new(name, Constraint::String)
}

pub(super) const fn number(name: &'static str) -> Parameter {
    Parameter::new(name, Constraint::Number)
}

pub(super) const fn list(name: &'static str) -> Parameter {
    Parameter::new(name, Constraint::ListOfAny)
}

pub(super) const fn texts(name: &'static str) -> Parameter {
    Parameter::new(name, Constraint::ListOfString)
}

impl Function {
    pub(super) const fn new(
        name: &'static str,
        parameters: &'static [Parameter],
        returns: Returns,
        run: fn(&Arguments<'_>) -> Outcome,
    ) -> Self {
        Self { name, parameters, variadic: None, returns, run, may_be_null: false, hidden: false }
    }

    /// Returns a function of texts that gives a text.
    pub(super) const fn text(
        name: &'static str,
        parameters: &'static [Parameter],
        run: fn(&Arguments<'_>) -> Outcome,
    ) -> Self {
        Self::new(name, parameters, Returns::Fixed(Constraint::String), run)
    }

    pub(super) const fn variadic(mut self, parameter: Parameter) -> Self {
        self.variadic = Some(parameter);
        self
    }

    pub(super) const fn may_be_null(mut self) -> Self {
        self.may_be_null = true;
        self
    }

    pub(super) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Returns what the argument at an index is for.
    pub fn parameter(&self, index: usize) -> Option<&Parameter> {
        self.parameters.get(index).or(self.variadic.as_ref())
    }

    /// Returns what is wrong with a number of arguments: summary and detail.
    pub fn arity_error(&self, count: usize) -> Option<(&'static str, String)> {
        let name = self.name;
        let wanted = self.parameters.len();
        let plural = if wanted == 1 { "" } else { "s" };
        if let Some(missing) = self.parameters.get(count) {
            let least = if self.variadic.is_some() { "at least " } else { "" };
            let detail = format!(
                "Function `{name}` expects {least}{wanted} argument{plural}. Missing value for `{}`.",
                missing.name
            );
            return Some(("Not enough function arguments", detail));
        }
        (count > wanted && self.variadic.is_none()).then(|| {
            ("Too many function arguments", format!("Function `{name}` expects only {wanted} argument{plural}."))
        })
    }
}
