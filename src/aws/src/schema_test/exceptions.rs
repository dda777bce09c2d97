//! Differences that are meant.

/// Type (data sources with `data.` before), path, and why we differ.
pub const EXCEPTIONS: &[(&str, &str, &str)] = &[];
