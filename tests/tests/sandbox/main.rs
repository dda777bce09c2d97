//! End-to-end tests in the sandbox, the AWS inside the binary: whole lives of configurations, and nodes that join or not.

mod demo;
mod examples;
mod join;

use std::thread::sleep;
use std::time::Duration;

use landfall_tests::{Project, Run};
use serde_json::Value;

/// How many times as fast as the machine's the sandbox's time passes.
const SCALE: &str = "2000";

/// When that time starts: a Monday morning, so that the quickstart's schedule does not take nodes away meanwhile.
const START: &str = "2026-11-02T09:00:00Z";

/// A project in a sandbox of its own.
struct Sandboxed(Project);

impl Sandboxed {
    /// Returns a copy of an example.
    fn example(name: &str) -> Self {
        let project = Project::with_example(name);
        let settings = [("", "1"), ("_TIME_SCALE", SCALE), ("_START", START)];
        let set = |project: Project, (name, value)| project.with_environment(&format!("LANDFALL_SANDBOX{name}"), value);
        Self(settings.into_iter().fold(project, set))
    }

    /// Runs a command and expects this exit code.
    #[track_caller]
    fn expect(&self, code: i32, arguments: &[&str]) -> Run {
        let run = self.0.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.text());
        run
    }

    /// Installs the modules.
    fn init(&self) {
        self.expect(0, &["init"]);
    }

    /// Replaces a text in a file, which has to be there.
    #[track_caller]
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.0.read(file);
        assert!(text.contains(from), "{file} does not have `{from}`");
        self.0.write(file, &text.replace(from, to));
    }

    fn shown(&self) -> Value {
        self.expect(0, &["sandbox", "show", "-json"]).json()
    }

    /// Returns the nodes, once none of them is on its way.
    fn nodes(&self) -> Vec<Value> {
        for _ in 0..100 {
            let nodes = self.shown()["nodes"].as_array().cloned().unwrap_or_default();
            if nodes.iter().all(|node| node["state"] != "starting") {
                return nodes;
            }
            sleep(Duration::from_millis(20));
        }
        panic!("some nodes never stop starting: {}", self.shown()["nodes"]);
    }

    /// Returns what there is, but keys that wait for their deletion.
    fn live(&self) -> Vec<Value> {
        let mut items = self.shown()["items"].as_array().cloned().unwrap_or_default();
        items.retain(|item| item["state"] != "PendingDeletion");
        items
    }
}
