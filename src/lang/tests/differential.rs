//! Our parser beside another one (hcl-edit): what both take has the same arguments and blocks.

use std::fs;
use std::path::{Path, PathBuf};

use hcl_edit::structure::{Body as OtherBody, Structure};
use landfall_diag::{Diagnostics, SourceMap};
use landfall_lang::{Body, syntax};
use serde_json::Value as Json;

/// Returns the outline of a body: names of arguments, and types, labels and outlines of blocks.
fn outline(body: &Body) -> String {
    let mut names: Vec<String> = body.attributes.keys().map(|name| format!("{name}=")).collect();
    names.extend(body.blocks.iter().map(|block| {
        let labels: Vec<&str> = block.labels.iter().map(|label| &**label).collect();
        format!("{} {labels:?} {{{}}}", block.r#type, outline(&block.body))
    }));
    names.join(" ")
}

fn other_outline(body: &OtherBody) -> String {
    let mut names: Vec<String> = body.attributes().map(|attribute| format!("{}=", attribute.key.as_str())).collect();
    names.extend(body.iter().filter_map(Structure::as_block).map(|block| {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        format!("{} {labels:?} {{{}}}", block.ident.as_str(), other_outline(&block.body))
    }));
    names.join(" ")
}

/// Compares one text; returns whether both took it.
#[track_caller]
fn check(name: &str, text: &str) -> bool {
    let mut sources = SourceMap::default();
    let source = sources.add(name, text);
    let mut diagnostics = Diagnostics::new();
    let body = syntax::parse_body(&sources, source, &mut diagnostics);
    match hcl_edit::parser::parse_body(text) {
        Ok(other) if diagnostics.is_empty() => {
            assert_eq!(outline(&body), other_outline(&other), "{name}:\n{text}");
            true
        }
        _ => false,
    }
}

fn configurations(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            configurations(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            found.push(path);
        }
    }
}

#[test]
fn both_parsers_see_the_same_arguments_and_blocks() {
    let mut both = 0;
    for text in ["a = 1\n", "a \"b\" c {\n  d = <<-E\n    x ${y}\n  E\n  e { f = [for g in h : g] }\n}\n"] {
        both += usize::from(check("text", text));
    }
    assert_eq!(both, 2);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for directory in ["examples", "modules", "../shared/conformance/module"] {
        configurations(&root.join(directory), &mut files);
    }
    for file in &files {
        let text = fs::read_to_string(file).expect("a readable file");
        assert!(check(&file.to_string_lossy(), &text), "{} is refused", file.display());
    }
}

#[test]
fn texts_of_the_parser_table_look_the_same_to_both() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/parser.jsonl");
    let Ok(lines) = fs::read_to_string(&table) else {
        eprintln!("SKIPPED: {} is not there", table.display());
        return;
    };
    let mut both = 0;
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).expect("a case");
        for (name, text) in case["files"].as_object().into_iter().flatten() {
            if name.ends_with(".tf") {
                both += usize::from(check(name, text.as_str().unwrap_or_default()));
            }
        }
    }
    assert!(both > 250, "only {both} texts are taken by both");
}
