//! Agreement with recorded behaviour of Terraform, in tables beside the workspace: `../shared/conformance`. Whole
//! configurations are run in one process. What is not met is listed, with the reason where that is known.

mod configs;
mod expressions;
mod parser;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_engine::{Context, Directories, Providers};
use landfall_lang::config::Config;
use landfall_provider::{Budgets, Cancellation, Runtime, VirtualClock};
use landfall_value::Number;
use serde_json::Value as Tree;

use landfall_testkit::Disk;

/// Returns the place of a table; none, said loudly, where the tables are not at hand.
fn table(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance").join(name);
    if !path.exists() {
        eprintln!("SKIPPED: there is no {}", path.display());
        return None;
    }
    Some(path)
}

/// Returns the cases of a table, one a line.
fn cases(name: &str) -> Option<Vec<Tree>> {
    let text = fs::read_to_string(table(name)?).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn text<'t>(case: &'t Tree, name: &str) -> &'t str {
    case[name].as_str().unwrap_or_default()
}

/// Fails unless every problem is one that is known.
#[track_caller]
fn all_met(count: usize, problems: Vec<(String, String)>, known: &[(&str, &str)]) {
    let mut unknown = Vec::new();
    for (id, problem) in &problems {
        match known.iter().find(|(other, _)| other == id) {
            Some((_, reason)) => eprintln!("{id} is not met: {reason}"),
            None => unknown.push(format!("{id}: {problem}")),
        }
    }
    eprintln!("{} of {count} are met", count - problems.len());
    assert!(unknown.is_empty(), "{} of {count} are not met:\n{}", unknown.len(), unknown.join("\n"));
}

fn in_context<T>(config: &Config, host: &Disk, run: impl FnOnce(Context<'_>) -> T) -> T {
    let providers: Providers = landfall_builtin::providers().into_iter().collect();
    let runtime = Runtime::new(Arc::new(VirtualClock::new()), Arc::new(Budgets::new()));
    let (stop, abandon) = (Cancellation::new(), Cancellation::new());
    let current = host.current();
    run(Context {
        config,
        providers: &providers,
        runtime: &runtime,
        host,
        directories: &Directories { current: current.into(), ..Directories::default() },
        events: &|_| {},
        stop: &stop,
        abandon: &abandon,
    })
}

/// Compares trees; numbers by value, entries of objects in any order. On a difference, says where.
fn same(what: &str, wanted: &Tree, got: &Tree) -> Result<(), String> {
    // What is empty may be left out.
    let is_empty = got.as_array().is_some_and(Vec::is_empty) || got.as_object().is_some_and(serde_json::Map::is_empty);
    if equal(wanted, got) || (wanted.is_null() && is_empty) {
        Ok(())
    } else {
        Err(format!("{what}:\n  want {wanted}\n  got  {got}"))
    }
}

fn equal(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Number(a), Tree::Number(b)) => Number::parse(&a.to_string()) == Number::parse(&b.to_string()),
        (Tree::Array(a), Tree::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Tree::Object(a), Tree::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// Returns a summary in which the members of a cycle, that may be named in any order, are sorted.
fn sorted_cycle(summary: &str) -> String {
    let Some(members) = summary.strip_prefix("Cycle: ") else { return summary.to_owned() };
    let mut members: Vec<&str> = members.split(", ").collect();
    members.sort_unstable();
    format!("Cycle: {}", members.join(", "))
}
