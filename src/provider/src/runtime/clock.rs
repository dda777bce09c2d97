//! Time, as the runtime sees it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::BoxFuture;

/// Time; tests pass a virtual one.
pub trait Clock: Send + Sync {
    /// Returns the time since some fixed moment.
    fn now(&self) -> Duration;
    /// Returns after a while.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The time of the machine.
pub struct TokioClock(Instant);

impl TokioClock {
    /// Returns a clock that starts now.
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Time that stands still while anything is at work, and jumps to the next sleeper's end when all sleep.
///
/// "At work" is told by letting the other tasks of a single-threaded executor run first: use it there.
#[derive(Default)]
pub struct VirtualClock {
    sleepers: Mutex<Sleepers>,
    /// Told of every jump.
    follower: Option<Box<dyn Fn(Duration) + Send + Sync>>,
}

#[derive(Default)]
struct Sleepers {
    now: Duration,
    next_number: u64,
    /// By end, then by order of falling asleep.
    asleep: BTreeMap<(Duration, u64), Option<Waker>>,
}

/// How often a sleeper lets others run before time jumps to its end.
const TURNS_FOR_OTHERS: u32 = 32;

impl VirtualClock {
    /// Returns a clock at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a clock at zero, whose every jump another clock follows.
    pub fn followed_by(follower: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self { follower: Some(Box::new(follower)), ..Self::default() }
    }

    fn sleepers(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.sleepers().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let mut sleepers = self.sleepers();
        let key = (sleepers.now + duration, sleepers.next_number);
        sleepers.next_number += 1;
        sleepers.asleep.insert(key, None);
        Box::pin(VirtualSleep { clock: self, key, turns: 0 })
    }
}

struct VirtualSleep<'a> {
    clock: &'a VirtualClock,
    key: (Duration, u64),
    turns: u32,
}

impl Future for VirtualSleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock;
        let mut sleepers = clock.sleepers();
        if sleepers.now >= self.key.0 {
            return Poll::Ready(());
        }
        if sleepers.asleep.first_key_value().is_none_or(|(first, _)| *first != self.key) {
            sleepers.asleep.insert(self.key, Some(context.waker().clone()));
            return Poll::Pending;
        }
        self.turns += 1;
        if self.turns > TURNS_FOR_OTHERS {
            sleepers.now = self.key.0;
            if let Some(follower) = &clock.follower {
                follower(sleepers.now);
            }
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for VirtualSleep<'_> {
    fn drop(&mut self) {
        let mut sleepers = self.clock.sleepers();
        sleepers.asleep.remove(&self.key);
        if let Some((_, Some(waker))) = sleepers.asleep.first_key_value() {
            waker.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn virtual_sleepers_wake_in_order_of_their_ends() {
        let clock = VirtualClock::new();
        let woken = Mutex::new(Vec::new());
        let sleeper = async |seconds: u64| {
            clock.sleep(Duration::from_secs(seconds)).await;
            woken.lock().unwrap().push((seconds, clock.now().as_secs()));
        };
        futures::join!(sleeper(30), sleeper(10), sleeper(20));
        assert_eq!(*woken.lock().unwrap(), [(10, 10), (20, 20), (30, 30)]);
    }
}
