use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::schema::{Attribute, AttributeType, Block, Nesting};
use landfall_value::{AttributePath, Marks, Type, Value};

use super::{Focus, Look, compare_object, render};
use crate::views::Style;
use crate::views::testing::{block, nested, object, strings, unknown};

/// Checks the text of a change from `before` to `after`, both without line ends around.
#[track_caller]
fn check(schema: &Block, before: Value, after: Value, expected: &str) {
    check_replacing(schema, before, after, &[], expected);
}

#[track_caller]
fn check_replacing(schema: &Block, before: Value, after: Value, replace: &[AttributePath], expected: &str) {
    let tree = compare_object(Some(schema), Some(&before), Some(&after), &Focus::replacing(replace));
    let mut text = String::new();
    render(&mut text, &tree, 0, Look::of_change(Style::default()));
    assert_eq!(text.trim(), expected.trim(), "\n{text}");
}

/// Checks the text of a change of one attribute, the only one of its block.
#[track_caller]
fn check_attribute(r#type: Type, before: Value, after: Value, expected: &str) {
    let schema = block([("x", Attribute::plain(r#type))], []);
    check(
        &schema,
        object([("x", before)]),
        object([("x", after)]),
        &format!("{{\n{}\n    }}", expected.trim_matches('\n')),
    );
}

fn map(entries: &[(&str, &str)]) -> Value {
    let entries: BTreeMap<Arc<str>, Value> = entries.iter().map(|(k, v)| ((*k).into(), Value::from(*v))).collect();
    Value::map(Type::String, entries)
}

fn text() -> Attribute {
    Attribute::plain(Type::String)
}

fn group(name: &str, port: i64) -> Value {
    object([("name", name.into()), ("port", port.into())])
}

fn groups(elements: &[Value]) -> Value {
    Value::list(group("", 0).r#type(), elements.to_vec())
}

fn with_groups(nesting: Nesting) -> Block {
    let inner = block([("name", text()), ("port", Attribute::plain(Type::Number))], []);
    block([("id", text())], [("group", nested(nesting, inner))])
}

#[test]
fn keys_of_maps_are_quoted_and_those_of_objects_are_not() {
    let before = map(&[("a", "x"), ("bb", "y")]);
    let after = map(&[("bb", "z"), ("c", "x")]);
    check_attribute(
        Type::map(Type::String),
        before.clone(),
        after.clone(),
        r#"
      ~ x = {
          - "a"  = "x" -> null
          ~ "bb" = "y" -> "z"
          + "c"  = "x"
        }"#,
    );
    check_attribute(
        Type::Dynamic,
        before,
        after,
        r#"
      ~ x = {
          - a  = "x"
          ~ bb = "y" -> "z"
          + c  = "x"
        }"#,
    );
}

#[test]
fn lists_show_the_neighbours_of_what_changes() {
    check_attribute(
        Type::list(Type::String),
        strings(&["a", "b", "c", "d", "e", "f"]),
        strings(&["a", "b", "c", "x", "d", "e", "f"]),
        r#"
      ~ x = [
            # (2 unchanged elements hidden)
            "c",
          + "x",
            "d",
            # (2 unchanged elements hidden)
        ]"#,
    );
}

#[test]
fn sets_show_only_what_comes_and_goes() {
    let set = |members: &[&str]| Value::set(Type::String, members.iter().map(|text| Value::from(*text)).collect());
    check_attribute(
        Type::set(Type::String),
        set(&["a", "b", "c"]),
        set(&["b", "c", "d"]),
        r#"
      ~ x = [
          - "a",
          + "d",
            # (2 unchanged elements hidden)
        ]"#,
    );
}

#[test]
fn collections_that_go_as_a_whole_say_so_once() {
    let schema = block([("tags", Attribute::plain(Type::map(Type::String)))], []);
    let tree = object([("tags", map(&[("Name", "a")]))]);
    check(
        &schema,
        tree,
        object([("tags", Value::NULL)]),
        r#"
{
      - tags = {
          - "Name" = "a"
        } -> null
    }"#,
    );
}

#[test]
fn objects_of_a_type_leave_out_what_is_null() {
    let r#type = Type::object([("a", Type::String), ("b", Type::String), ("c", Type::String)]);
    let before = object([("a", "1".into()), ("b", Value::NULL), ("c", Value::NULL)]);
    let after = object([("a", "1".into()), ("b", "2".into()), ("c", Value::NULL)]);
    check_attribute(
        r#type,
        before,
        after,
        r#"
      ~ x = {
          + b = "2"
            # (1 unchanged attribute hidden)
        }"#,
    );
}

#[test]
fn blocks_in_lists_change_in_place_and_identity_stays() {
    check(
        &with_groups(Nesting::List),
        object([("id", "i".into()), ("group", groups(&[group("a", 1), group("b", 2)]))]),
        object([("id", "i".into()), ("group", groups(&[group("a", 1), group("b", 3), group("c", 4)]))]),
        r#"
{
        id = "i"

      ~ group {
            name = "b"
          ~ port = 2 -> 3
        }
      + group {
          + name = "c"
          + port = 4
        }

        # (1 unchanged block hidden)
    }"#,
    );
}

#[test]
fn blocks_in_sets_come_and_go() {
    let set = |members: Vec<Value>| Value::set(group("", 0).r#type(), members);
    check(
        &with_groups(Nesting::Set),
        object([("id", "i".into()), ("group", set(vec![group("a", 1)]))]),
        object([("id", "i".into()), ("group", set(vec![group("a", 2)]))]),
        r#"
{
        id = "i"

      - group {
          - name = "a" -> null
          - port = 1 -> null
        }
      + group {
          + name = "a"
          + port = 2
        }
    }"#,
    );
}

#[test]
fn blocks_say_what_forces_replacement() {
    check_replacing(
        &with_groups(Nesting::List),
        object([("id", "i".into()), ("group", groups(&[group("a", 1)]))]),
        object([("id", unknown()), ("group", groups(&[group("b", 1)]))]),
        &[AttributePath::root().attribute("group").index(0).attribute("name")],
        r#"
{
      ~ id = "i" -> (known after apply)

      ~ group {
          ~ name = "a" -> "b" # forces replacement
            # (1 unchanged attribute hidden)
        }
    }"#,
    );
    check_replacing(
        &with_groups(Nesting::List),
        object([("id", "i".into()), ("group", groups(&[]))]),
        object([("id", unknown()), ("group", groups(&[group("b", 1)]))]),
        &[AttributePath::root().attribute("group")],
        r#"
{
      ~ id = "i" -> (known after apply)

      + group { # forces replacement
          + name = "b"
          + port = 1
        }
    }"#,
    );
}

#[test]
fn blocks_may_be_known_after_apply_or_not_be_shown() {
    check(
        &with_groups(Nesting::List),
        Value::NULL,
        object([("id", unknown()), ("group", Value::unknown(Type::Dynamic))]),
        r#"
{
      + id = (known after apply)

      + group (known after apply)
    }"#,
    );
    check(
        &with_groups(Nesting::List),
        Value::NULL,
        object([("id", unknown()), ("group", groups(&[group("a", 1)]).with_marks(Marks::SENSITIVE))]),
        r#"
{
      + id = (known after apply)

      + group {
          # At least one attribute in this block is (or was) sensitive,
          # so its contents will not be displayed.
        }
    }"#,
    );
}

#[test]
fn nested_attributes_are_values_with_a_schema() {
    let inner = Arc::new(block([("size", text()), ("mount", text())], []));
    let disks = Attribute::new(AttributeType::Nested(Nesting::Map, inner));
    let schema = block([("disks", disks)], []);
    let disk = |size: &str| object([("size", size.into()), ("mount", "/a".into())]);
    let disks = |entries: Vec<(&str, Value)>| object([("disks", Value::object_of(entries))]);
    check(
        &schema,
        disks(vec![("a", disk("1")), ("long", disk("1"))]),
        disks(vec![("a", disk("2"))]),
        r#"
{
      ~ disks = {
          ~ "a" = {
              ~ size  = "1" -> "2"
                # (1 unchanged attribute hidden)
            },
          - "long" = {
              - mount = "/a" -> null
              - size  = "1" -> null
            },
        }
    }"#,
    );
}

#[test]
fn write_only_attributes_come_with_their_block() {
    let mut secret = text();
    secret.write_only = true;
    let schema = block([("id", text()), ("secret", secret)], []);
    let there = object([("id", "i".into()), ("secret", Value::NULL)]);
    check(
        &schema,
        Value::NULL,
        there.clone(),
        "{\n      + id     = \"i\"\n      + secret = (write-only attribute)\n    }",
    );
    check(&schema, there.clone(), there, "{\n        id     = \"i\"\n        # (1 unchanged attribute hidden)\n    }");
}

#[test]
fn policies_are_compared_as_documents() {
    check_attribute(
        Type::String,
        r#"{"Statement":[{"Action":"a","Effect":"Allow"}]}"#.into(),
        r#"{"Statement":[{"Action":"b","Effect":"Allow"}]}"#.into(),
        r#"
      ~ x = jsonencode(
          ~ {
              ~ Statement = [
                  ~ {
                      ~ Action = "a" -> "b"
                        # (1 unchanged attribute hidden)
                    },
                ]
            }
        )"#,
    );
}

#[test]
fn texts_over_lines_are_compared_by_line() {
    check_attribute(
        Type::String,
        "one\ntwo\nthree\n".into(),
        "one\n2\nthree\nfour\n".into(),
        r#"
      ~ x = <<-EOT
            one
          - two
          + 2
            three
          + four
        EOT"#,
    );
}

#[test]
fn texts_without_visible_form_are_escaped() {
    check_attribute(
        Type::String,
        "a\u{0}\t\"".into(),
        "e\u{301}\u{ad}\u{1f600}".into(),
        "      ~ x = \"a\\x00\\t\\\"\" -> \"\u{e9}\\u00ad\u{1f600}\"",
    );
}

#[test]
fn becoming_sensitive_is_told_before_the_value_disappears() {
    check_attribute(
        Type::String,
        "a".into(),
        Value::from("a").with_marks(Marks::SENSITIVE),
        r#"
      # Warning: this attribute value will be marked as sensitive and will not
      # display in UI output after applying this change. The value is unchanged.
      ~ x = (sensitive value)"#,
    );
}

#[test]
fn colours_are_around_signs_only() {
    let schema = block([("x", text())], []);
    let (before, after) = (object([("x", "a".into())]), object([("x", "b".into())]));
    let tree = compare_object(Some(&schema), Some(&before), Some(&after), &Focus::default());
    let mut text = String::new();
    render(&mut text, &tree, 0, Look::of_change(Style { colour: true, ..Style::default() }));
    let expected = "{\n      \u{1b}[33m~\u{1b}[0m x = \"a\" \u{1b}[33m->\u{1b}[0m \"b\"\n    }";
    assert_eq!(text, expected);
}
