//! Log streams.

use serde::{Deserialize, Serialize};

use super::event::{self, Event};
use super::{group, invalid, listed, millis, nothing};
use crate::families::constraints::{Text, one_of};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "logs",
    operations: &[
        write("CreateLogStream", &["logGroupName", "logStreamName"], create),
        read(
            "DescribeLogStreams",
            &[
                "logGroupName",
                "logGroupIdentifier",
                "logStreamNamePrefix",
                "orderBy",
                "descending",
                "limit",
                "nextToken",
            ],
            describe,
        ),
        write("DeleteLogStream", &["logGroupName", "logStreamName"], delete),
    ],
    events: &[],
};

const NAME: Text = Text { least: 1, most: 512, pattern: "[^:*]*", accepts: |text| !text.contains([':', '*']) };

/// A log stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stream {
    /// When it was made.
    pub created: Timestamp,
    /// What was written to it, by time.
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

impl Stream {
    /// Returns the time of the last event, in milliseconds since 1970.
    fn last_event(&self) -> Option<i64> {
        self.events.last().map(|event| event.at)
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = NAME.need(input, "logStreamName")?;
    let now = scope.now;
    let streams = &mut scope.logs_mut().group_mut(input)?.streams;
    if streams.contains_key(name) {
        return Err(Fault::new("ResourceAlreadyExistsException", "The specified log stream already exists"));
    }
    streams.insert(name.to_owned(), Stream { created: now, events: Vec::new() });
    Ok(nothing())
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let prefix = NAME.optional(input, "logStreamNamePrefix")?;
    let order = one_of(input, "orderBy", &["LogStreamName", "LastEventTime"])?;
    if prefix.is_some() && order == Some("LastEventTime") {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let (group, found) = event::group(scope, input)?;
    let arn = group::arn(scope, group);
    let wanted = found.streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
    let mut streams: Vec<(&String, &Stream)> = wanted.collect();
    if order == Some("LastEventTime") {
        streams.sort_by_key(|(_, stream)| stream.last_event());
    }
    if input.bool("descending")? == Some(true) {
        streams.reverse();
    }
    let rows = streams.into_iter().map(|(name, stream)| {
        tree! {
            "logStreamName": name,
            "creationTime": millis(stream.created),
            "arn": format!("{arn}:log-stream:{name}"),
            "firstEventTimestamp": stream.events.first().map(|event| event.at),
            "lastEventTimestamp": stream.last_event(),
            "lastIngestionTime": stream.events.iter().map(|event| event.taken).max(),
            "uploadSequenceToken": event::SEQUENCE,
            "storedBytes": 0,
        }
    });
    listed(input, "logStreams", rows)
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = NAME.need(input, "logStreamName")?;
    let gone = scope.logs_mut().group_mut(input)?.streams.remove(name);
    gone.map(|_| nothing()).ok_or_else(event::absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn streams_are_made_listed_and_deleted() {
        let cloud = Cloud::new();
        let named = |name: &str| tree! { "logGroupName": "g", "logStreamName": name };
        assert_eq!(code(cloud.call("logs", "CreateLogStream", named("a"))), "ResourceNotFoundException");
        cloud.call("logs", "CreateLogGroup", tree! { "logGroupName": "g" }).unwrap();
        for name in ["a", "b"] {
            cloud.call("logs", "CreateLogStream", named(name)).unwrap();
        }
        assert_eq!(code(cloud.call("logs", "CreateLogStream", named("a"))), "ResourceAlreadyExistsException");
        assert_eq!(code(cloud.call("logs", "CreateLogStream", named("a:b"))), "InvalidParameterException");
        let list = tree! { "logGroupName": "g", "descending": true };
        let streams = cloud.call("logs", "DescribeLogStreams", list).unwrap();
        assert_eq!(streams.list_at("logStreams")[0].need("logStreamName"), Ok("b"));
        cloud.call("logs", "DeleteLogStream", named("a")).unwrap();
        assert_eq!(code(cloud.call("logs", "DeleteLogStream", named("a"))), "ResourceNotFoundException");
    }

    #[test]
    fn streams_are_ordered_by_their_last_event() {
        let cloud = Cloud::new();
        let call = |operation: &str, input: Tree| cloud.call("logs", operation, input).unwrap();
        call("CreateLogGroup", tree! { "logGroupName": "g" });
        let now = cloud.0.clock().now().millis();
        for (name, at) in [("a", Some(now)), ("b", Some(now - 1)), ("c", None)] {
            let named = tree! { "logGroupName": "g", "logStreamName": name };
            call("CreateLogStream", named.clone());
            if let Some(at) = at {
                let events = vec![tree! { "timestamp": at, "message": "m" }];
                call("PutLogEvents", named.with("logEvents", events));
            }
        }
        let names = |order: &str, is_descending: bool| {
            let list = tree! { "logGroupName": "g", "orderBy": order, "descending": is_descending };
            let streams = call("DescribeLogStreams", list);
            let names =
                streams.list_at("logStreams").iter().map(|stream| stream.need("logStreamName").unwrap().to_owned());
            names.collect::<String>()
        };
        assert_eq!((names("LogStreamName", false), names("LogStreamName", true)), ("abc".to_owned(), "cba".to_owned()));
        assert_eq!((names("LastEventTime", false), names("LastEventTime", true)), ("cba".to_owned(), "abc".to_owned()));
    }
}
