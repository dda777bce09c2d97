//! A loopback HTTP server between the binary and the emulator that answers chosen requests itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::Emulator;

/// One request of the binary.
#[derive(Clone, Debug)]
pub struct Request {
    /// Request line and headers, as sent.
    pub head: String,
    /// Body.
    pub body: String,
}

impl Request {
    /// Returns whether the request line begins so: `POST /clusters/`.
    pub fn starts_with(&self, line: &str) -> bool {
        self.head.starts_with(line)
    }

    /// Returns whether the request calls an operation: by `X-Amz-Target` (JSON services) or `Action` (query services).
    pub fn calls(&self, operation: &str) -> bool {
        let target = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with("x-amz-target:"));
        target.is_some_and(|line| line.trim_end().ends_with(&format!(".{operation}")))
            || self.body.split('&').any(|pair| pair == format!("Action={operation}"))
    }
}

/// An answer in place of the emulator's.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
    /// Whether the emulator gets the request all the same, for what it does with it.
    pub forwards: bool,
    /// Whether the answer never arrives.
    pub is_lost: bool,
}

impl Answer {
    /// Returns a document in place of the emulator's answer.
    pub fn json(body: &str) -> Self {
        Self {
            status: 200,
            content_type: "application/x-amz-json-1.1",
            body: body.to_owned(),
            forwards: false,
            is_lost: false,
        }
    }

    /// Returns an answer that never arrives, although what is asked is done.
    pub fn lost() -> Self {
        Self { is_lost: true, ..Self::json_instead("") }
    }

    /// Returns a document that the emulator does not answer with, although it does what is asked.
    pub fn json_instead(body: &str) -> Self {
        Self { forwards: true, ..Self::json(body) }
    }

    /// Returns an error in the form of the JSON services (logs, kms, ssm).
    pub fn json_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
        Self { status, content_type: "application/x-amz-json-1.1", body, forwards: false, is_lost: false }
    }

    /// Returns an error in the form of the query services (iam, sts, autoscaling).
    pub fn query_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        );
        Self { status, content_type: "text/xml", body, forwards: false, is_lost: false }
    }
}

type Rule = Box<dyn FnMut(&Request) -> Option<Answer> + Send>;

/// A server on loopback; it lives as long as the test process.
pub struct FaultyEndpoint {
    url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    carried_out: Arc<Mutex<Vec<Request>>>,
}

impl FaultyEndpoint {
    /// Starts a server in front of an emulator. `rule` answers a request itself, or lets it through with `None`.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(emulator: Option<&Emulator>, rule: impl FnMut(&Request) -> Option<Answer> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let upstream = emulator.map(|emulator| emulator.url().trim_start_matches("http://").to_owned());
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Box::new(rule)));
        let log = Arc::clone(&seen);
        let carried_out = Arc::new(Mutex::new(Vec::new()));
        let all_done = Arc::clone(&carried_out);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (upstream, rule, log) = (upstream.clone(), Arc::clone(&rule), Arc::clone(&log));
                let done = Arc::clone(&all_done);
                // A connection that breaks is the binary's to report.
                thread::spawn(move || serve(stream, upstream.as_deref(), &rule, &log, &done));
            }
        });
        Self { url, seen, carried_out }
    }

    /// Returns the URL, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns how many requests called an operation.
    ///
    /// # Panics
    /// When a thread of the server panicked.
    pub fn calls(&self, operation: &str) -> usize {
        self.bodies(operation).len()
    }

    /// Returns how many requests whose answer is lost the emulator has carried out.
    ///
    /// # Panics
    /// When a thread of the server panicked.
    pub fn carried_out(&self, operation: &str) -> usize {
        let done = self.carried_out.lock().expect("no thread of the server panicked");
        done.iter().filter(|request| request.calls(operation)).count()
    }

    /// Returns the bodies of the requests that called an operation, in order.
    ///
    /// # Panics
    /// When a thread of the server panicked.
    pub fn bodies(&self, operation: &str) -> Vec<String> {
        let seen = self.seen.lock().expect("no thread of the server panicked");
        seen.iter().filter(|request| request.calls(operation)).map(|request| request.body.clone()).collect()
    }
}

fn serve(
    stream: TcpStream,
    upstream: Option<&str>,
    rule: &Mutex<Rule>,
    log: &Mutex<Vec<Request>>,
    done: &Mutex<Vec<Request>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request = Request { head, body: String::from_utf8_lossy(&body).into_owned() };
    log.lock().ok()?.push(request.clone());
    let answer = (rule.lock().ok()?)(&request);
    let bytes = match (answer, upstream) {
        (Some(answer), Some(upstream)) if answer.forwards => {
            forward(&request.head, &body, upstream)?;
            if answer.is_lost {
                done.lock().ok()?.push(request);
                loop {
                    thread::park();
                }
            }
            render(&answer)
        }
        (Some(answer), _) => render(&answer),
        (None, Some(upstream)) => forward(&request.head, &body, upstream)?,
        (None, None) => render(&Answer::query_error(500, "InternalFailure", "no rule for this request")),
    };
    (&stream).write_all(&bytes).ok()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn render(answer: &Answer) -> Vec<u8> {
    let Answer { status, content_type, body, .. } = answer;
    format!(
        "HTTP/1.1 {status} Answer\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn forward(head: &str, body: &[u8], upstream: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(upstream).ok()?;
    let lines = head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head: Vec<&str> = lines.collect();
    stream.write_all(format!("{}\r\nConnection: close\r\n\r\n", head.join("\r\n")).as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(answer)
}
