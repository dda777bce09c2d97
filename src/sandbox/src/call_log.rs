//! How often each operation was called.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// How many runs are remembered.
const RUNS: usize = 20;

/// Calls of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// All calls.
    pub calls: u64,
    /// Those that were refused, failed or were not answered.
    pub failed: u64,
}

/// Counts by service and operation, of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(String, String, Count)>", into = "Vec<(String, String, Count)>")]
pub struct CallLog(BTreeMap<(String, String), Count>);

impl From<Vec<(String, String, Count)>> for CallLog {
    fn from(list: Vec<(String, String, Count)>) -> Self {
        Self(list.into_iter().map(|(service, operation, count)| ((service, operation), count)).collect())
    }
}

impl From<CallLog> for Vec<(String, String, Count)> {
    fn from(log: CallLog) -> Self {
        log.0.into_iter().map(|((service, operation), count)| (service, operation, count)).collect()
    }
}

/// The calls of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it began, by the machine's time.
    pub began: Timestamp,
    /// Number of the process, and of the sandbox that it opened.
    pub opened: (u32, u32),
    /// Its calls.
    pub calls: CallLog,
}

/// The last processes that called, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Runs(Vec<Run>);

impl Runs {
    /// Puts in what is known of a process by now.
    pub fn put(&mut self, run: Run) {
        self.0.retain(|other| (other.began, other.opened) != (run.began, run.opened));
        self.0.push(run);
        let many = self.0.len().saturating_sub(RUNS);
        self.0.drain(..many);
    }

    /// Returns the processes, the newest last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.0.iter()
    }
}

impl CallLog {
    /// Counts a call.
    pub fn add(&mut self, service: &str, operation: &str, is_failed: bool) {
        let count = self.0.entry((service.to_owned(), operation.to_owned())).or_default();
        count.calls += 1;
        count.failed += u64::from(is_failed);
    }

    /// Returns the count of one operation.
    pub fn of(&self, service: &str, operation: &str) -> Count {
        self.0.get(&(service.to_owned(), operation.to_owned())).copied().unwrap_or_default()
    }

    /// Returns the count of all operations.
    pub fn total(&self) -> Count {
        self.0.values().fold(Count::default(), |sum, count| Count {
            calls: sum.calls + count.calls,
            failed: sum.failed + count.failed,
        })
    }

    /// Returns service, operation and count, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Count)> {
        self.0.iter().map(|((service, operation), count)| (service.as_str(), operation.as_str(), *count))
    }
}

impl fmt::Display for CallLog {
    /// Writes a line for each operation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (service, operation, Count { calls, failed }) in self.iter() {
            writeln!(f, "{service} {operation}: {calls} calls, {failed} failed")?;
        }
        Ok(())
    }
}
