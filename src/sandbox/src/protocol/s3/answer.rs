//! What S3 answers: status, headers, and a document or bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::protocol::fault::Fault;
use crate::protocol::xml;
use crate::tree::Tree;

const STATUS: &str = "@status";
const HEADERS: &str = "@headers";
const DOCUMENT: &str = "@document";
const BYTES: &str = "@bytes";

/// An answer in the making. Handlers return trees: this is the one that the codec understands.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    headers: Tree,
    body: Tree,
}

impl Answer {
    /// Returns an answer without a body.
    pub fn empty() -> Self {
        Self { status: 200, headers: Tree::object(), body: Tree::Null }
    }

    /// Returns an answer that says that there is nothing more.
    pub fn gone() -> Self {
        Self { status: 204, ..Self::empty() }
    }

    /// Returns a document.
    pub fn document(root: &str, content: Tree) -> Self {
        Self { body: Tree::object().with(DOCUMENT, root).with("content", content), ..Self::empty() }
    }

    /// Returns bytes, which are in base64.
    pub fn bytes(base64: &str) -> Self {
        Self { body: Tree::object().with(BYTES, base64), ..Self::empty() }
    }

    /// Returns the answer with another status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Returns the answer with one more header, where there is a value.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Tree>) -> Self {
        self.headers.set(name, value);
        self
    }

    /// Returns the tree.
    pub fn into_tree(self) -> Tree {
        let Self { status, headers, body } = self;
        Tree::object().with(STATUS, status).with(HEADERS, headers).with("body", body)
    }
}

/// Puts a result into the form of the wire.
pub fn encode(namespace: &str, is_head: bool, request_id: &str, result: &Result<Tree, Fault>) -> Response<Vec<u8>> {
    let (status, headers, kind, body) = match result {
        Ok(output) => {
            let status = output.int(STATUS).ok().flatten().unwrap_or(200);
            let (kind, body) = body(namespace, output);
            (u16::try_from(status).unwrap_or(500), headers(output.at(HEADERS)), kind, body)
        }
        Err(fault) => refused(request_id, fault),
    };
    let is_bodiless = is_head || status == 204 || status == 304;
    let mut response = Response::new(if is_bodiless { Vec::new() } else { body });
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let own = [("x-amz-request-id".to_owned(), request_id.to_owned()), ("content-type".to_owned(), kind.to_owned())];
    for (name, value) in own.into_iter().filter(|(_, value)| !value.is_empty()).chain(headers) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn headers(tree: Option<&Tree>) -> Vec<(String, String)> {
    let members = tree.into_iter().flat_map(Tree::members);
    members.map(|(name, value)| (name.to_owned(), value.quoted())).collect()
}

fn body(namespace: &str, output: &Tree) -> (&'static str, Vec<u8>) {
    let Some(body) = output.at("body") else { return ("", Vec::new()) };
    if let Some(root) = body.at(DOCUMENT).and_then(Tree::as_text) {
        let content = body.at("content").cloned().unwrap_or_default();
        return ("application/xml", xml::document(root, namespace, &content, xml::REPEATED).into_bytes());
    }
    let bytes = body.at(BYTES).and_then(Tree::as_text).unwrap_or_default();
    ("", STANDARD.decode(bytes).unwrap_or_default())
}

/// Members of a refusal whose names begin with `@` are headers.
fn refused(request_id: &str, fault: &Fault) -> (u16, Vec<(String, String)>, &'static str, Vec<u8>) {
    let Fault::Coded { status, code, message, members } = fault else { return (500, vec![], "", vec![]) };
    let mut document = Tree::object().with("Code", code).with("Message", message);
    let mut headers = Vec::new();
    for (name, value) in members {
        match name.strip_prefix('@') {
            Some(name) => headers.push((name.to_owned(), value.quoted())),
            None => document.set(name, value),
        }
    }
    let document = document.with("RequestId", request_id);
    (*status, headers, "application/xml", xml::document("Error", "", &document, xml::REPEATED).into_bytes())
}
