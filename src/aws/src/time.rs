//! Times as attributes hold them.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// Returns a time in whole seconds, as `2026-01-31T12:00:00Z`.
pub fn rfc3339(time: &DateTime) -> String {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).unwrap_or_default()
}
