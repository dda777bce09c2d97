//! The engine: configuration and state to a plan, and a plan to a new state.
//!
//! One static graph of blocks serves everything: [`validate`] walks it with nothing known, [`plan`] with what the state
//! and the configuration say, [`apply`] walks the execution graph that the plan holds and never plans again. The engine
//! speaks in [`Event`]s and returns diagnostics; it prints nothing and reads no clock, file or environment but through
//! what [`Context`] carries. `diff` and `order` are pure. The only crate that names petgraph. Main types: [`Context`],
//! [`Plan`], [`Event`].

mod apply;
mod console;
mod context;
mod diff;
mod ephemeral;
mod evaluate;
mod event;
mod graph;
mod options;
mod order;
mod plan;
mod planning;
mod prior;
mod providers;
mod provisioner;
mod types;
mod validation;

pub use apply::{Applied, apply};
pub use console::{ConsoleValues, console};
pub use context::{Context, Directories, Events};
pub use event::{EphemeralWork, Event, Work};
pub use graph::resource_dependencies;
pub use options::{ApplyOptions, PlanMode, PlanOptions, VariableInput};
pub use plan::{Action, Counts, Importing, OutputChange, Plan, PlanFailure, Reason, ResourceChange};
pub use planning::{import, plan, settle};
pub use providers::Providers;
pub use validation::validate;
