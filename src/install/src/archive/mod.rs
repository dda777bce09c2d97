//! Archives: what they are called, and how they are unpacked without writing outside of their directory.

mod format;
mod tree;
mod unpack;

pub(crate) use format::Format;
pub(crate) use unpack::unpack;
