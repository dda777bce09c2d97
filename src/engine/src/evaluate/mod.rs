//! Values of blocks: where they are kept, the scopes that expressions see, and how each kind of block gets its value.

mod blocks;
mod conditions;
mod config;
mod import;
mod instances;
mod repetition;
mod scope;
mod values;

pub(crate) use blocks::{Evaluation, into_warning, not_found_out};

pub(crate) use config::{Findings, decode_config, ephemeral_problem};
pub(crate) use import::{import_address, import_id, import_id_problem, import_repetitions};
pub(crate) use instances::{Instances, ModuleInstanceId, Repeated, Repetition};
pub(crate) use repetition::{Repetitions, repetitions};
