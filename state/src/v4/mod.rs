//! Terraform's state format, version 4.

mod checks;
mod object;
mod outputs;
mod pretty;
mod read;
mod wire;
mod write;

pub(crate) use object::{from_wire as object_from_wire, to_wire as object_to_wire};
pub(crate) use outputs::{from_wire as output_from_wire, to_wire as output_to_wire};
pub(crate) use read::{DependencyNames, read, read_sealed};
pub(crate) use wire::{Instance, Output};
pub(crate) use write::{sealed, write};

#[cfg(test)]
mod decoding_tests;
#[cfg(test)]
mod tests;
