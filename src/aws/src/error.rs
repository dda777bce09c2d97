//! From what an SDK call answered to what the runtime understands.
//!
//! Every call in a resource file ends in `.send().await.answer()?`; a read or delete that may find nothing in
//! `.send().await.answer().unless(GONE)?`.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use aws_types::request_id::RequestId;
use landfall_provider::{CallError, CallResult};

/// Code of an error of a call that never reached the service.
pub const DISPATCH: &str = "dispatch";
/// Code of an error of a call that was not answered in time.
pub const TIMEOUT: &str = "timeout";
/// Code of an error of a call whose answer could not be read.
pub const RESPONSE: &str = "response";
/// Code of an error of a call that could not be made from its arguments.
pub const CONSTRUCTION: &str = "construction";

/// Turns the SDK's errors into [`CallError`].
pub trait Answer<T> {
    /// Returns the answer, or the error as data. Service and operation are named by the error's type.
    ///
    /// # Errors
    /// What the call failed with.
    fn answer(self) -> CallResult<T>;
}

impl<T, E> Answer<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn answer(self) -> CallResult<T> {
        self.map_err(|error| call_error(&error))
    }
}

impl<T> Answer<T> for Result<T, BuildError> {
    fn answer(self) -> CallResult<T> {
        self.map_err(|error| CallError::local(CONSTRUCTION, DisplayErrorContext(&error).to_string()))
    }
}

fn call_error<E>(error: &SdkError<E, HttpResponse>) -> CallError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let (service, operation) = named_by::<E>();
    let (code, message) = match error {
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some(code) => (code.to_owned(), answer.err().message().unwrap_or_default().to_owned()),
            None => (RESPONSE.to_owned(), unnamed(answer.raw())),
        },
        SdkError::ConstructionFailure(_) => (CONSTRUCTION.to_owned(), causes(error)),
        SdkError::TimeoutError(_) => (TIMEOUT.to_owned(), causes(error)),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => (TIMEOUT.to_owned(), causes(error)),
        SdkError::DispatchFailure(_) => (DISPATCH.to_owned(), causes(error)),
        _ => (RESPONSE.to_owned(), causes(error)),
    };
    CallError {
        service: service.to_owned(),
        operation: operation.to_owned(),
        code,
        message,
        request_id: error.request_id().or_else(|| error.meta().request_id()).map(str::to_owned),
        status: error.raw_response().map(|response| response.status().as_u16()),
    }
}

/// Returns what an answer says that has no error code: that of a proxy, or of an endpoint without the operation.
fn unnamed(answer: &HttpResponse) -> String {
    const SHOWN: usize = 200;
    let text = answer.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let start: String = line.chars().take(SHOWN).collect();
    let status = answer.status().as_u16();
    if start.is_empty() {
        format!("HTTP {status}, no error code")
    } else {
        format!("HTTP {status}, no error code: {start}")
    }
}

/// Returns the innermost causes on one line; the SDK's own outer text says nothing.
fn causes(error: &dyn Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts.join(": ")
}

/// Returns service and operation from the path of the SDK's error type, as in
/// `aws_sdk_eks::operation::create_cluster::CreateClusterError`: the only place where the SDK still names them.
fn named_by<E>() -> (&'static str, &'static str) {
    let path = std::any::type_name::<E>();
    let service = path.strip_prefix("aws_sdk_").and_then(|rest| rest.split("::").next()).unwrap_or_default();
    let r#type = path.rsplit("::").next().unwrap_or_default();
    (service, r#type.strip_suffix("Error").unwrap_or(r#type))
}

/// An error that a service is known to answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    operation: Option<&'static str>,
    code: &'static str,
    text: &'static str,
}

/// Returns the fault with this code, of any operation and with any text.
pub const fn fault(code: &'static str) -> Fault {
    Fault { operation: None, code, text: "" }
}

impl Fault {
    /// Returns the fault with this text somewhere in its message.
    #[must_use]
    pub const fn saying(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    /// Returns the fault as an answer to this operation only.
    #[must_use]
    pub const fn of(self, operation: &'static str) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Returns whether `error` is this fault.
    pub fn matches(&self, error: &CallError) -> bool {
        error.has(self.code, self.text) && self.operation.is_none_or(|operation| error.operation == operation)
    }
}

/// Returns whether `error` is one of `faults`.
pub fn is_one_of(error: &CallError, faults: &[Fault]) -> bool {
    faults.iter().any(|fault| fault.matches(error))
}

/// Takes named errors as an answer of their own.
pub trait Unless<T> {
    /// Returns nothing where the error is one of `faults`: not found, already gone.
    ///
    /// # Errors
    /// Every other error.
    fn unless(self, faults: &[Fault]) -> CallResult<Option<T>>;
}

impl<T> Unless<T> for CallResult<T> {
    fn unless(self, faults: &[Fault]) -> CallResult<Option<T>> {
        match self {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_one_of(&error, faults) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Returns an error for an answer that lacks what the service's model promises.
pub fn incomplete(operation: &str, member: &str) -> CallError {
    CallError { operation: operation.to_owned(), ..CallError::local(RESPONSE, format!("the answer has no {member}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_eks::operation::create_cluster::CreateClusterError;
    use aws_sdk_iam::operation::create_open_id_connect_provider::CreateOpenIDConnectProviderError;

    #[test]
    fn error_types_name_service_and_operation() {
        assert_eq!(named_by::<CreateClusterError>(), ("eks", "CreateCluster"));
        assert_eq!(named_by::<CreateOpenIDConnectProviderError>(), ("iam", "CreateOpenIDConnectProvider"));
    }

    #[test]
    fn named_faults_are_nothing_and_others_stay_errors() {
        let error = |code: &str, message: &str| -> CallResult<()> { Err(CallError::local(code, message)) };
        let gone = [fault("ClientException").saying("No cluster")];
        assert_eq!(error("ClientException", "No cluster found for name: x").unless(&gone), Ok(None));
        assert!(error("ClientException", "something else").unless(&gone).is_err());
        assert!(error("ClientException", "No cluster").unless(&[fault("ClientException").of("DeleteX")]).is_err());
        assert_eq!(Ok(1).unless(&gone), Ok(Some(1)));
    }
}
