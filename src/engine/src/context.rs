//! What every function of the engine is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use landfall_lang::{Config, Host};
use landfall_provider::Runtime;
use tokio::sync::Notify;

use crate::{Event, Providers};

/// Takes events. Called from the driver only, so that the order is that of what happened.
pub trait Events: Send + Sync {
    /// Takes an event. Must not block.
    fn on(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Events for F {
    fn on(&self, event: Event) {
        self(event);
    }
}

/// Paths and names that expressions see.
#[derive(Clone, Debug)]
pub struct Directories {
    /// `path.root`
    pub root: Arc<str>,
    /// `path.cwd`
    pub current: Arc<str>,
    /// `terraform.workspace`
    pub workspace: Arc<str>,
}

impl Default for Directories {
    fn default() -> Self {
        Self { root: ".".into(), current: ".".into(), workspace: "default".into() }
    }
}

/// What every function of the engine is given: the configuration and the world around it.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The providers that there are.
    pub providers: &'a Providers,
    /// Polls, retries and keeps deadlines.
    pub runtime: &'a Runtime,
    /// Files, clock and randomness for functions.
    pub host: &'a dyn Host,
    /// Paths and names that expressions see.
    pub directories: &'a Directories,
    /// Takes events.
    pub events: &'a dyn Events,
    /// Asks for an orderly stop.
    pub cancellation: &'a Cancellation,
}

/// A request for an orderly stop: no new work is begun, running work is waited for.
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    inner: Arc<(AtomicBool, Notify)>,
}

impl Cancellation {
    /// Returns a request that was not made yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request.
    pub fn cancel(&self) {
        self.inner.0.store(true, Ordering::SeqCst);
        self.inner.1.notify_waiters();
    }

    /// Returns whether the request was made.
    pub fn is_cancelled(&self) -> bool {
        self.inner.0.load(Ordering::SeqCst)
    }

    /// Returns when the request is made.
    pub async fn cancelled(&self) {
        let notified = self.inner.1.notified();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}
