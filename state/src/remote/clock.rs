//! The time that all who use a bucket agree on: the service's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The service's time, as its answers tell it: the clocks of two machines may differ by more than a lease is long.
#[derive(Clone, Debug, Default)]
pub struct ServerClock {
    /// Milliseconds that the service is ahead of this machine.
    ahead: Arc<AtomicI64>,
}

impl ServerClock {
    /// Returns the time.
    pub fn now(&self) -> SystemTime {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let distance = Duration::from_millis(ahead.unsigned_abs());
        if ahead < 0 { SystemTime::now() - distance } else { SystemTime::now() + distance }
    }

    /// Takes note of the time that an answer carries, which has whole seconds only.
    pub fn told(&self, time: SystemTime) {
        let milliseconds = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        };
        let ahead = milliseconds(time) - milliseconds(SystemTime::now());
        // Within what the rounding explains, this machine's own time is as good and finer.
        let ahead = if (-1500..=500).contains(&ahead) { 0 } else { ahead };
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}
