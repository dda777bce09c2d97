//! Log events: written, read, searched.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::stream::Stream;
use super::{Group, invalid};
use crate::families::constraints::{length, range};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "logs",
    operations: &[
        write("PutLogEvents", &["logGroupName", "logStreamName", "logEvents", "sequenceToken", "entity"], put),
        read(
            "GetLogEvents",
            &[
                "logGroupName",
                "logGroupIdentifier",
                "logStreamName",
                "startTime",
                "endTime",
                "nextToken",
                "limit",
                "startFromHead",
                "unmask",
            ],
            get,
        ),
        read(
            "FilterLogEvents",
            &[
                "logGroupName",
                "logGroupIdentifier",
                "logStreamNames",
                "logStreamNamePrefix",
                "startTime",
                "endTime",
                "filterPattern",
                "nextToken",
                "limit",
                "interleaved",
                "unmask",
            ],
            filter,
        ),
    ],
    events: &[],
};

/// Sequence tokens are no longer checked; all streams have the same.
pub const SEQUENCE: &str = "49039859547456212345678901234567890123456789012345678901";
/// How many events one call may bring.
const MOST: usize = 10_000;
/// Events may be so far from now, in milliseconds.
const OLDEST: i64 = 14 * 24 * 3600 * 1000;
const NEWEST: i64 = 2 * 3600 * 1000;

/// An event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its time, in milliseconds since 1970.
    pub at: i64,
    /// When it came, in milliseconds since 1970.
    pub taken: i64,
    /// What it says.
    pub message: String,
}

impl Event {
    fn shown(&self) -> Tree {
        tree! { "timestamp": self.at, "message": self.message.as_str(), "ingestionTime": self.taken }
    }

    fn is_within(&self, input: &Tree) -> Result<bool, Fault> {
        let starts = input.int("startTime")?.is_none_or(|start| self.at >= start);
        Ok(starts && input.int("endTime")?.is_none_or(|end| self.at < end))
    }
}

/// Returns the group that an input names, by name or by identifier, and its name.
///
/// # Errors
/// When it is not there.
pub fn group<'a>(scope: &'a Scope<'_>, input: &Tree) -> Result<(&'a str, &'a Group), Fault> {
    let Some(identifier) = input.text("logGroupIdentifier")? else { return scope.logs().group(input) };
    let name = identifier.rsplit(":log-group:").next().unwrap_or(identifier).trim_end_matches(":*");
    scope.logs().group(&tree! { "logGroupName": name })
}

fn stream<'a>(group: &'a Group, input: &Tree) -> Result<&'a Stream, Fault> {
    let name = length(1, 512).need(input, "logStreamName")?;
    group.streams.get(name).ok_or_else(absent)
}

/// Returns the refusal of a stream that is not there.
pub(super) fn absent() -> Fault {
    Fault::new("ResourceNotFoundException", "The specified log stream does not exist.")
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    stream(group(scope, input)?.1, input)?;
    let given = input.list_at("logEvents");
    if given.is_empty() || given.len() > MOST {
        let why = format!("Member must have length between 1 and {MOST}");
        return Err(Fault::invalid("logEvents", given.len(), &why));
    }
    let now = scope.now.millis();
    let mut events = Vec::new();
    for event in given {
        let at = event.int("timestamp")?.ok_or_else(|| Fault::missing("logEvents.timestamp"))?;
        events.push(Event { at, taken: now, message: event.need("message")?.to_owned() });
    }
    if !events.is_sorted_by_key(|event| event.at) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    let too_old = events.iter().filter(|event| event.at < now - OLDEST).count();
    let too_new = events.iter().position(|event| event.at > now + NEWEST);
    events.retain(|event| (now - OLDEST..=now + NEWEST).contains(&event.at));
    let name = input.need("logStreamName")?;
    let stream = scope.logs_mut().group_mut(input)?.streams.get_mut(name).ok_or_else(absent)?;
    stream.events.extend(events);
    stream.events.sort_by_key(|event| event.at);
    let rejected = tree! {
        "tooOldLogEventEndIndex": Some(too_old).filter(|count| *count > 0),
        "tooNewLogEventStartIndex": too_new,
    };
    let rejected = Some(rejected).filter(|rejected| *rejected != tree! {});
    Ok(tree! { "nextSequenceToken": SEQUENCE, "rejectedLogEventsInfo": rejected })
}

/// Tokens say in which direction and from which event one reads on; at the end of a stream, the same one comes back.
fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let most = usize::try_from(range(input, "limit", 1, 10_000)?.unwrap_or(10_000)).unwrap_or(MOST);
    let mut events = Vec::new();
    for event in &stream(group(scope, input)?.1, input)?.events {
        if event.is_within(input)? {
            events.push(event);
        }
    }
    let bad = || invalid("The specified nextToken is invalid.");
    let token = input.text("nextToken")?;
    let place = |token: &str| token.get(2..).and_then(|number| number.parse::<usize>().ok()).ok_or_else(bad);
    let (start, end) = match token {
        Some(token) if token.starts_with("f/") => {
            let start = place(token)?.min(events.len());
            (start, (start + most).min(events.len()))
        }
        Some(token) if token.starts_with("b/") => {
            let end = place(token)?.min(events.len());
            (end.saturating_sub(most), end)
        }
        Some(_) => return Err(bad()),
        None if input.bool("startFromHead")? == Some(true) => (0, most.min(events.len())),
        None => (events.len().saturating_sub(most), events.len()),
    };
    let shown = events.get(start..end).unwrap_or_default().iter().map(|event| event.shown());
    Ok(tree! {
        "events": Tree::list(shown),
        "nextForwardToken": format!("f/{end:056}"),
        "nextBackwardToken": format!("b/{start:056}"),
    })
}

