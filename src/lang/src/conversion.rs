//! Words for values that do not convert.

use landfall_value::ConversionError;

/// Says where in the value the problem is, and what it is.
pub(crate) fn explain(problem: &ConversionError) -> String {
    if problem.path.0.is_empty() {
        return problem.message.clone();
    }
    format!("{}: {}", problem.path, problem.message)
}
