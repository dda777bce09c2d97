//! Replacements.

use landfall_engine::PlanOptions;

use crate::world::{World, address, errors, shown};

const PAIR: &str = r#"
resource "test_thing" "a" {
  name = "NAME"
  LIFECYCLE
}
resource "test_thing" "b" {
  name = "b"
  note = test_thing.a.id
}
"#;

fn pair(name: &str, lifecycle: &str) -> String {
    PAIR.replace("NAME", name).replace("LIFECYCLE", lifecycle)
}

#[test]
fn destroys_before_creating_by_default() {
    let mut world = World::new(&pair("a", ""));
    world.apply().root(&pair("a2", ""));
    let plan = world.plan();
    assert_eq!(shown(&plan), ["DeleteThenCreate test_thing.a replace_because_cannot_update", "Update test_thing.b"]);
    assert_eq!(plan.changes[0].replace_paths.len(), 1);
    world.apply_plan(&plan);
    assert_eq!(
        world.cloud.changes(),
        ["delete test_thing test_thing-1", "create test_thing a2", "update test_thing test_thing-2"]
    );
}

#[test]
fn creates_before_destroying_when_asked_to() {
    let lifecycle = "lifecycle { create_before_destroy = true }";
    let mut world = World::new(&pair("a", lifecycle));
    world.apply().root(&pair("a2", lifecycle));
    let plan = world.plan();
    world.apply_plan(&plan);
    assert_eq!(
        world.cloud.changes(),
        ["create test_thing a2", "update test_thing test_thing-2", "delete test_thing test_thing-1"]
    );
    assert_eq!(world.objects(), ["test_thing.a", "test_thing.b"]);
}

#[test]
fn create_before_destroy_spreads_to_dependencies() {
    let text = |name: &str| {
        format!(
            r#"
            resource "test_thing" "a" {{ name = "a-{name}" }}
            resource "test_thing" "b" {{
              name  = "b-{name}"
              group = test_thing.a.id
              lifecycle {{ create_before_destroy = true }}
            }}
            "#
        )
    };
    let mut world = World::new(&text("1"));
    world.apply().root(&text("2"));
    let plan = world.plan();
    assert_eq!(
        shown(&plan),
        [
            "CreateThenDelete test_thing.a replace_because_cannot_update",
            "CreateThenDelete test_thing.b replace_because_cannot_update",
        ]
    );
    world.apply_plan(&plan);
    assert_eq!(
        world.cloud.changes(),
        [
            "create test_thing a-2",
            "create test_thing b-2",
            "delete test_thing test_thing-2",
            "delete test_thing test_thing-1",
        ]
    );
}

#[test]
fn deposed_objects_go_with_the_next_plan() {
    let lifecycle = "lifecycle { create_before_destroy = true }";
    let mut world = World::new(&pair("a", lifecycle));
    world.apply().root(&pair("a2", lifecycle));
    let denied = landfall_provider::CallError::local("AccessDenied", "no");
    world.cloud.fail(landfall_testkit::Call::Delete, "test_thing", 1, denied);
    let applied = world.try_apply(PlanOptions::default());
    assert_eq!(errors(&applied.diagnostics), ["Destroying an object failed"]);
    assert_eq!(world.objects(), ["test_thing.a", "test_thing.a (deposed)", "test_thing.b"]);
    assert_eq!(shown(&world.plan()), ["Delete test_thing.a (deposed)"]);
    world.apply();
    assert_eq!(world.objects(), ["test_thing.a", "test_thing.b"]);
    assert_eq!(world.cloud.ids().len(), 2);
}

#[test]
fn a_failed_creation_puts_the_deposed_object_back() {
    let lifecycle = "lifecycle { create_before_destroy = true }";
    let mut world = World::new(&pair("a", lifecycle));
    world.apply().root(&pair("a2", lifecycle));
    let denied = landfall_provider::CallError::local("AccessDenied", "no");
    world.cloud.fail(landfall_testkit::Call::Create, "test_thing", 1, denied);
    let applied = world.try_apply(PlanOptions::default());
    assert!(applied.diagnostics.has_errors());
    assert_eq!(world.objects(), ["test_thing.a", "test_thing.b"]);
    world.apply();
}

#[test]
fn replaces_by_request_and_by_trigger() {
    let text = |size: u32| {
        format!(
            r#"
            resource "test_thing" "a" {{
              name = "a"
              size = {size}
            }}
            resource "test_thing" "b" {{
              name = "b"
              lifecycle {{ replace_triggered_by = [test_thing.a.size] }}
            }}
            "#
        )
    };
    let mut world = World::new(&text(1));
    world.apply().root(&text(2));
    assert_eq!(shown(&world.plan()), ["Update test_thing.a", "DeleteThenCreate test_thing.b replace_by_triggers"]);
    world.root(&text(1));
    let plan = world.plan_with(PlanOptions { replace: vec![address("test_thing.b")], ..PlanOptions::default() });
    assert_eq!(shown(&plan), ["DeleteThenCreate test_thing.b replace_by_request"]);
}

#[test]
fn prevent_destroy_refuses_replacement() {
    let lifecycle = "lifecycle { prevent_destroy = true }";
    let mut world = World::new(&pair("a", lifecycle));
    world.apply().root(&pair("a2", lifecycle));
    let found = world.try_plan(PlanOptions::default()).expect_err("refused");
    assert_eq!(errors(&found), ["Instance cannot be destroyed"]);
}

#[test]
fn ignored_changes_are_no_changes() {
    let text = |size: u32, lifecycle: &str| {
        format!("resource \"test_thing\" \"a\" {{\n  name = \"a\"\n  size = {size}\n  lifecycle {{ {lifecycle} }}\n}}")
    };
    let mut world = World::new(&text(1, "ignore_changes = [size]"));
    world.apply().root(&text(5, "ignore_changes = [size]"));
    assert!(shown(&world.plan()).is_empty());
    world.root(&text(5, "ignore_changes = all"));
    assert!(shown(&world.plan()).is_empty());
}

#[test]
fn an_object_goes_after_its_user_was_changed() {
    let mut world = World::new(&pair("a", ""));
    world.apply().root("resource \"test_thing\" \"b\" { name = \"b\" }");
    world.try_apply(PlanOptions::default());
    assert_eq!(world.cloud.changes(), ["update test_thing test_thing-2", "delete test_thing test_thing-1"]);
}
