//! The erased twins of [`Resource`] and [`DataSource`]: what the engine and the runtime hold.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use landfall_value::Value;
use landfall_value::schema::Schema;

use crate::runtime::StoredObject;
use crate::{
    CallError, CallResult, Created, Facts, Operation, Overrides, Phase, Planned, Settled, Step, Timing, Token, Traced,
    Within,
};

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A configured client of some provider; its typed twin knows which.
pub type Client = Arc<dyn Any + Send + Sync>;

/// What was observed, as values.
#[derive(Clone, Debug)]
pub enum AnyObserved {
    /// Nothing.
    Gone,
    /// An object: how far it is, and the whole value.
    There(Phase, StoredObject),
}

/// What is known of an object before it is observed, as values.
#[derive(Clone, Copy, Debug)]
pub enum AnyKnown<'a> {
    /// It was seen before.
    Prior(&'a StoredObject),
    /// A user gave its id.
    Import(&'a str),
    /// It was just created with these (planned) values.
    New(&'a Value, &'a Created),
}

/// A resource type, erased. All values are objects of the whole schema: arguments, attributes, `id`, and what the
/// provider adds to each of its types.
pub trait AnyResource: Send + Sync {
    /// Returns the name of the type.
    fn r#type(&self) -> &'static str;
    /// Returns the schema.
    fn schema(&self) -> &Schema;
    /// Returns deadlines and usual durations.
    fn timing(&self) -> Timing;
    /// Returns the argument by which the service serialises.
    fn serial_by(&self) -> Option<&'static str>;
    /// Returns whether the type has no effect outside the process.
    fn is_local(&self) -> bool;
    /// Returns the argument that says how long a creation or an update may wait beyond its deadline.
    fn patience(&self) -> Option<&'static str>;
    /// Returns whether the create call carries every argument.
    fn create_is_whole(&self) -> bool;
    /// Returns whether a create call may be made again with the same token.
    fn create_repeats(&self) -> bool;
    /// Returns how many objects one read looks at.
    fn read_at_once(&self) -> usize;
    /// Returns the service that is called, such as `ec2`, by whose budget calls are counted; empty for none.
    fn service(&self) -> &'static str;
    /// Returns an accepted object of which nothing has been observed: what was planned, without what is not known.
    fn half_made(&self, planned: &Value, created: &Created) -> StoredObject;
    /// Returns the identifier of an object.
    fn id<'v>(&self, object: &'v Value) -> Option<&'v str>;
    /// See [`Resource::plan`](crate::Resource::plan).
    fn plan(&self, facts: &Facts, planned: &Planned<'_>) -> Overrides;
    /// See [`Resource::create`](crate::Resource::create).
    fn create<'a>(
        &'a self,
        client: &'a Client,
        planned: &'a Value,
        token: &'a Token,
    ) -> BoxFuture<'a, CallResult<Created>>;
    /// See [`Resource::trace`](crate::Resource::trace).
    fn trace<'a>(
        &'a self,
        client: &'a Client,
        planned: &'a Value,
        token: &'a Token,
    ) -> BoxFuture<'a, CallResult<Traced>>;
    /// See [`Resource::observe_many`](crate::Resource::observe_many).
    fn observe_many<'a>(
        &'a self,
        client: &'a Client,
        known: &'a [AnyKnown<'a>],
    ) -> BoxFuture<'a, Vec<CallResult<AnyObserved>>>;
    /// See [`Resource::update`](crate::Resource::update).
    fn update<'a>(
        &'a self,
        client: &'a Client,
        prior: Option<&'a Value>,
        planned: &'a Value,
        there: &'a StoredObject,
    ) -> BoxFuture<'a, CallResult<Step>>;
    /// See [`Resource::delete`](crate::Resource::delete).
    fn delete<'a>(&'a self, client: &'a Client, there: &'a StoredObject) -> BoxFuture<'a, CallResult<Step>>;
    /// See [`Resource::operation`](crate::Resource::operation).
    fn operation<'a>(
        &'a self,
        client: &'a Client,
        there: &'a StoredObject,
        handle: &'a str,
    ) -> BoxFuture<'a, CallResult<Phase>>;
    /// See [`Resource::settled`](crate::Resource::settled).
    fn settled(
        &self,
        operation: Operation,
        prior: Option<&Value>,
        planned: &Value,
        elapsed: Duration,
        there: &StoredObject,
    ) -> Settled;
    /// See [`Resource::retry`](crate::Resource::retry).
    fn retry(&self, error: &CallError) -> Option<Within>;
}

/// A data source, erased.
pub trait AnyDataSource: Send + Sync {
    /// Returns the name of the type.
    fn r#type(&self) -> &'static str;
    /// Returns the schema.
    fn schema(&self) -> &Schema;
    /// Returns the service that is called, by whose budget calls are counted; empty for none.
    fn service(&self) -> &'static str;
    /// Reads: `config` is an object of the whole schema; the answer likewise.
    fn read<'a>(&'a self, client: &'a Client, config: &'a Value) -> BoxFuture<'a, CallResult<Value>>;
    /// Names errors that are worth another attempt.
    fn retry(&self, error: &CallError) -> Option<Within>;
}
