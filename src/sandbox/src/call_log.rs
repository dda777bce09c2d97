//! How often each operation was called.

use std::collections::BTreeMap;
use std::fmt;

/// Calls of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All calls.
    pub calls: u64,
    /// Those that were refused, failed or were not answered.
    pub failed: u64,
}

/// Counts by service and operation, of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallLog(BTreeMap<(String, String), Count>);

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
