//! Agreement with what Terraform says of the same texts, as recorded in `../shared/conformance/parser.jsonl`.

use std::collections::BTreeSet;

use landfall_diag::{Diagnostics, SourceMap};

use super::tests::Builtin;
use super::validate;
use crate::config::load::tests::Files;
use crate::config::load::{InstalledModule, Manifest, load};

/// Loads and validates a case; returns errors as (summary, file, line), and those of Terraform.
fn findings(case: &serde_json::Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut files = Files::default();
    let mut manifest = Manifest::default();
    for (path, content) in case["files"].as_object().unwrap() {
        files.texts.insert(path.clone(), text(content));
        if let Some((directory, _)) = path.split_once('/').filter(|_| case["init"] == true) {
            let module =
                InstalledModule { source: format!("./{directory}"), version: None, directory: directory.to_owned() };
            manifest.modules.insert(directory.to_owned(), module);
        }
    }
    files.manifest = Some(manifest);
    let mut sources = SourceMap::default();
    let (config, mut found): (_, Diagnostics) = load(&files, &mut sources, ".");
    if !found.has_errors() {
        found.extend(validate(&config, &Builtin::new()));
    }
    let ours = found.iter().filter(|problem| problem.is_error()).map(|problem| match problem.subject {
        Some(span) => {
            let line = sources.position(span.source, span.start).line;
            format!("{} {}:{line}", problem.summary, sources.name(span.source))
        }
        None => problem.summary.clone(),
    });
    let theirs = case["errors"].as_array().unwrap().iter().map(|problem| match problem["file"].as_str() {
        Some(file) => format!("{} {file}:{}", text(&problem["summary"]), problem["start"]["line"]),
        None => text(&problem["summary"]),
    });
    (ours.collect(), theirs.collect())
}

#[test]
fn most_texts_are_judged_as_terraform_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/parser.jsonl");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: {path} is not there");
        return;
    };
    let (mut agree, mut all) = (0, 0);
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let (ours, theirs) = findings(&case);
        all += 1;
        if ours == theirs {
            agree += 1;
        } else {
            let missing: Vec<&String> = theirs.difference(&ours).collect();
            let extra: Vec<&String> = ours.difference(&theirs).collect();
            println!("{}: missing {missing:?}, extra {extra:?}", case["id"].as_str().unwrap());
        }
    }
    println!("{agree} of {all} agree");
    // What is left needs evaluation, which the engine's validation adds.
    assert!(agree * 100 >= all * 85, "{agree} of {all}");
}
