//! Times as attributes hold them.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use landfall_provider::{CallError, CallResult};

/// Returns a time in whole seconds, as `2026-01-31T12:00:00Z`.
pub fn rfc3339(time: &DateTime) -> String {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).unwrap_or_default()
}

/// Returns the time that a text names.
///
/// # Errors
/// When it names none.
pub fn parse(text: &str) -> CallResult<DateTime> {
    let error = |_| {
        CallError::local(crate::error::CONSTRUCTION, format!("`{text}` is not a time such as 2026-01-31T12:00:00Z"))
    };
    DateTime::from_str(text, Format::DateTimeWithOffset).map_err(error)
}

/// Returns what is known of a time where it is the service's, else the service's: other zones name the same time.
pub fn keep_known(known: Option<&str>, remote: &DateTime) -> String {
    let is_same = |known: &&str| parse(known).is_ok_and(|time| time.secs() == remote.secs());
    known.filter(is_same).map_or_else(|| rfc3339(remote), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_time_keeps_its_zone() {
        let time = parse("2026-01-31T12:00:00Z").unwrap();
        assert_eq!(keep_known(Some("2026-01-31T13:00:00+01:00"), &time), "2026-01-31T13:00:00+01:00");
        assert_eq!(keep_known(Some("2026-01-31T13:00:00Z"), &time), "2026-01-31T12:00:00Z");
        assert!(parse("tomorrow").is_err());
    }
}
