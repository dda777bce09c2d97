//! The sandbox's time: the machine's, a multiple of it, or standing still until it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::timestamp::Timestamp;

/// When virtual time starts: 2026-11-02, 09:00 UTC.
const VIRTUAL_START: Timestamp = Timestamp::from_millis(1_793_610_000_000);

/// A clock; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    base: Timestamp,
    started: Instant,
    scale: f64,
    /// Milliseconds that were added by hand.
    advanced: AtomicI64,
}

impl Clock {
    /// Returns the machine's time.
    pub fn real() -> Self {
        Self::scaled(1.0)
    }

    /// Returns a clock that runs `scale` times as fast as the machine's, from now on.
    pub fn scaled(scale: f64) -> Self {
        Self::starting(Timestamp::of_machine(), scale)
    }

    /// Returns a clock that moves only by [`Clock::advance`]. It starts at the same moment in every run.
    pub fn virtual_time() -> Self {
        Self::starting(VIRTUAL_START, 0.0)
    }

    /// Returns a clock that shows `base` now and runs `scale` times as fast as the machine's; 0 is virtual time.
    pub fn starting(base: Timestamp, scale: f64) -> Self {
        Self(Arc::new(Inner { base, started: Instant::now(), scale, advanced: AtomicI64::new(0) }))
    }

    /// Returns the moment.
    pub fn now(&self) -> Timestamp {
        let advanced = u64::try_from(self.0.advanced.load(Ordering::Relaxed)).unwrap_or(0);
        self.0.base + self.0.started.elapsed().mul_f64(self.0.scale) + Duration::from_millis(advanced)
    }

    /// Lets time pass at once.
    pub fn advance(&self, by: Duration) {
        self.0.advanced.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Advances to a moment that has been reached elsewhere; time never goes back.
    pub fn not_before(&self, moment: Timestamp) {
        self.advance(moment.since(self.now()));
    }

    /// Returns how fast the clock runs; 0 for virtual time.
    pub fn scale(&self) -> f64 {
        self.0.scale
    }

    /// Returns how long the machine takes for a time of the sandbox; nothing in virtual time.
    pub fn of_machine(&self, duration: Duration) -> Duration {
        if self.0.scale > 0.0 { duration.div_f64(self.0.scale) } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_moves_when_told_and_never_back() {
        let clock = Clock::virtual_time();
        assert_eq!(clock.now(), VIRTUAL_START);
        clock.clone().advance(Duration::from_secs(90));
        assert_eq!(clock.now().since(VIRTUAL_START), Duration::from_secs(90));
        clock.not_before(VIRTUAL_START);
        assert_eq!(clock.now().since(VIRTUAL_START), Duration::from_secs(90));
    }

    #[test]
    fn scaled_time_needs_less_of_the_machines() {
        assert_eq!(Clock::scaled(600.0).of_machine(Duration::from_secs(600)), Duration::from_secs(1));
    }
}
