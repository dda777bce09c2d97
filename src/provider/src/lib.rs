//! The provider contract: how a resource type, a data source and a provider are written, and the runtime that calls them.
//!
//! A resource type says *what to call* and *what is there*; the runtime decides *when*: it polls, retries, converges
//! updates and keeps deadlines, on a clock that is passed in. This crate knows values and schemas, not the language,
//! the engine or any cloud. Main types: [`Resource`], [`Provider`], [`Runtime`].

mod call_error;
mod data_source;
mod erased;
mod object;
mod planning;
mod provider;
mod resource;
mod runtime;
mod timing;

pub use call_error::{CallError, CallResult, Within, within};
pub use data_source::DataSource;
pub use erased::{AnyDataSource, AnyResource, BoxFuture, Client};
pub use landfall_provider_derive::{Args, Attrs};
pub use object::{Change, Created, Goal, Known, Object, Observed, Operation, Phase, Settled, Step, Token};
pub use planning::{Facts, Overrides, Planned};
pub use provider::Provider;
pub use resource::Resource;
pub use runtime::{Clock, Outcome, Progress, Runtime, StoredObject};
pub use timing::{Timing, usually};
