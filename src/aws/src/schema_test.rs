//! Our schemas against facts on the AWS provider's: `shared/schema` beside the workspace, one JSON file a type.

mod attribute;
mod exceptions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use landfall_provider::value::Type;
use landfall_provider::value::schema::{Attribute, Block, Check, NestedBlock, Nesting, Rule, Schema};
use landfall_provider::{Span, Timing, parse_duration};
use serde_json::Value as Json;

use crate::registry;
use exceptions::EXCEPTIONS;

/// One thing that differs: where, and how.
type Difference = (String, String);

#[test]
fn schemas_are_those_of_the_aws_provider() {
    let Some(facts) = facts_folder() else {
        eprintln!("skipped: there is no ../shared/schema beside the workspace");
        return;
    };
    let mut found: BTreeMap<String, Vec<Difference>> = BTreeMap::new();
    for name in registry::resource_types() {
        let resource = registry::resource(name).unwrap();
        let Some(expected) = read(&facts, "resources", name) else { panic!("no facts on {name}") };
        let mut differences = compare_schema(resource.schema(), &expected);
        compare_timeouts(&resource.timing(), &expected, &mut differences);
        found.insert(name.to_owned(), differences);
    }
    for name in registry::data_source_types() {
        let source = registry::data_source(name).unwrap();
        let Some(expected) = read(&facts, "data", name) else { panic!("no facts on data source {name}") };
        found.insert(format!("data.{name}"), compare_schema(source.schema(), &expected));
    }
    let report = report(found);
    assert!(report.is_empty(), "{} differences:\n{}", report.len(), report.join("\n"));
}

#[test]
fn differences_of_every_kind_are_found() {
    let mut block = Block::default();
    let mut name = Attribute::plain(Type::String);
    (name.optional, name.replace) = (true, true);
    name.checks.push(Check::OneOf(vec!["a".into(), "b".into()]));
    block.attributes.insert("name".into(), name);
    block.attributes.insert("extra".into(), Attribute::plain(Type::Bool));
    let expected = serde_json::json!({
        "schema_version": 1,
        "attributes": {
            "name": {"type": "list(string)", "required": true, "default": 1, "validate": {"enum": ["a"], "max_len": 3}},
            "missing": {"type": "string"},
        },
        "blocks": {"nested": {"nesting": "list", "attributes": {}}},
    });
    let differences = compare_schema(&Schema { version: 0, block }, &expected);
    let lines: Vec<String> = differences.iter().map(|(path, what)| format!("{path}: {what}")).collect();
    assert_eq!(
        lines,
        [
            "schema_version: 0 instead of 1",
            "extra: the provider has no such attribute",
            "name: type string instead of list(string)",
            "name: required false",
            "name: optional true",
            "name: replace true",
            "name: default null instead of 1",
            "name: one_of lacks [] and has [\"b\"] too many",
            "name: max_len None instead of Some(3)",
            "missing: is missing",
            "nested: the block is missing",
        ]
    );
}

fn facts_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/schema/aws");
    folder.exists().then_some(folder)
}

fn read(facts: &std::path::Path, kind: &str, name: &str) -> Option<Json> {
    let text = std::fs::read_to_string(facts.join(kind).join(format!("{name}.json"))).ok()?;
    serde_json::from_str(&text).ok()
}

/// Returns what is not excepted, and exceptions that except nothing.
fn report(found: BTreeMap<String, Vec<Difference>>) -> Vec<String> {
    let mut used = BTreeSet::new();
    let mut lines = Vec::new();
    for (name, differences) in &found {
        for (path, what) in differences {
            let exception = EXCEPTIONS.iter().position(|(excepted, at, _)| excepted == name && at == path);
            match exception {
                Some(index) => drop(used.insert(index)),
                None => lines.push(format!("{name}: {path}: {what}")),
            }
        }
    }
    let idle = EXCEPTIONS.iter().enumerate().filter(|(index, _)| !used.contains(index));
    lines.extend(idle.map(|(_, (name, path, _))| format!("{name}: {path}: the exception is not needed")));
    lines
}

fn compare_schema(ours: &Schema, expected: &Json) -> Vec<Difference> {
    let mut differences = Vec::new();
    let version = expected["schema_version"].as_u64().unwrap_or(0);
    if ours.version != version {
        differences.push(("schema_version".to_owned(), format!("{} instead of {version}", ours.version)));
    }
    compare_block("", &ours.block, expected, &expected["later_additions"], &mut differences);
    compare_rules(&ours.block, expected, &mut differences);
    differences
}

