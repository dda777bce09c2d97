//! The local AWS emulator as a child process.

use std::io::{BufRead, BufReader};
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
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Failures mean that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
