//! What parses, and what is said of what does not.

use landfall_diag::{Diagnostics, SourceMap};

use super::*;

fn parse_text(text: &str) -> (Body, SourceMap, Diagnostics) {
    let mut sources = SourceMap::default();
    let source = sources.add("main.tf", text);
    let mut diagnostics = Diagnostics::new();
    let body = parse_body(&sources, source, &mut diagnostics);
    (body, sources, diagnostics)
}

#[track_caller]
fn check_errors(text: &str, expected: &[&str]) {
    let (_, sources, diagnostics) = parse_text(text);
    let found: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| {
            let span = diagnostic.subject.expect("a location");
            let start = sources.position(span.source, span.start);
            format!("{}:{} {}", start.line, start.column, diagnostic.summary)
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn text_that_public_modules_contain_parses() {
    for text in [
        "a = {\n  for k, v in\n    b : k\n  => v\n  if true\n}\n",
        "a = { x = 1, x = 2 }\n",
        "a = <<EOT\nEOTX\nEOT\n",
        "\u{feff}a = 1\n",
    ] {
        check_errors(text, &[]);
    }
}

#[test]
fn long_chains_and_deep_nesting_parse() {
    check_errors(&format!("a = 1{}\n", " + 1".repeat(5_000)), &[]);
    check_errors(&format!("a = {}1{}\n", "[".repeat(1_000), "]".repeat(1_000)), &[]);
    let (_, _, diagnostics) = parse_text(&format!("a = {}1{}\n", "[".repeat(10_000), "]".repeat(10_000)));
    assert_eq!(diagnostics.iter().map(|d| d.summary.as_str()).collect::<Vec<_>>(), ["Nesting too deep"]);
}

#[test]
fn several_errors_of_a_file_are_reported() {
    check_errors("a = )\nb = 1 2\nc {\n", &["1:5 Invalid expression"]);
    check_errors(
        "locals {\n  a = << EOT\nx\nEOT\n}\n",
        &[
            "2:7 Invalid expression",
            "3:1 Argument or block definition required",
            "4:1 Argument or block definition required",
        ],
    );
    check_errors("locals {\n  a = 'x'\n}\n", &["2:7 Invalid character", "2:7 Invalid expression"]);
}

#[test]
fn iterator_of_a_dynamic_block_is_not_a_reference() {
    let (body, _, diagnostics) =
        parse_text("dynamic \"rule\" {\n  for_each = var.rules\n  content {\n    a = rule.value\n  }\n}\n");
    assert!(diagnostics.is_empty());
    let content = &body.blocks[0].body.blocks[0];
    let expr = &content.body.attributes["a"].expr;
    assert!(expr.references().is_empty());
    assert_eq!(expr.outer_names().iter().map(|name| &**name).collect::<Vec<_>>(), ["rule"]);
}

#[test]
fn references_hold_key_and_attributes() {
    let (body, _, _) = parse_text("a = [for x in aws_vpc.a[0].tags.b : x.c + module.m[\"k\"].out]\n");
    let references = body.attributes["a"].expr.references();
    assert_eq!(references.len(), 2);
    assert_eq!(references[0].key, Some(landfall_addr::InstanceKey::Index(0)));
    assert_eq!(references[0].attributes.iter().map(|name| &**name).collect::<Vec<_>>(), ["tags", "b"]);
    assert_eq!(references[1].key, Some(landfall_addr::InstanceKey::name("k")));
}
