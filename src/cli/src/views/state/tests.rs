use landfall_state::{ObjectId, OutputState, State, Status};
use landfall_value::{AttributePath, Value};

use super::{render, render_object};
use crate::views::Style;
use crate::views::testing::{StubSchemas, data_object, object, put};

#[track_caller]
fn check(state: &State, expected: &str) {
    let text = render(state, &StubSchemas::new(), Style::default()).expect("a state that can be shown");
    assert_eq!(text.trim(), expected.trim(), "\n{text}");
}

#[test]
fn objects_are_shown_by_module_and_without_what_is_null() {
    let mut state = State::empty("l");
    put(&mut state, "module.m[0].terraform_data.x", None, data_object("3", "c"));
    put(&mut state, "terraform_data.b", None, data_object("2", "b"));
    put(&mut state, "terraform_data.a[\"k\"]", None, data_object("1", "one\\ntwo"));
    check(
        &state,
        r#"
# terraform_data.a["k"]:
resource "terraform_data" "a" {
    id    = "1"
    input = <<-EOT
        one
        two
    EOT
}

# terraform_data.b:
resource "terraform_data" "b" {
    id    = "2"
    input = "b"
}


# module.m[0].terraform_data.x:
resource "terraform_data" "x" {
    id    = "3"
    input = "c"
}
"#,
    );
}

#[test]
fn outputs_come_last_and_secrets_are_hidden() {
    let mut state = State::empty("l");
    let output = |value: Value, sensitive| Some(OutputState { value, sensitive });
    state.set_output("b".into(), output("secret".into(), true));
    state.set_output("a".into(), output(object([("x", 1.into())]), false));
    check(
        &state,
        r#"
Outputs:

a = {
    x = 1
}
b = (sensitive value)
"#,
    );
}

#[test]
fn tainted_deposed_and_sensitive_objects_say_so() {
    let mut tainted = data_object("1", "secret");
    tainted.status = Status::Tainted;
    tainted.sensitive_paths = vec![AttributePath::root().attribute("input")];
    let mut state = State::empty("l");
    put(&mut state, "terraform_data.a", None, tainted);
    put(&mut state, "terraform_data.a", Some("deadbeef"), data_object("0", "old"));
    check(
        &state,
        r#"
# terraform_data.a: (tainted)
resource "terraform_data" "a" {
    id    = "1"
    input = (sensitive value)
}

# terraform_data.a: (deposed object deadbeef)
resource "terraform_data" "a" {
    id    = "0"
    input = "old"
}
"#,
    );
}

#[test]
fn one_object_is_shown_alone() {
    let mut state = State::empty("l");
    put(&mut state, "terraform_data.a", None, data_object("1", "x"));
    let show = |address: &str| {
        let id = ObjectId::current(address.parse().expect("an address"));
        render_object(&state, &id, &StubSchemas::new(), Style::default()).expect("an object that can be shown")
    };
    let expected =
        "# terraform_data.a:\nresource \"terraform_data\" \"a\" {\n    id    = \"1\"\n    input = \"x\"\n}\n";
    assert_eq!(show("terraform_data.a").as_deref(), Some(expected));
    assert_eq!(show("terraform_data.b"), None);
}

#[test]
fn objects_of_unknown_types_are_shown_as_they_are() {
    let mut state = State::empty("l");
    put(&mut state, "terraform_data.a", None, data_object("1", "x"));
    let text = render(&state, &StubSchemas::default(), Style::default()).expect("a state that can be shown");
    assert!(text.contains("    id    = \"1\"\n"), "{text}");
}

#[test]
fn an_empty_state_says_so() {
    check(&State::empty("l"), "The state file is empty. No resources are represented.");
}
