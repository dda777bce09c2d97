//! End-to-end tests of the binary. Few and hermetic; depth is in the crates' own tests.
