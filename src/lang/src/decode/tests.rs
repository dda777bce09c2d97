use landfall_diag::{Diagnostics, SourceMap};
use landfall_value::schema::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use landfall_value::{AttributePath, Type, Value};

use super::{body_references, decode_body, locate};
use crate::syntax::parse_body;
use crate::validate::tests::Names;
use crate::{Body, validate_body};

fn optional(r#type: Type) -> Attribute {
    let mut attribute = Attribute::plain(r#type);
    attribute.optional = true;
    attribute
}

fn nested(nesting: Nesting, block: Block) -> NestedBlock {
    NestedBlock { nesting, min_items: 0, max_items: 0, computed: false, replace: false, block }
}

/// `name`, `size`, `route` (also as blocks); blocks `rule` (list; with `port` and blocks `peer`, a set with `cidr`),
/// `option` (single).
fn schema() -> Block {
    let mut peer = Block::default();
    peer.attributes.insert("cidr".into(), optional(Type::String));
    let mut rule = Block::default();
    rule.attributes.insert("port".into(), optional(Type::Number));
    rule.blocks.insert("peer".into(), nested(Nesting::Set, peer));
    let mut option = Block::default();
    option.attributes.insert("on".into(), optional(Type::Bool));
    let mut schema = Block::default();
    schema.attributes.insert("name".into(), optional(Type::String));
    schema.attributes.insert("size".into(), optional(Type::Number));
    let mut routes = optional(Type::list(Type::object([("to", Type::String), ("via", Type::String)])));
    routes.as_block = true;
    schema.attributes.insert("route".into(), routes);
    schema.blocks.insert("rule".into(), nested(Nesting::List, rule));
    schema.blocks.insert("option".into(), nested(Nesting::Single, option));
    schema
}

fn parse(text: &str) -> (SourceMap, Body) {
    let mut sources = SourceMap::default();
    let source = sources.add("main.tf", text);
    let mut diagnostics = Diagnostics::new();
    let body = parse_body(&sources, source, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    (sources, body)
}

/// Decodes a body, and renders one attribute of the value or the first finding.
#[track_caller]
fn check(text: &str, name: &str, expected: &str) {
    let (_, body) = parse(text);
    let mut diagnostics = validate_body(&body, &schema());
    let value = decode_body(&body, &schema(), &Names, &mut diagnostics);
    let found = match diagnostics.iter().next() {
        Some(problem) => format!("{}: {}", problem.summary, problem.detail),
        None => {
            assert!(value.is_of_type(&schema().value_type()), "{value:?}");
            format!("{:?}", value.get(name).unwrap())
        }
    };
    assert_eq!(found, expected);
}

#[test]
fn arguments_are_converted_and_null_where_not_given() {
    check("name = 5", "name", r#""5""#);
    check("size = \"7\"", "size", "7");
    check("size = 1", "name", "null");
    let wrong = "Incorrect attribute value type: Inappropriate value for attribute \"size\": a number is required.";
    check("size = \"x\"", "size", wrong);
}

#[test]
fn nested_blocks_become_lists_sets_and_objects() {
    let two = r#"[{"peer": {}, "port": 1}, {"peer": {}, "port": 2}]"#;
    check("rule {\n port = 1\n}\nrule {\n port = 2\n}", "rule", two);
    check("option {\n on = true\n}", "option", r#"{"on": true}"#);
    check("", "option", "null");
    check("", "rule", "[]");
}

#[test]
fn dynamic_blocks_expand_at_any_depth() {
    let text = "dynamic \"rule\" {\n for_each = [80, 443]\n content {\n port = rule.value\n dynamic \"peer\" {\n \
                for_each = [\"a\"]\n iterator = who\n content {\n cidr = \"${who.value}${rule.key}\"\n}\n}\n}\n}";
    let expected = r#"[{"peer": {{"cidr": "a0"}}, "port": 80}, {"peer": {{"cidr": "a1"}}, "port": 443}]"#;
    check(text, "rule", expected);
}

#[test]
fn dynamic_block_over_unknown_collection_is_unknown() {
    let (_, body) = parse("rule {\n}\ndynamic \"rule\" {\n for_each = var.unknown\n content {\n}\n}");
    let mut diagnostics = Diagnostics::new();
    let value = decode_body(&body, &schema(), &Names, &mut diagnostics);
    assert!(!value.get("rule").unwrap().is_known());
    assert!(diagnostics.is_empty());
}

#[test]
fn attributes_may_be_written_as_blocks() {
    let expected = r#"[{"to": "a", "via": null}]"#;
    check("route {\n to = \"a\"\n}", "route", expected);
    check("route = [{ to = \"a\", via = null }]", "route", expected);
    check("dynamic \"route\" {\n for_each = [\"a\"]\n content {\n to = route.value\n}\n}", "route", expected);
    check("", "route", "null");
}

#[test]
fn wrong_blocks_and_arguments_are_reported() {
    let hint = "Unsupported argument: An argument named \"nmae\" is not expected here. Did you mean \"name\"?";
    check("nmae = 1", "name", hint);
    let detail = "Blocks of type \"ruler\" are not expected here. Did you mean \"rule\"?";
    check("ruler {\n}", "name", &format!("Unsupported block type: {detail}"));
    check("option {\n}\noption {\n}", "name", "Duplicate option block: Only one block of type \"option\" is allowed.");
    let detail = "An argument named \"prot\" is not expected here. Did you mean \"port\"?";
    check(
        "dynamic \"rule\" {\n for_each = []\n content {\n prot = 1\n}\n}",
        "name",
        &format!("Unsupported argument: {detail}"),
    );
}

#[test]
fn references_leave_iterators_out() {
    let text =
        "name = local.a\ndynamic \"rule\" {\n for_each = local.b\n content {\n port = rule.value + local.c\n}\n}";
    let (_, body) = parse(text);
    let names: Vec<String> =
        body_references(&body).iter().map(|reference| format!("{:?}", reference.referent)).collect();
    assert_eq!(names, ["Local(\"a\")", "Local(\"b\")", "Local(\"c\")"]);
}

#[test]
fn paths_lead_back_to_the_text() {
    let text = "name = \"x\"\nroute = [{ to = \"a\" }]\nrule {\n port = 1\n}\nrule {\n port = 2\n}\n";
    let (sources, body) = parse(text);
    let root = AttributePath::root();
    let slice = |path: AttributePath| sources.slice(locate(&body, &path).unwrap()).to_owned();
    assert_eq!(slice(root.attribute("name")), "\"x\"");
    assert_eq!(slice(root.attribute("route").index(0).attribute("to")), "\"a\"");
    assert_eq!(slice(root.attribute("rule").index(1).attribute("port")), "2");
    assert_eq!(slice(root.attribute("rule").index(1)), "rule");
}

#[test]
fn objects_of_nested_attributes_may_lack_what_is_optional() {
    let mut inner = Block::default();
    inner.attributes.insert("a".into(), optional(Type::String));
    let mut outer = Block::default();
    let mut attribute = Attribute::new(AttributeType::Nested(Nesting::Single, inner.into()));
    attribute.optional = true;
    outer.attributes.insert("n".into(), attribute);
    let (_, body) = parse("n = {}");
    let mut diagnostics = Diagnostics::new();
    let value = decode_body(&body, &outer, &Names, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(value.get("n").unwrap().get("a"), Some(&Value::null(Type::String)));
}
