//! Errors of calls, as data.

use std::fmt;
use std::time::Duration;

/// What a call to a service answered when it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// Service, such as `eks`.
    pub service: String,
    /// Operation, such as `CreateCluster`.
    pub operation: String,
    /// Error code as on the wire, such as `ResourceInUseException`; `dispatch`, `timeout` or `response` when there was none.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// Request id, to give to the service's support.
    pub request_id: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
}

/// Result of a call.
pub type CallResult<T> = Result<T, CallError>;

impl CallError {
    /// Returns an error that did not come from a service: `code` names the kind.
    pub fn local(code: &str, message: impl Into<String>) -> Self {
        Self {
            service: String::new(),
            operation: String::new(),
            code: code.to_owned(),
            message: message.into(),
            request_id: None,
            status: None,
        }
    }

    /// Returns whether the error is this code of this operation, with this text somewhere in its message.
    pub fn is(&self, operation: &str, code: &str, message_contains: &str) -> bool {
        self.operation == operation && self.has(code, message_contains)
    }

    /// Returns whether the error has this code, with this text somewhere in its message.
    pub fn has(&self, code: &str, message_contains: &str) -> bool {
        self.code == code && self.message.contains(message_contains)
    }

    /// Returns whether the code is one of these.
    pub fn is_any(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code.as_str())
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.service.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{} {}: {}", self.service, self.operation, self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CallError {}

/// For how long a named error is worth another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within(pub Duration);

impl Within {
    /// As long as the operation may take.
    pub const DEADLINE: Self = Self(Duration::MAX);
}

/// Returns a limit from a text such as `2m`, `90s` or `1h30m`.
///
/// # Panics
/// If the text is not a duration: it is written in source code.
pub fn within(text: &'static str) -> Within {
    Within(crate::timing::parse_duration(text).expect("a duration such as 2m"))
}
