//! How many calls a service takes: a token bucket per service and class of calls, shared by all workers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::runtime::Clock;

/// Class of calls that a service counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Describe, get, list.
    Read,
    /// Create, update, delete.
    Write,
}

/// Calls a second, and how many at once, of one service and class.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    per_second: f64,
    burst: f64,
}

/// A budget shrinks to no less than this part of its limit.
const LEAST_SHARE: f64 = 0.05;
/// What is left of a budget's rate after the service throttled.
const SHRINK: f64 = 0.5;
/// Share of the limit that a budget regains in a second without throttling.
const REGAIN_PER_SECOND: f64 = 0.02;

#[derive(Debug)]
struct Bucket {
    limit: Limit,
    /// Share of the limit that the service takes now.
    share: f64,
    /// Calls that may go out; below zero when calls wait for their turn.
    tokens: f64,
    filled: Duration,
}

/// The budgets of all services.
#[derive(Debug, Default)]
pub struct Budgets(Mutex<BTreeMap<(String, Class), Bucket>>);

impl Budgets {
    /// Returns budgets by what services are known to take.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns when a call may go out, counting it.
    pub(super) async fn take(&self, clock: &dyn Clock, service: &str, class: Class) {
        if service.is_empty() {
            return;
        }
        let wait = self.reserve(clock.now(), service, class);
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
    }

    /// Counts a call and returns how long it has to wait.
    fn reserve(&self, now: Duration, service: &str, class: Class) -> Duration {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (service.to_owned(), class);
        let bucket = buckets.entry(key).or_insert_with(|| Bucket::full(limit(service, class), now));
        bucket.fill(now);
        bucket.tokens -= 1.0;
        if bucket.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64(-bucket.tokens / (bucket.limit.per_second * bucket.share))
    }

    /// Makes a budget smaller: the service throttled.
    pub(super) fn shrink(&self, now: Duration, service: &str, class: Class) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&(service.to_owned(), class)) {
            bucket.fill(now);
            bucket.share = (bucket.share * SHRINK).max(LEAST_SHARE);
            bucket.tokens = bucket.tokens.min(0.0);
        }
    }
}

impl Bucket {
    fn full(limit: Limit, now: Duration) -> Self {
        Self { limit, share: 1.0, tokens: limit.burst, filled: now }
    }

    fn fill(&mut self, now: Duration) {
        let seconds = now.saturating_sub(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + seconds * self.limit.per_second * self.share).min(self.limit.burst);
        self.share = (self.share + seconds * REGAIN_PER_SECOND).min(1.0);
    }
}

/// Returns what a service takes by default.
fn limit(service: &str, class: Class) -> Limit {
    let (per_second, burst) = match (service, class) {
        ("ec2", Class::Read) => (20.0, 100.0),
        ("ec2", Class::Write) => (10.0, 100.0),
        (_, Class::Read) => (20.0, 50.0),
        (_, Class::Write) => (10.0, 50.0),
    };
    Limit { per_second, burst }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::ZERO;

    fn spend(budgets: &Budgets, calls: u32) -> Duration {
        (0..calls).map(|_| budgets.reserve(START, "eks", Class::Write)).last().unwrap_or_default()
    }

    #[test]
    fn a_burst_goes_out_at_once_and_the_rest_at_the_rate() {
        let budgets = Budgets::new();
        assert_eq!(spend(&budgets, 50), Duration::ZERO);
        assert_eq!(spend(&budgets, 10), Duration::from_secs(1));
    }

    #[test]
    fn throttling_halves_the_rate_until_time_has_passed() {
        let budgets = Budgets::new();
        spend(&budgets, 50);
        budgets.shrink(START, "eks", Class::Write);
        assert_eq!(spend(&budgets, 10), Duration::from_secs(2));
        let later = Duration::from_secs(100);
        assert_eq!(budgets.reserve(later, "eks", Class::Write), Duration::ZERO);
    }

    #[test]
    fn classes_are_counted_apart() {
        let budgets = Budgets::new();
        spend(&budgets, 51);
        assert_eq!(budgets.reserve(START, "eks", Class::Read), Duration::ZERO);
    }
}
