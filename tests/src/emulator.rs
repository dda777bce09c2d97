//! The local AWS emulator as a child process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

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

    /// Returns all objects of one kind in the account, such as `("ec2", "VPC")`, by the emulator's own count.
    ///
    /// # Panics
    /// When the emulator does not answer.
    pub fn objects(&self, service: &str, kind: &str) -> Vec<Value> {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("the emulator listens");
        let request = format!("GET /moto-api/data.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("the emulator takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the emulator answers in UTF-8");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer has a body");
        let data: Value = serde_json::from_str(body).expect("the emulator answers in JSON");
        data[service][kind].as_array().cloned().unwrap_or_default()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Failures mean that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
