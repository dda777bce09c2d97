//! From HTTP requests to calls, and from results to HTTP answers, for all protocols that the services speak.
//!
//! The codecs know no shapes: inputs keep the names of the wire, and handlers write outputs with the names of the wire.
//! The only differences that handlers see are those of the names; lists, maps, moments and errors are put in form here.

pub mod fault;
mod json;
mod query;
pub mod rest;
pub mod s3;
mod scope;
mod xml;

pub use query::pairs as form_fields;
pub use xml::read as read_xml;

use http::{HeaderValue, Request, Response};

use crate::tree::Tree;
use crate::world::ids::hashed;
use fault::Fault;

/// One request, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Who is called; the name for signing, such as `ec2`.
    pub service: String,
    /// Region of the signature.
    pub region: String,
    /// Access key of the signature: whose call this is.
    pub access_key: String,
    /// Operation, such as `CreateVpc`.
    pub operation: String,
    /// Its input.
    pub input: Tree,
}

/// Members that SDKs fill with another text each time.
const TOKENS: &[&str] = &["ClientToken", "clientRequestToken", "ClientRequestToken", "clientToken", "CreatorRequestId"];

impl Call {
    /// Returns what stands for the call wherever it must be the same in every run: who calls what with which input.
    pub(crate) fn cause(&self, account: &str) -> u64 {
        let mut input = self.input.clone();
        TOKENS.iter().for_each(|token| input.set(token, Tree::Null));
        let input = input.to_json().to_string();
        hashed([account, &self.region, &self.service, &self.operation, &input])
    }
}

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Ec2,
    Query,
    Json,
    RestJson,
    RestXml,
}

/// Protocol, and the name space of XML answers.
struct Service {
    name: &'static str,
    protocol: Protocol,
    namespace: &'static str,
}

const fn service(name: &'static str, protocol: Protocol, namespace: &'static str) -> Service {
    Service { name, protocol, namespace }
}

const SERVICES: &[Service] = &[
    service("autoscaling", Protocol::Query, "http://autoscaling.amazonaws.com/doc/2011-01-01/"),
    service("ec2", Protocol::Ec2, "http://ec2.amazonaws.com/doc/2016-11-15/"),
    service("dynamodb", Protocol::Json, ""),
    service("eks", Protocol::RestJson, ""),
    service("iam", Protocol::Query, "https://iam.amazonaws.com/doc/2010-05-08/"),
    service("kms", Protocol::Json, ""),
    service("logs", Protocol::Json, ""),
    service("s3", Protocol::RestXml, "http://s3.amazonaws.com/doc/2006-03-01/"),
    service("ssm", Protocol::Json, ""),
    service("sts", Protocol::Query, "https://sts.amazonaws.com/doc/2011-06-15/"),
];

/// What is needed to answer a request, even one that is not understood.
#[derive(Clone, Debug)]
pub struct Form {
    service: String,
    operation: String,
    protocol: Protocol,
    namespace: &'static str,
    /// Whether an answer has no body, whatever it says.
    is_head: bool,
}

/// Takes a request apart.
///
/// # Errors
/// When it is not signed, not well-formed, or for something that the sandbox does not know.
pub fn decode(request: &Request<Vec<u8>>) -> (Form, Result<Call, Fault>) {
    let scope = scope::of(request);
    let name = scope.as_ref().map_or(String::new(), |scope| scope.service.clone());
    let known = SERVICES.iter().find(|service| service.name == name);
    let fallback = if request.headers().contains_key("x-amz-target") { Protocol::Json } else { Protocol::Query };
    let mut form = Form {
        service: name.clone(),
        operation: String::new(),
        protocol: known.map_or(fallback, |service| service.protocol),
        namespace: known.map_or("", |service| service.namespace),
        is_head: request.method() == http::Method::HEAD,
    };
    let call = scope.and_then(|scope| {
        if known.is_none() {
            return Err(Fault::not_modelled(format!("the service `{name}`")));
        }
        let (operation, input) = match form.protocol {
            Protocol::Ec2 | Protocol::Query => query::decode(request)?,
            Protocol::Json => json::decode(request)?,
            Protocol::RestJson => rest::decode(&name, request)?,
            Protocol::RestXml => s3::decode(request)?,
        };
        form.operation.clone_from(&operation);
        Ok(Call { service: name.clone(), region: scope.region, access_key: scope.access_key, operation, input })
    });
    (form, call)
}

/// Puts a result into the form that the caller expects.
pub fn encode(form: &Form, request_id: &str, result: Result<Tree, Fault>) -> Response<Vec<u8>> {
    let result = result.map_err(|fault| fault.worded(&form.service));
    if form.protocol == Protocol::RestXml {
        return s3::encode(form.namespace, form.is_head, request_id, &result);
    }
    let (status, body) = match (&result, form.protocol) {
        (Ok(output), Protocol::Ec2 | Protocol::Query) => (200, query::result(form, request_id, output)),
        (Ok(output), _) => (200, output.to_json().to_string()),
        (Err(fault), protocol) => refused(protocol, form, request_id, fault),
    };
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = status.try_into().unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut header = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    header("content-type", content_type(form.protocol));
    header("x-amzn-requestid", request_id);
    if let (Err(Fault::Coded { code, .. }), Protocol::RestJson) = (&result, form.protocol) {
        header("x-amzn-errortype", code);
    }
    response
}

fn refused(protocol: Protocol, form: &Form, request_id: &str, fault: &Fault) -> (u16, String) {
    let Fault::Coded { status, code, message, members } = fault else { return (500, String::new()) };
    let body = match protocol {
        Protocol::Ec2 => query::ec2_error(request_id, code, message),
        Protocol::Query => query::error(form.namespace, request_id, *status, code, message),
        Protocol::Json | Protocol::RestXml => json::error(Some(code), message, members),
        Protocol::RestJson => json::error(None, message, members),
    };
    (*status, body)
}

fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Ec2 => "text/xml;charset=UTF-8",
        Protocol::Query => "text/xml",
        Protocol::RestXml => "application/xml",
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::RestJson => "application/json",
    }
}
