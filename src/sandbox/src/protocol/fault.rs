//! What a service answers when it refuses.

use crate::tree::Tree;

/// A refusal. What is missing or malformed is worded by the service that was called.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// An error of the service's own.
    Coded {
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
        /// Message.
        message: String,
        /// Further members of the error's shape.
        members: Vec<(String, Tree)>,
    },
    /// A required member is not there.
    Missing {
        /// Path of the member in the input.
        member: String,
    },
    /// A member has a value that it cannot have.
    Invalid {
        /// Path of the member in the input.
        member: String,
        /// The value, as a message quotes it.
        value: String,
        /// Why, as a sentence.
        why: String,
    },
    /// The sandbox does not have this; AWS does.
    NotModelled {
        /// What it is.
        what: String,
    },
}

impl Fault {
    /// Returns an error with status 400.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    /// Returns an error.
    pub fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self::Coded { status, code: code.to_owned(), message: message.into(), members: Vec::new() }
    }

    /// Returns the error for a required member that is not there.
    pub fn missing(member: &str) -> Self {
        Self::Missing { member: member.to_owned() }
    }

    /// Returns the error for a value that a member cannot have; `why` is a sentence.
    pub fn invalid(member: &str, value: impl Into<Tree>, why: &str) -> Self {
        Self::Invalid { member: member.to_owned(), value: value.into().quoted(), why: why.to_owned() }
    }

    /// Returns the error for what AWS has and the sandbox has not.
    pub fn not_modelled(what: impl Into<String>) -> Self {
        Self::NotModelled { what: what.into() }
    }

    /// Returns the error with a further member in its shape; a null is written as such.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Tree>) -> Self {
        if let Self::Coded { members, .. } = &mut self {
            members.push((name.to_owned(), value.into()));
        }
        self
    }

    /// Returns the code; that of a missing or malformed member is the service's.
    pub fn code(&self, service: &str) -> String {
        match self.worded(service) {
            Self::Coded { code, .. } => code,
            _ => unreachable!("worded faults have a code"),
        }
    }

    /// Returns the message as the service words it.
    pub fn message(&self, service: &str) -> String {
        match self.worded(service) {
            Self::Coded { message, .. } => message,
            _ => unreachable!("worded faults have a message"),
        }
    }

    /// Returns the error as the service words it: always [`Fault::Coded`].
    #[must_use]
    pub fn worded(&self, service: &str) -> Self {
        match self {
            Self::Coded { .. } => self.clone(),
            Self::Missing { member } => missing(service, member),
            Self::Invalid { member, value, why } => invalid(service, member, value, why),
            Self::NotModelled { what } => {
                let message = format!("The sandbox does not have {what}. AWS has it: this is a gap of the sandbox.");
                Self::with_status(501, "NotImplemented", message)
            }
        }
    }
}

fn missing(service: &str, member: &str) -> Fault {
    match service {
        "ec2" => Fault::new("MissingParameter", format!("The request must contain the parameter {member}")),
        _ => {
            let name = lower_first(member);
            let message = format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
            );
            Fault::new(validation_code(service), message)
        }
    }
}

fn invalid(service: &str, member: &str, value: &str, why: &str) -> Fault {
    let name = lower_first(member);
    match service {
        "ec2" => Fault::new("InvalidParameterValue", format!("Value ({value}) for parameter {name} is invalid. {why}")),
        _ => {
            let message = format!(
                "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {}",
                why.trim_end_matches('.')
            );
            Fault::new(validation_code(service), message)
        }
    }
}

/// Returns the code that a service has for inputs that break its model.
fn validation_code(service: &str) -> &'static str {
    match service {
        "eks" | "logs" => "InvalidParameterException",
        "kms" | "ssm" | "dynamodb" => "ValidationException",
        "s3" => "InvalidArgument",
        _ => "ValidationError",
    }
}

fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
