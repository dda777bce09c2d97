//! Replayed HTTP for tests of resource types: the real SDK, canned answers, and every request asserted.
//!
//! A request is written on one line: `ec2 DescribeVpcs Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1`,
//! `logs DeleteLogGroup {"logGroupName":"a"}`, `eks POST /clusters/c/updates {"name":"c"}`. Random tokens read `TOKEN`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;

use landfall_provider::value::schema::{self, Block};
use landfall_provider::value::{Value, json};
use landfall_provider::{Facts, Fields, Overrides, Planned, Resource};

use crate::client::{Aws, Setup};
use crate::tags::{TagMap, TagRules};

/// Account of the tests' client.
pub const ACCOUNT: &str = "123456789012";
/// Region of the tests' client.
pub const REGION: &str = "eu-central-1";

/// A canned answer, put into the form of the protocol of the request that it answers.
#[derive(Clone, Debug)]
pub enum Canned {
    /// The operation's result: JSON, or what is inside the XML result element.
    Ok(String),
    /// An error code and message.
    Error(u16, &'static str, &'static str),
}

/// Returns the answer of a call that worked.
pub fn ok(result: impl Into<String>) -> Canned {
    Canned::Ok(result.into())
}

/// Returns the answer of a call that failed with status 400.
pub fn fails(code: &'static str, message: &'static str) -> Canned {
    Canned::Error(400, code, message)
}

/// Runs `run` against canned answers and asserts that exactly these requests were made, in order.
pub fn check_requests<T>(script: &[(&str, Canned)], run: impl AsyncFnOnce(&Aws) -> T) -> T {
    check_requests_with(TagRules::default(), script, run)
}

/// As [`check_requests`], for a provider with default and ignored tags.
pub fn check_requests_with<T>(rules: TagRules, script: &[(&str, Canned)], run: impl AsyncFnOnce(&Aws) -> T) -> T {
    check_requests_over(script, async |replay| run(&client(replay, rules)).await)
}

/// As [`check_requests`], for code that makes its own client.
pub fn check_requests_over<T>(script: &[(&str, Canned)], run: impl AsyncFnOnce(Replay) -> T) -> T {
    let replay = Replay::new(script.iter().map(|(_, canned)| canned.clone()).collect());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(run(replay.clone()));
    let expected: Vec<&str> = script.iter().map(|(request, _)| *request).collect();
    let made = replay.requests.lock().unwrap().clone();
    assert!(made == expected, "requests differ\nexpected:\n{}\nmade:\n{}", expected.join("\n"), made.join("\n"));
    outcome
}

/// Returns a client of the test account whose calls go to `http`.
pub fn client(http: impl HttpClient + 'static, tags: TagRules) -> Aws {
    let config = SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(SharedHttpClient::new(http))
        .retry_config(RetryConfig::disabled())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build();
    Aws::new(Setup { config, endpoints: BTreeMap::new(), sts_region: None, account: Some(ACCOUNT.to_owned()), tags })
}

/// Returns arguments from JSON as a configuration would give them: what is not written is null, a default, or no block.
pub fn read_args<A: Fields>(json: &str) -> A {
    A::read(&conformed(&A::block(), json)).unwrap()
}

/// Returns what a type adds to a plan in the test account, from objects as JSON: `prior` (none for a creation) and what is
/// proposed. What is not written is null.
pub fn check_plan<R: Resource<Client = Aws>>(prior: Option<&str>, proposed: &str) -> Overrides {
    let block = R::Args::block();
    let proposed = conformed(&block, proposed);
    let prior = prior.map_or(Value::NULL, |prior| conformed(&block, prior));
    R::plan(&facts(), &Planned { prior: &prior, config: &proposed, proposed: &proposed })
}

/// Returns what planning knows of the test account.
pub fn facts() -> Facts {
    Facts {
        account: Some(ACCOUNT.to_owned()),
        partition: Some("aws".to_owned()),
        region: Some(REGION.to_owned()),
        dns_suffix: Some("amazonaws.com".to_owned()),
        default_tags: TagMap::new(),
    }
}

/// Returns the value of a block from JSON; what is not written is null, or no block.
pub fn conformed(block: &Block, json: &str) -> Value {
    schema::conform(block, &json::from_text_implied(json).unwrap()).unwrap()
}

/// Returns tags from pairs.
pub fn tag_map(pairs: &[(&str, &str)]) -> TagMap {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// An HTTP client that answers in order and remembers what was asked.
#[derive(Clone, Debug)]
pub struct Replay {
    answers: Arc<Mutex<std::vec::IntoIter<Canned>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    fn new(answers: Vec<Canned>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter())), requests: Arc::default() }
    }
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let form = Form::of(&request);
        self.requests.lock().unwrap().push(form.line());
        let missing = || Canned::Error(500, "NoCannedAnswer", "the script has ended");
        let canned = self.answers.lock().unwrap().next().unwrap_or_else(missing);
        HttpConnectorFuture::ready(Ok(form.answer(&canned)))
    }
}

/// A request, taken apart by protocol.
struct Form {
    service: String,
    protocol: Protocol,
}

