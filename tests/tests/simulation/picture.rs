//! What exists in a cloud, without what no two runs have in common: ids, moments, histories.
//!
//! The oracle of the simulation: whatever happened on the way, the cloud must look as an undisturbed run leaves it. The
//! picture is drawn from the sandbox's own record of the world, which landfall never sees.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use landfall_sandbox::Sandbox;
use serde_json::{Map, Value};

/// What the record has beside what exists: what was answered to whom, what happened. A version of a launch template whose
/// answer was lost is made again: the first one stays, unused.
const RECORDS: [&str; 8] =
    ["tokens", "deletions", "sessions", "activities", "updates", "history", "launch_failures", "versions"];
/// Moments of an end: what has one is only remembered.
const ENDS: [&str; 3] = ["deletion", "deleted", "ended"];

/// The things of each kind: for each one, how much it holds of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture(BTreeMap<String, Vec<String>>);

impl Picture {
    /// Looks at a cloud.
    pub fn of(sandbox: &Sandbox) -> Self {
        let mut things = BTreeMap::<String, Vec<String>>::new();
        let record = record(sandbox);
        // Tags are kept apart from what they are on.
        let mut gone = BTreeSet::new();
        visit(&record, |_, id, thing| {
            if is_gone(thing) {
                gone.insert(id.to_owned());
            }
        });
        visit(&record, |collection, id, thing| {
            if !is_gone(thing) && !gone.contains(id) {
                things.entry(collection.to_owned()).or_default().push(contents(thing));
            }
        });
        things.values_mut().for_each(|things| things.sort());
        Self(things)
    }

    /// Returns what differs, a line each: `+` for what only `other` has.
    pub fn difference(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let kinds: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        for kind in kinds {
            let of = |picture: &Self| picture.0.get(kind).cloned().unwrap_or_default();
            let (mut mine, mut theirs) = (of(self), of(other));
            mine.retain(|thing| match theirs.iter().position(|other| other == thing) {
                Some(at) => {
                    theirs.remove(at);
                    false
                }
                None => true,
            });
            lines.extend(mine.iter().map(|thing| format!("- {kind}: {thing}")));
            lines.extend(theirs.iter().map(|thing| format!("+ {kind}: {thing}")));
        }
        lines
    }
}

/// What was in a cloud before we came, by collection and id.
pub struct Foreign(BTreeMap<(String, String), Value>);

impl Foreign {
    /// Takes what is there.
    pub fn of(sandbox: &Sandbox) -> Self {
        let mut things = BTreeMap::new();
        visit(&record(sandbox), |collection, id, thing| {
            things.insert((collection.to_owned(), id.to_owned()), thing.clone());
        });
        Self(things)
    }

    /// Returns whether a thing of this id was there.
    pub fn has(&self, id: &str) -> bool {
        self.0.keys().any(|(_, other)| other == id)
    }

    /// Returns what is not as it was.
    pub fn touched(&self, sandbox: &Sandbox) -> Vec<String> {
        let now = Self::of(sandbox);
        let touched = self.0.iter().filter(|(place, thing)| now.0.get(*place) != Some(*thing));
        touched.map(|((collection, id), _)| format!("{collection} {id}")).collect()
    }
}

/// Returns the sandbox's own record of the world.
fn record(sandbox: &Sandbox) -> Value {
    sandbox.look(|world| serde_json::to_value(world)).expect("in memory").expect("a world is JSON")
}

/// Passes on everything in a world: its collection, its id, and the thing.
fn visit(world: &Value, mut pass: impl FnMut(&str, &str, &Value)) {
    let mut store = |service: &str, store: &Value| {
        for (collection, things) in fields(store).filter(|(name, _)| !RECORDS.contains(name)) {
            let name = format!("{service} {collection}");
            fields(things).for_each(|(id, thing)| pass(&name, id, thing));
        }
    };
    for account in fields(&world["accounts"]).map(|(_, account)| account) {
        fields(account).filter(|(service, _)| *service != "regions").for_each(|(name, of)| store(name, of));
        for region in fields(&account["regions"]).map(|(_, region)| region) {
            fields(region).filter(|(service, _)| *service != "tokens").for_each(|(name, of)| store(name, of));
        }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(kind, things)| {
            writeln!(f, "{kind}: {}", things.len())?;
            things.iter().try_for_each(|thing| writeln!(f, "    {thing}"))
        })
    }
}

/// Returns how much a thing holds of what: `attached 3, tags 1`; its name, where it is people's.
fn contents(entry: &Value) -> String {
    let held = fields(entry).filter(|(name, _)| !RECORDS.contains(name));
    let counts = held.filter_map(|(name, value)| match value {
        Value::Object(map) => Some(format!("{name} {}", map.values().filter(|value| !is_gone(value)).count())),
        Value::Array(list) => Some(format!("{name} {}", list.len())),
        Value::String(text) if name == "name" && text.starts_with("landfall-") => Some(text.clone()),
        _ => None,
    });
    counts.collect::<Vec<_>>().join(", ")
}

fn is_gone(entry: &Value) -> bool {
    let is_ending = matches!(entry["doing"].as_str(), Some("Ending" | "Ended" | "ShuttingDown" | "Terminated"));
    is_ending || ENDS.iter().any(|end| entry.get(end).is_some_and(|moment| !moment.is_null()))
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}
