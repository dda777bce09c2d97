//! JSON with the operation in a header, and the errors of both JSON protocols.

use http::Request;
use serde_json::{Map, Value};

use super::fault::Fault;
use crate::tree::Tree;

/// Returns operation and input.
pub fn decode(request: &Request<Vec<u8>>) -> Result<(String, Tree), Fault> {
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
    if operation.is_empty() {
        return Err(Fault::new("UnknownOperationException", "The header X-Amz-Target is missing."));
    }
    Ok((operation.to_owned(), body(request)?))
}

/// Returns the body; none is an empty object.
pub fn body(request: &Request<Vec<u8>>) -> Result<Tree, Fault> {
    if request.body().is_empty() {
        return Ok(Tree::object());
    }
    let value = serde_json::from_slice::<Value>(request.body());
    value.map(Tree::from_json).map_err(|error| Fault::new("SerializationException", error.to_string()))
}

/// Returns the body of an error; the code is in it where no header has it.
///
/// Members that are null are written: EKS does so for every member of an error's shape.
pub fn error(code: Option<&str>, message: &str, members: &[(String, Tree)]) -> String {
    let mut body = Map::new();
    if let Some(code) = code {
        body.insert("__type".to_owned(), code.into());
    }
    for (name, value) in members {
        body.insert(name.clone(), value.to_json());
    }
    body.insert("message".to_owned(), message.into());
    Value::Object(body).to_string()
}
