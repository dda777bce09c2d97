//! Conditions of requests: `If-Match`, `If-None-Match` and the times.

use super::object::Version;
use super::read_http_date;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// Checks the conditions of a write. Losing a race for the same key is told apart from not meeting them.
///
/// # Errors
/// When they are not met.
pub fn of_write(input: &Tree, current: Option<&Version>) -> Result<(), Fault> {
    let (matches, differs) = (input.text("IfMatch")?, input.text("IfNoneMatch")?);
    if matches.is_some() && differs.is_some() || differs.is_some_and(|differs| differs != "*") {
        let message = "A header you provided implies functionality that is not implemented";
        let header = if matches.is_some() { "If-Match" } else { "If-None-Match" };
        return Err(Fault::with_status(501, "NotImplemented", message).member("Header", header));
    }
    if differs.is_some() && current.is_some() {
        return Err(failed("If-None-Match"));
    }
    match (matches, current) {
        (None, _) => Ok(()),
        (Some(_), None) => {
            let key = input.text("Key")?.unwrap_or_default();
            Err(Fault::with_status(404, "NoSuchKey", "The specified key does not exist.").member("Key", key))
        }
        (Some(etag), Some(current)) if is_tag(etag, &current.etag) => Ok(()),
        (Some(_), Some(_)) => Err(failed("If-Match")),
    }
}

/// Checks the conditions of a read; `prefix` is that of the members, which copies have.
///
/// # Errors
/// When they are not met.
pub fn of_read(input: &Tree, prefix: &str, version: &Version) -> Result<(), Fault> {
    let member = |name: &str| input.text(&format!("{prefix}{name}"));
    let time = |name: &str| Ok::<_, Fault>(member(name)?.and_then(read_http_date));
    // Headers have no fractions of seconds.
    let modified = version.modified.millis() / 1000;
    let is_unmodified_since = time("IfUnmodifiedSince")?.is_none_or(|since| modified <= since.millis() / 1000);
    match member("IfMatch")? {
        Some(etag) if !is_tag(etag, &version.etag) => return Err(failed("If-Match")),
        None if !is_unmodified_since => return Err(failed("If-Unmodified-Since")),
        _ => {}
    }
    let is_modified_since = time("IfModifiedSince")?.is_none_or(|since| modified > since.millis() / 1000);
    let is_same = match member("IfNoneMatch")? {
        Some(etag) => is_tag(etag, &version.etag),
        None => !is_modified_since,
    };
    match is_same {
        true if prefix.is_empty() => {
            let not_modified = Fault::with_status(304, "NotModified", "Not Modified");
            Err(not_modified.member("@etag", format!("\"{}\"", version.etag)))
        }
        true => Err(failed("x-amz-copy-source-If-None-Match")),
        false => Ok(()),
    }
}

fn is_tag(wanted: &str, etag: &str) -> bool {
    wanted.split(',').map(|tag| tag.trim().trim_matches('"')).any(|tag| tag == "*" || tag == etag)
}

pub fn failed(condition: &str) -> Fault {
    let message = "At least one of the pre-conditions you specified did not hold";
    Fault::with_status(412, "PreconditionFailed", message).member("Condition", condition)
}
