//! End-to-end tests of the binary. Few and hermetic; depth is in the crates' own tests.

mod bad_cloud;
mod bad_input;
mod crash;
mod encryption;
mod local_state;
mod plans;
mod quickstart;
mod remote_state;
