//! The runtime: what the engine calls. The only place that polls, retries, converges updates and keeps deadlines.

mod attempt;
mod budget;
mod cancellation;
mod clock;
mod converge;
mod delete;
mod outcome;
mod pace;
mod read;
mod serial;
mod work;

use std::sync::Arc;

use landfall_value::Value;
use tokio::sync::Semaphore;

use crate::{AnyDataSource, AnyResource, CallResult, Client, Operation, Token};

pub use attempt::Caller;
pub use budget::{Budgets, Class};
pub use cancellation::Cancellation;
pub use clock::{Clock, TokioClock, VirtualClock};
pub use outcome::{Outcome, Progress, Receipt, StoredObject};

use read::Reader;
use work::Work;

/// What an operation is about, and who is told how it goes.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Type of the object.
    pub resource: &'a dyn AnyResource,
    /// Client of the object's provider configuration.
    pub client: &'a Client,
    /// Told to stop waiting.
    pub cancel: &'a Cancellation,
    /// Told how it goes.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// Code of the error of a creation of which nobody can tell whether it was made.
pub const UNSURE: &str = "unsure";
/// Code of the error of a creation whose object was found: it is still to be finished.
pub const FOUND: &str = "found";
/// Code of the error of an operation that was called off.
pub const INTERRUPTED: &str = "interrupted";

/// The operation was called off before it began.
struct Interrupted;

/// Runs operations of resource types and data sources on a clock, within the services' budgets.
pub struct Runtime {
    clock: Arc<dyn Clock>,
    budgets: Arc<Budgets>,
    serial: serial::Turns,
}

impl Runtime {
    /// Returns a runtime.
    pub fn new(clock: Arc<dyn Clock>, budgets: Arc<Budgets>) -> Self {
        Self { clock, budgets, serial: serial::Turns::default() }
    }

    /// Returns the clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Returns what makes calls that are of no object.
    pub fn caller<'a>(&'a self, cancel: &'a Cancellation) -> Caller<'a> {
        Caller::new(self, cancel)
    }

    /// Creates an object: makes the create call, waits until the object is there, and makes the calls for what the
    /// create call could not carry. `planned` is wholly known but for what the service decides, and holds the values of
    /// write-only arguments.
    ///
    /// With an error and an object the object exists, half-made: it is tainted.
    pub async fn create(&self, target: Target<'_>, planned: &Value, token: &Token) -> Outcome {
        let Ok(_turn) = self.turn(&target, planned).await else { return Outcome::not_begun(None) };
        converge::create(&mut Work::new(self, target, Operation::Create, planned), planned, token).await
    }

    /// Brings an object from `prior` to `planned`.
    ///
    /// With an error the object is as it was last seen.
    pub async fn update(&self, target: Target<'_>, prior: &StoredObject, planned: &Value) -> Outcome {
        let Ok(_turn) = self.turn(&target, planned).await else { return Outcome::not_begun(Some(prior.clone())) };
        converge::update(&mut Work::new(self, target, Operation::Update, planned), prior, planned).await
    }

    /// Removes an object and waits until it is gone.
    pub async fn delete(&self, target: Target<'_>, prior: &StoredObject) -> Outcome {
        let Ok(_turn) = self.turn(&target, &prior.value).await else { return Outcome::not_begun(Some(prior.clone())) };
        delete::delete(&mut Work::new(self, target, Operation::Delete, &prior.value), prior).await
    }

    /// Finishes a creation whose process ended: goes on waiting for `accepted`, the object that the service had begun to
    /// make; else finds out what the call made, or makes it again where that makes nothing twice.
    ///
    /// Without object and error nothing was made. The error [`UNSURE`] says that nobody can tell, [`FOUND`] that the
    /// object was found by what ties it to its creation: to be called again with it, once it is durable that it is ours.
    pub async fn recover(
        &self,
        target: Target<'_>,
        planned: &Value,
        token: &Token,
        accepted: Option<&StoredObject>,
    ) -> Outcome {
        let Ok(_turn) = self.turn(&target, planned).await else { return Outcome::not_begun(accepted.cloned()) };
        converge::recover(&mut Work::new(self, target, Operation::Create, planned), planned, token, accepted).await
    }

    /// Waits for the object's turn, where its service takes one change at a time.
    async fn turn(&self, target: &Target<'_>, object: &Value) -> Result<Option<serial::Turn>, Interrupted> {
        let Some(turn) = self.serial.take(target.resource, object) else { return Ok(None) };
        tokio::select! {
            biased;
            () = target.cancel.cancelled() => Err(Interrupted),
            turn = turn => Ok(Some(turn)),
        }
    }

    /// Reads objects of one type and one provider configuration, all at once as far as budgets and `permits` go; one
    /// answer each, in order, `None` for what is gone.
    pub async fn refresh(
        &self,
        resource: &dyn AnyResource,
        client: &Client,
        cancel: &Cancellation,
        permits: &Semaphore,
        objects: &[&StoredObject],
    ) -> Vec<CallResult<Option<StoredObject>>> {
        read::refresh(&Reader { runtime: self, resource, client, cancel }, permits, objects).await
    }

    /// Reads the object of an import id; `None` if there is none.
    ///
    /// # Errors
    /// What the service answered.
    pub async fn import(&self, target: Target<'_>, id: &str) -> CallResult<Option<StoredObject>> {
        read::import(self, target, id).await
    }

    /// Reads a data source. `config` is wholly known.
    ///
    /// # Errors
    /// What the service answered.
    pub async fn read_data(
        &self,
        data: &dyn AnyDataSource,
        client: &Client,
        cancel: &Cancellation,
        config: &Value,
    ) -> CallResult<Value> {
        read::data(self, data, client, cancel, config).await
    }
}