fn compare_block(path: &str, ours: &Block, expected: &Json, later: &Json, differences: &mut Vec<Difference>) {
    let mut say = |name: &str, what: String| differences.push((join(path, name), what));
    for name in ours.attributes.keys().filter(|name| !is_known(name, expected, later)) {
        say(name, "the provider has no such attribute".to_owned());
    }
    for name in ours.blocks.keys().filter(|name| !is_known(name, expected, later) && &***name != "timeouts") {
        say(name, "the provider has no such block".to_owned());
    }
    for (name, facts) in members(&expected["attributes"]) {
        match (ours.attributes.get(name.as_str()), ours.blocks.get(name.as_str())) {
            (Some(attribute), _) => attribute::compare(attribute, facts, &mut |what| say(name, what)),
            (None, Some(_)) => say(name, "is an attribute, not a block".to_owned()),
            (None, None) => say(name, "is missing".to_owned()),
        }
    }
    for (name, facts) in members(&expected["blocks"]) {
        match ours.blocks.get(name.as_str()) {
            Some(nested) => {
                compare_nesting(nested, facts, &mut |what| differences.push((join(path, name), what)));
                let later = &later["blocks"][name.as_str()];
                let mut inner = Vec::new();
                compare_block(&join(path, name), &nested.block, facts, later, &mut inner);
                // A change in a block that replaces the object replaces it, whatever its parts say.
                inner.retain(|(_, what)| !nested.replace || what != "replace false");
                differences.extend(inner);
            }
            None => differences.push((join(path, name), "the block is missing".to_owned())),
        }
    }
}

fn is_known(name: &str, expected: &Json, later: &Json) -> bool {
    let kinds = ["attributes", "blocks"];
    kinds.iter().any(|kind| !expected[*kind][name].is_null() || !later[*kind][name].is_null())
}

fn compare_nesting(ours: &NestedBlock, facts: &Json, say: &mut dyn FnMut(String)) {
    let nesting = match ours.nesting {
        Nesting::Single => "single",
        Nesting::List => "list",
        Nesting::Set => "set",
        Nesting::Map => "map",
    };
    let least = facts["min_items"].as_u64().unwrap_or(0).max(u64::from(facts["required"] == true));
    let most = facts["max_items"].as_u64().unwrap_or(0);
    if facts["nesting"] != nesting {
        say(format!("nested as {nesting} instead of {}", facts["nesting"]));
    }
    if ours.min_items != least {
        say(format!("at least {} instead of {least}", ours.min_items));
    }
    if nesting != "single" && ours.max_items != most {
        say(format!("at most {} instead of {most}", ours.max_items));
    }
    if ours.computed != (facts["computed"] == true) {
        say(format!("computed {}", ours.computed));
    }
    if (facts["force_new"].is_null() || facts["force_new"] == true) && ours.replace != (facts["force_new"] == true) {
        say(format!("replace {}", ours.replace));
    }
}

/// Conflicts between arguments of the outermost block.
fn compare_rules(ours: &Block, expected: &Json, differences: &mut Vec<Difference>) {
    let has = |one: &str, other: &str| {
        ours.rules.iter().any(|rule| match rule {
            Rule::Conflicts(names) | Rule::ExactlyOne(names) => {
                names.iter().any(|name| &**name == one) && names.iter().any(|name| &**name == other)
            }
            Rule::AtLeastOne(_) | Rule::Requires(..) => false,
        })
    };
    for kind in ["attributes", "blocks"] {
        for (name, facts) in members(&expected[kind]) {
            let others = ["conflicts_with", "exactly_one_of"].iter().flat_map(|rule| facts[*rule].as_array()).flatten();
            for other in others.filter_map(Json::as_str).filter(|other| other != name && !other.contains('.')) {
                if !has(name, other) {
                    differences.push((name.clone(), format!("does not conflict with {other}")));
                }
            }
        }
    }
}

fn compare_timeouts(ours: &Timing, expected: &Json, differences: &mut Vec<Difference>) {
    let operations: [(&str, Span); 3] = [("create", ours.create), ("update", ours.update), ("delete", ours.delete)];
    for (name, span) in operations {
        let wanted = expected["timeouts"][name].as_str();
        let has = span.deadline.filter(|_| ours.timeouts_block);
        let same =
            has.and_then(parse_duration) == wanted.and_then(parse_duration) || expected["timeouts_block"] == true;
        if !same {
            differences.push((format!("timeouts.{name}"), format!("{has:?} instead of {wanted:?}")));
        }
    }
}

fn members(object: &Json) -> impl Iterator<Item = (&String, &Json)> {
    object.as_object().into_iter().flatten()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