enum Protocol {
    /// EC2's and the older query protocol: operation and parameters.
    Query(String, Vec<(String, String)>),
    /// JSON with the operation in a header.
    Json(String, String),
    /// JSON with the operation in method and path.
    Rest(String, String, String),
}

impl Form {
    fn of(request: &HttpRequest) -> Self {
        let uri: http::Uri = request.uri().parse().unwrap();
        let service = uri.host().unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let protocol = if let Some(target) = request.headers().get("x-amz-target") {
            Protocol::Json(target.rsplit('.').next().unwrap_or_default().to_owned(), body)
        } else if let Some(rest) = body.strip_prefix("Action=") {
            let (action, parameters) = rest.split_once('&').unwrap_or((rest, ""));
            let pairs = parameters.split('&').filter_map(|pair| pair.split_once('='));
            let pairs = pairs.filter(|(name, _)| *name != "Version").map(|(name, value)| (decode(name), decode(value)));
            Protocol::Query(action.to_owned(), pairs.collect())
        } else {
            let path = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
            Protocol::Rest(request.method().to_owned(), decode(path), body)
        };
        Self { service, protocol }
    }

    fn line(&self) -> String {
        let mut line = self.service.clone();
        match &self.protocol {
            Protocol::Query(action, pairs) => {
                let _ = write!(line, " {action}");
                for (name, value) in pairs {
                    let value = if name == "ClientToken" && is_uuid(value) { "TOKEN" } else { value };
                    let _ = write!(line, " {name}={value}");
                }
            }
            Protocol::Json(operation, body) => {
                let _ = write!(line, " {operation} {body}");
            }
            Protocol::Rest(method, path, body) => {
                let _ = write!(line, " {method} {path}");
                if !body.is_empty() {
                    let _ = write!(line, " {}", without_random_token(body));
                }
            }
        }
        line
    }

    fn answer(&self, canned: &Canned) -> HttpResponse {
        let (status, body) = match canned {
            Canned::Ok(result) => (200, self.result(result)),
            Canned::Error(status, code, message) => (*status, self.error(code, message)),
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        response.headers_mut().insert("x-amzn-requestid", "request-1");
        if let (Canned::Error(_, code, _), Protocol::Rest(..)) = (canned, &self.protocol) {
            response.headers_mut().insert("x-amzn-errortype", *code);
        }
        response
    }

    fn result(&self, result: &str) -> String {
        match &self.protocol {
            Protocol::Query(action, _) if self.service == "ec2" => {
                format!("<{action}Response><requestId>request-1</requestId>{result}</{action}Response>")
            }
            Protocol::Query(action, _) => {
                format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
            }
            Protocol::Json(..) | Protocol::Rest(..) => result.to_owned(),
        }
    }

    fn error(&self, code: &str, message: &str) -> String {
        match &self.protocol {
            Protocol::Query(..) if self.service == "ec2" => format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                 <RequestID>request-1</RequestID></Response>"
            ),
            Protocol::Query(..) => format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>request-1</RequestId></ErrorResponse>"
            ),
            Protocol::Json(..) | Protocol::Rest(..) => {
                serde_json::json!({ "__type": code, "message": message }).to_string()
            }
        }
    }
}

/// Replaces the client token that the SDK drew.
fn without_random_token(body: &str) -> String {
    let Ok(serde_json::Value::Object(mut members)) = serde_json::from_str(body) else { return body.to_owned() };
    if let Some(token) = members.get_mut("clientRequestToken")
        && token.as_str().is_some_and(is_uuid)
    {
        *token = "TOKEN".into();
    }
    serde_json::Value::Object(members).to_string()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[test]
fn errors_arrive_as_data_in_every_protocol() {
    use crate::error::Answer;
    let script = [
        ("ec2 DescribeVpcs", fails("InvalidVpcID.NotFound", "no such VPC")),
        ("iam ListRoles", fails("AccessDenied", "not allowed")),
        ("eks GET /clusters/c", Canned::Error(404, "ResourceNotFoundException", "No cluster found for name: c.")),
        ("logs DescribeLogGroups {}", fails("InvalidParameterException", "bad")),
    ];
    let errors = check_requests(&script, async |aws| {
        [
            aws.ec2().describe_vpcs().send().await.answer().unwrap_err(),
            aws.iam().list_roles().send().await.answer().unwrap_err(),
            aws.eks().describe_cluster().name("c").send().await.answer().unwrap_err(),
            aws.logs().describe_log_groups().send().await.answer().unwrap_err(),
        ]
    });
    let texts = errors.map(|error| format!("{error} {:?}", error.status));
    assert_eq!(
        texts,
        [
            "ec2 DescribeVpcs: InvalidVpcID.NotFound: no such VPC (request request-1) Some(400)",
            "iam ListRoles: AccessDenied: not allowed (request request-1) Some(400)",
            "eks DescribeCluster: ResourceNotFoundException: No cluster found for name: c. (request request-1) Some(404)",
            "cloudwatchlogs DescribeLogGroups: InvalidParameterException: bad (request request-1) Some(400)",
        ]
    );
}
