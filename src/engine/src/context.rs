//! What every function of the engine is given.

use std::sync::Arc;

use landfall_lang::{Config, Host};
use landfall_provider::{Cancellation, Runtime};

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
    /// Asks for an orderly stop: no new work is begun, running work is waited for.
    pub stop: &'a Cancellation,
    /// Asks running work to stop waiting too, and to return what is there.
    pub abandon: &'a Cancellation,
}
