//! The local AWS emulator as a child process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running emulator; it stops when this is dropped.
pub struct Emulator {
    child: Child,
    url: String,
}

impl Emulator {
    /// Starts an emulator with an empty account on a free port.
    ///
    /// # Panics
    /// When it does not start: then the test cannot say anything.
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("emulator/start");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/emulator/start can be run");
        let output = child.stdout.take().expect("standard output is piped");
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url).expect("the emulator prints its URL");
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "the emulator did not start: {url:?}");
        Self { child, url }
    }

    /// Returns the URL, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the account of the emulator, to be asked past landfall.
    pub fn account(&self) -> Account {
        Account { address: self.url.trim_start_matches("http://").to_owned() }
    }
}

/// The account that an emulator holds: what there is, whatever landfall says.
#[derive(Clone)]
pub struct Account {
    address: String,
}

impl Account {
    /// Returns the answer of a service to a request of the Query protocol, such as `("ec2", "DescribeVpcs", "2016-11-15")`.
    /// `action` may carry parameters: `Action&Name=Value`.
    ///
    /// # Panics
    /// When the emulator does not answer.
    pub fn query(&self, service: &str, action: &str, version: &str) -> String {
        let body = format!("Action={action}&Version={version}");
        self.ask(service, "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", &body)
    }

    /// Returns the answer of a service to a request of the JSON protocol, such as `("logs", "Logs_20140328.DescribeLogGroups")`.
    ///
    /// # Panics
    /// When the emulator does not answer.
    pub fn json(&self, service: &str, target: &str) -> String {
        self.json_of(service, target, "{}")
    }

    /// Returns the answer of a service to a request of the JSON protocol with this document.
    ///
    /// # Panics
    /// When the emulator does not answer.
    pub fn json_of(&self, service: &str, target: &str, document: &str) -> String {
        let head = format!("POST / HTTP/1.1\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}");
        self.ask(service, &head, document)
    }

    /// Returns the answer of a service to a `GET`, such as `("eks", "/clusters")`.
    ///
    /// # Panics
    /// When the emulator does not answer.
    pub fn get(&self, service: &str, path: &str) -> String {
        self.ask(service, &format!("GET {path} HTTP/1.1"), "")
    }

    /// Sends a `PUT`, such as `("s3", "/bucket/key")`.
    ///
    /// # Panics
    /// When the emulator does not take it.
    pub fn put(&self, service: &str, path: &str, body: &str) -> String {
        self.ask(service, &format!("PUT {path} HTTP/1.1"), body)
    }

    fn ask(&self, service: &str, head: &str, body: &str) -> String {
        let address = &self.address;
        let mut stream = TcpStream::connect(address).expect("the emulator listens");
        // The emulator finds the service in the credential's scope and does not check the signature.
        let scope = format!("Credential=testing/20260101/us-east-1/{service}/aws4_request");
        let request = format!(
            "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("the emulator takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the emulator answers in UTF-8");
        let (status, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer has a body");
        assert!(status.starts_with("HTTP/1.1 200"), "{status}\n{body}");
        body.to_owned()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Failures mean that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
