//! Leases: how long a lock is good without word from its owner.

use std::fs;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A lease on a lock: part of its information, where Terraform, which does not know it, passes it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lease {
    /// How long it is good after it was renewed.
    pub seconds: u64,
    /// When it was renewed, by the service's time.
    #[serde(with = "time_as_text")]
    pub renewed: jiff::Timestamp,
    /// The process that renews it: machine, namespace, number and start.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub process: String,
}

impl Lease {
    /// Returns a lease of this process that begins now.
    pub fn new(length: Duration, now: SystemTime) -> Self {
        let process = Process::this().map(|process| process.to_text()).unwrap_or_default();
        Self { seconds: length.as_secs(), renewed: timestamp(now), process }
    }

    /// Returns the lease, renewed.
    #[must_use]
    pub fn renewed(&self, now: SystemTime) -> Self {
        Self { renewed: timestamp(now), ..self.clone() }
    }

    /// Returns when it ends.
    pub fn end(&self) -> SystemTime {
        SystemTime::from(self.renewed) + Duration::from_secs(self.seconds)
    }

    /// Returns whether its owner is known to be dead: the lease has run out, or the process was on this machine and is gone.
    pub fn is_abandoned(&self, now: SystemTime) -> bool {
        // The service tells its time in whole seconds.
        now > self.end() + Duration::from_secs(2) || self.owner_is_gone()
    }

    fn owner_is_gone(&self) -> bool {
        let (Some(owner), Some(this)) = (Process::parse(&self.process), Process::this()) else { return false };
        owner.home == this.home && Process::of(owner.number).is_none_or(|there| there.started != owner.started)
    }
}

fn timestamp(time: SystemTime) -> jiff::Timestamp {
    jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MAX)
}

/// Times in the form of RFC 3339.
mod time_as_text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(time: &jiff::Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<jiff::Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A process, so that no other one is taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    /// The boot of the machine, and the namespace that numbers are given in.
    home: String,
    number: u32,
    started: String,
}

impl Process {
    fn this() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Returns a process that runs.
    fn of(number: u32) -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        // The name, in parentheses, may hold anything; after it come the state and, 20th, the time of the start.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        if matches!(fields.next()?, "Z" | "X") {
            return None;
        }
        let started = fields.nth(18)?.to_owned();
        Some(Self { home: format!("{} {}", boot.trim(), namespace.display()), number, started })
    }

    fn to_text(&self) -> String {
        format!("{} {} {}", self.home, self.number, self.started)
    }

    fn parse(text: &str) -> Option<Self> {
        let (rest, started) = text.rsplit_once(' ')?;
        let (home, number) = rest.rsplit_once(' ')?;
        Some(Self { home: home.to_owned(), number: number.parse().ok()?, started: started.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(30);

    #[test]
    fn a_lease_is_abandoned_when_it_has_run_out() {
        let now = SystemTime::now();
        let lease = Lease::new(LENGTH, now);
        assert!(!lease.is_abandoned(now + LENGTH));
        assert!(lease.is_abandoned(now + LENGTH + Duration::from_secs(3)));
        assert!(!lease.renewed(now + LENGTH).is_abandoned(now + LENGTH * 2));
    }

    #[test]
    fn a_lease_of_a_process_that_has_died_here_is_abandoned_at_once() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("there is sleep");
        let process = Process::of(child.id()).expect("the child runs").to_text();
        let now = SystemTime::now();
        let lease = Lease { process, ..Lease::new(LENGTH, now) };
        assert!(!lease.is_abandoned(now));
        child.kill().expect("the child can be killed");
        child.wait().expect("the child ends");
        assert!(lease.is_abandoned(now));
        // Of another machine nothing is known.
        let elsewhere = Lease { process: format!("x{}", lease.process), ..lease };
        assert!(!elsewhere.is_abandoned(now));
    }
}
