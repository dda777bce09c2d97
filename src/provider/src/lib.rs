//! The provider contract: how a resource type, a data source and a provider are written, and the runtime that calls them.
//!
//! A resource type says *what to call* and *what is there*; the runtime decides *when*: it polls, retries, converges
//! updates and keeps deadlines, on a clock that is passed in. This crate knows values and schemas, not the language,
//! the engine or any cloud. Main types: [`Resource`], [`Provider`], [`Runtime`].

mod call_error;
pub mod codec;
mod data_source;
mod ephemeral;
mod erased;
mod fields;
mod object;
mod planning;
mod provider;
mod resource;
mod runtime;
mod timing;
mod typed;
mod types;

/// Values and schemas, as derived code names them.
pub use landfall_value as value;

pub use call_error::{CallError, CallResult, Within, within};
pub use codec::{DecodeError, Field, Fields};
pub use data_source::{DataSource, Read};
pub use ephemeral::{AnyEphemeral, AnyOpened, Ephemeral, Opened};
pub use erased::{AnyDataSource, AnyKnown, AnyObserved, AnyResource, BoxFuture, Client};
pub use fields::{Filled, Sensitive, Set, TagChanges, Tags};
pub use landfall_provider_derive::{Args, Attrs};
pub use object::{Change, Created, Goal, Known, Object, Observed, Operation, Phase, Settled, Step, Token, Traced};
pub use planning::{Facts, Overrides, Planned};
pub use provider::{Configured, Provider};
pub use resource::Resource;
pub use runtime::{
    Budgets, Caller, Cancellation, Class, Clock, FOUND, INTERRUPTED, Outcome, Progress, Receipt, Runtime, StoredObject,
    Target, TokioClock, UNSURE, VirtualClock,
};
pub use timing::{Span, Timing, parse_duration, usually};
pub use typed::{Regions, Typed, TypedDataSource, TypedEphemeral};
pub use types::Types;
