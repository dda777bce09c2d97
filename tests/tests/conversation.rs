//! An independent client agrees: boto3 talks to the sandbox about all its services, and the same to moto.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use landfall_tests::{Emulator, Project};
use serde_json::Value;

/// The sandbox behind a port of its own; it stops when this is dropped.
struct Served(Child, String);

impl Served {
    fn start(project: &Project) -> Self {
        let arguments = ["sandbox", "serve", "-port=0", "-time-scale=600"];
        let mut child = project.command(arguments).stdout(Stdio::piped()).spawn().expect("landfall starts");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut url).expect("the server says where it is");
        Self(child, url.trim().to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Failures mean that it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn talk(url: &str, partner: &str, least: i64) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("conversation/start");
    let output = Command::new(script).args([url, partner]).output().expect("the script runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_str(&text).expect("a report");
    assert!(report["passed"].as_i64() >= Some(least), "{text}");
}

#[test]
fn boto3_finds_aws_in_the_sandbox() {
    let project = Project::with_files(&[]);
    let served = Served::start(&project);
    talk(&served.1, "sandbox", 580);
}

#[test]
fn boto3_finds_in_moto_what_it_finds_in_the_sandbox_but_for_what_is_listed() {
    talk(Emulator::start().url(), "moto", 340);
}
