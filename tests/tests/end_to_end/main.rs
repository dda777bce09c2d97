//! End-to-end tests of the binary. Few and hermetic; depth is in the crates' own tests.

mod bad_cloud;
mod bad_input;
mod crash;
mod plans;
mod quickstart;