/// Returns the words of a pattern. Quotes keep words together.
fn terms(pattern: &str) -> Result<Vec<String>, Fault> {
    if pattern.trim_start().starts_with(['{', '[', '%']) {
        return Err(Fault::not_modelled("filter patterns of JSON, columns or regular expressions"));
    }
    let mut terms: Vec<String> = Vec::new();
    let (mut is_quoted, mut is_open) = (false, false);
    for character in pattern.chars() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                if is_quoted && !is_open {
                    terms.push(String::new());
                }
                is_open = is_quoted;
            }
            ' ' if !is_quoted => is_open = false,
            other => {
                if !is_open {
                    terms.push(String::new());
                    is_open = true;
                }
                terms.last_mut().into_iter().for_each(|term| term.push(other));
            }
        }
    }
    Ok(terms)
}

/// Returns whether a message fits words: all of them, with `?` any, with `-` none.
fn fits(terms: &[String], message: &str) -> bool {
    let (any, all): (Vec<&String>, Vec<&String>) = terms.iter().partition(|term| term.starts_with('?'));
    let holds = |term: &str| match term.strip_prefix('-') {
        Some(without) => !message.contains(without),
        None => message.contains(term),
    };
    all.iter().all(|term| holds(term)) && (any.is_empty() || any.iter().any(|term| message.contains(&term[1..])))
}

fn filter(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let most = usize::try_from(range(input, "limit", 1, 10_000)?.unwrap_or(10_000)).unwrap_or(MOST);
    let (names, prefix) = (input.texts("logStreamNames"), input.text("logStreamNamePrefix")?);
    if !names.is_empty() && prefix.is_some() {
        return Err(invalid("logStreamNamePrefix and logStreamNames are mutually exclusive parameters."));
    }
    let pattern = input.text("filterPattern")?.unwrap_or_default();
    let (_, group) = group(scope, input)?;
    if names.iter().any(|name| !group.streams.contains_key(*name)) {
        return Err(absent());
    }
    let terms = terms(pattern)?;
    let mut found = Vec::new();
    for (name, stream) in &group.streams {
        let is_wanted = (names.is_empty() || names.contains(&name.as_str()))
            && prefix.is_none_or(|prefix| name.starts_with(prefix));
        for (number, event) in stream.events.iter().enumerate().filter(|_| is_wanted) {
            if event.is_within(input)? && fits(&terms, &event.message) {
                found.push((event.at, name, number, event));
            }
        }
    }
    found.sort_by_key(|(at, name, number, _)| (*at, *name, *number));
    let start = match input.text("nextToken")? {
        Some(token) => {
            let bytes = STANDARD.decode(token).ok();
            let start = bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<usize>().ok());
            start.ok_or_else(|| invalid("The specified nextToken is invalid."))?
        }
        None => 0,
    };
    let shown = found.iter().skip(start).take(most).map(|(at, name, number, event)| {
        event.shown().with("logStreamName", *name).with("eventId", format!("{at:032}{number:024}"))
    });
    let next = Some(start + most).filter(|next| *next < found.len()).map(|next| STANDARD.encode(next.to_string()));
    Ok(tree! { "events": Tree::list(shown), "searchedLogStreams": Tree::List(vec![]), "nextToken": next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn patterns_are_words() {
        let check = |pattern: &str, message: &str| fits(&terms(pattern).unwrap(), message);
        assert!(check("", "a b") && check("b a", "a b") && check("\"a b\"", "a b") && check("?x ?a", "a b"));
        assert!(!check("\"b a\"", "a b") && !check("a -b", "a b") && !check("?x ?y", "a b"));
    }

    #[test]
    fn events_are_read_forwards_and_backwards() {
        let cloud = Cloud::new();
        let call = |operation: &str, input: Tree| cloud.call("logs", operation, input);
        call("CreateLogGroup", tree! { "logGroupName": "g" }).unwrap();
        let named = tree! { "logGroupName": "g", "logStreamName": "s" };
        call("CreateLogStream", named.clone()).unwrap();
        let now = cloud.0.clock().now().millis();
        let event = |at: i64, message: &str| tree! { "timestamp": at, "message": message };
        let wrong = vec![event(now + 1, "b"), event(now, "a")];
        assert_eq!(code(call("PutLogEvents", named.clone().with("logEvents", wrong))), "InvalidParameterException");
        let events = vec![event(now, "a"), event(now + 1, "b"), event(now + 2, "c")];
        call("PutLogEvents", named.clone().with("logEvents", events)).unwrap();
        let get = |more: &str, value: Tree| {
            let answer = call("GetLogEvents", named.clone().with("limit", 2).with(more, value)).unwrap();
            let texts = answer.list_at("events").iter().map(|event| event.need("message").unwrap().to_owned());
            (texts.collect::<String>(), answer.need("nextForwardToken").unwrap().to_owned())
        };
        let (first, token) = get("startFromHead", true.into());
        let (second, end) = get("nextToken", token.into());
        assert_eq!((first.as_str(), second.as_str()), ("ab", "c"));
        assert_eq!(get("nextToken", end.as_str().into()), (String::new(), end));
        assert_eq!(get("startFromHead", false.into()).0, "bc");
    }

    #[test]
    fn patterns_of_other_kinds_are_refused_where_nothing_is_searched() {
        let cloud = Cloud::new();
        cloud.call("logs", "CreateLogGroup", tree! { "logGroupName": "g" }).unwrap();
        let filter = |pattern: &str| {
            let input = tree! { "logGroupName": "g", "filterPattern": pattern };
            cloud.call("logs", "FilterLogEvents", input)
        };
        assert_eq!(filter("word").unwrap().list_at("events").len(), 0);
        assert_eq!(code(filter("{ $.level = 1 }")), "NotImplemented");
    }
}
