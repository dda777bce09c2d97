//! The execution graph: which steps apply makes, and what each of them waits for. Pure.
//!
//! Every evaluation is a step, and every change of an object is one or two. A block of a module instance begins before
//! its objects and ends after them, so that a dependency between blocks is one edge whatever the number of instances.

mod build;
mod deletion;
mod execution;
mod instances;

pub(crate) use build::{build, check};
pub(crate) use execution::{Execution, Half, Step, StepId};
