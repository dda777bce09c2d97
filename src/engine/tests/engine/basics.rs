//! Plans and applies that go well.

use landfall_addr::Target;
use landfall_engine::{PlanMode, PlanOptions};

use crate::world::{World, address, errors, shown};

const CHAIN: &str = r#"
resource "test_thing" "a" { name = "a" }
resource "test_thing" "b" {
  name = "b"
  note = test_thing.a.id
}
output "b" { value = test_thing.b.note }
"#;

#[test]
fn creates_in_order_and_a_second_plan_is_empty() {
    let mut world = World::new(CHAIN);
    assert_eq!(shown(&world.plan()), ["Create test_thing.a", "Create test_thing.b"]);
    world.apply();
    assert_eq!(world.objects(), ["test_thing.a", "test_thing.b"]);
    assert_eq!(world.state.outputs()["b"].value, "test_thing-1".into());
}

#[test]
fn destroys_in_reverse_order() {
    let mut world = World::new(CHAIN);
    world.apply().destroy();
    assert_eq!(world.cloud.changes(), ["delete test_thing test_thing-2", "delete test_thing test_thing-1"]);
    assert!(world.state.is_empty());
}

#[test]
fn updates_in_place() {
    let mut world = World::new(r#"resource "test_thing" "a" { name = "a" }"#);
    world.apply().root(
        r#"resource "test_thing" "a" {
             name = "a"
             size = 2
           }"#,
    );
    assert_eq!(shown(&world.plan()), ["Update test_thing.a"]);
    world.apply();
    assert_eq!(world.cloud.get("test_thing-1").unwrap().size, 2);
}

#[test]
fn instances_come_and_go_with_count_and_for_each() {
    let mut world = World::new(r#"resource "terraform_data" "a" {}"#);
    world.apply().root("resource \"terraform_data\" \"a\" {\n  count = 2\n  input = count.index\n}");
    let plan = world.plan();
    assert_eq!(shown(&plan), ["Update terraform_data.a[0]", "Create terraform_data.a[1]"]);
    assert_eq!(plan.changes[0].previous_address, Some(address("terraform_data.a")));
    world.apply().root("resource \"terraform_data\" \"a\" {\n  for_each = { x = 1 }\n  input = each.key\n}");
    assert_eq!(
        shown(&world.plan()),
        [
            "Delete terraform_data.a[0] delete_because_wrong_repetition",
            "Delete terraform_data.a[1] delete_because_wrong_repetition",
            "Create terraform_data.a[\"x\"]",
        ]
    );
    world.apply();
    assert_eq!(world.objects(), ["terraform_data.a[\"x\"]"]);
}

#[test]
fn modules_pass_values_both_ways() {
    let mut world = World::new(
        r#"
        module "m" {
          source   = "./m"
          for_each = { a = 1, b = 2 }
          size     = each.value
        }
        output "names" { value = { for key, it in module.m : key => it.name } }
        "#,
    );
    world.file("m", "variable \"size\" {}\nresource \"terraform_data\" \"x\" { input = \"s-${var.size}\" }\noutput \"name\" { value = terraform_data.x.output }");
    world.apply();
    assert_eq!(world.objects(), ["module.m[\"a\"].terraform_data.x", "module.m[\"b\"].terraform_data.x"]);
    assert_eq!(world.state.outputs()["names"].value.get("b"), Some(&"s-2".into()));
    world.root("");
    let plan = world.plan();
    assert_eq!(
        shown(&plan),
        [
            "Delete module.m[\"a\"].terraform_data.x delete_because_no_resource_config",
            "Delete module.m[\"b\"].terraform_data.x delete_because_no_resource_config",
        ]
    );
    world.apply();
    assert!(world.state.is_empty());
}

#[test]
fn moved_objects_keep_their_identity() {
    let mut world = World::new(r#"resource "test_thing" "old" { name = "a" }"#);
    world.apply().root(
        r#"
        resource "test_thing" "new" { name = "a" }
        moved {
          from = test_thing.old
          to   = test_thing.new
        }
        "#,
    );
    let plan = world.plan();
    assert!(shown(&plan).is_empty());
    assert!(plan.is_applicable());
    assert_eq!(plan.changes[0].previous_address, Some(address("test_thing.old")));
    world.apply();
    assert_eq!(world.objects(), ["test_thing.new"]);
}

#[test]
fn targets_leave_the_rest_alone() {
    let mut world = World::new(&format!("{CHAIN}\nresource \"test_thing\" \"c\" {{ name = \"c\" }}"));
    let target: Target = "test_thing.a".parse().unwrap();
    let applied = world.try_apply(PlanOptions { targets: vec![target], ..PlanOptions::default() });
    assert!(!applied.diagnostics.has_errors());
    assert_eq!(world.objects(), ["test_thing.a"]);
    world.apply();
    assert_eq!(world.objects(), ["test_thing.a", "test_thing.b", "test_thing.c"]);
}

#[test]
fn drift_is_found_and_undone() {
    let mut world = World::new(r#"resource "test_thing" "a" { name = "a" }"#);
    world.apply();
    world.cloud.edit("test_thing-1", |args| args.size = 9);
    let plan = world.plan();
    assert_eq!(plan.drift.len(), 1);
    assert_eq!(shown(&plan), ["Update test_thing.a"]);
    let only = world.plan_with(PlanOptions { mode: PlanMode::RefreshOnly, ..PlanOptions::default() });
    assert!(shown(&only).is_empty());
    world.apply();
    assert_eq!(world.cloud.get("test_thing-1").unwrap().size, 1);
}

#[test]
fn objects_that_are_gone_are_created_again() {
    let mut world = World::new(CHAIN);
    world.apply();
    world.cloud.remove("test_thing-1");
    assert_eq!(shown(&world.plan()), ["Create test_thing.a", "Update test_thing.b"]);
    world.apply();
}

#[test]
fn data_sources_wait_for_what_changes() {
    let text = r#"
        resource "test_thing" "a" {
          name = "a"
          size = SIZE
        }
        data "test_thing" "b" { name = test_thing.a.name }
        output "size" { value = data.test_thing.b.size }
    "#;
    let mut world = World::new(&text.replace("SIZE", "1"));
    assert_eq!(shown(&world.plan()), ["Read data.test_thing.b read_because_dependency_pending", "Create test_thing.a"]);
    world.apply();
    world.root(&text.replace("SIZE", "2"));
    world.apply();
    assert_eq!(world.state.outputs()["size"].value, 2.into());
}

#[test]
fn a_chain_of_thousands_needs_no_deep_stack() {
    let mut text = "resource \"terraform_data\" \"r0\" { input = \"x\" }\nlocals { l0 = \"y\" }\n".to_owned();
    for i in 1..3000 {
        let before = i - 1;
        text.push_str(&format!("resource \"terraform_data\" \"r{i}\" {{ input = terraform_data.r{before}.output }}\n"));
        text.push_str(&format!("locals {{ l{i} = local.l{before} }}\n"));
    }
    let mut world = World::new(&text);
    world.apply().destroy();
    assert!(world.state.is_empty());
}

#[test]
fn imports_objects_that_exist() {
    let mut world = World::new(r#"resource "test_thing" "a" { name = "a" }"#);
    world.apply();
    world.state = landfall_state::State::empty("other");
    world.root(
        r#"
        resource "test_thing" "a" {
          name = "a"
          size = 3
        }
        import {
          to = test_thing.a
          id = "test_thing-1"
        }
        "#,
    );
    let plan = world.plan();
    assert_eq!(shown(&plan), ["Update test_thing.a"]);
    assert_eq!(plan.counts().import, 1);
    world.apply();
    assert_eq!(world.cloud.ids(), ["test_thing-1"]);
}

#[test]
fn cycles_are_named() {
    let world = World::new(
        r#"
        resource "terraform_data" "a" { input = terraform_data.b.id }
        resource "terraform_data" "b" { input = terraform_data.a.id }
        "#,
    );
    let found = world.try_plan(PlanOptions::default()).expect_err("a cycle");
    assert_eq!(errors(&found), ["Cycle: terraform_data.a, terraform_data.b"]);
}

#[test]
fn instances_of_a_module_go_with_their_key() {
    let text = |keys: &str| format!("module \"m\" {{\n  source   = \"./m\"\n  for_each = toset([{keys}])\n}}");
    let mut world = World::new(&text("\"a\", \"b\""));
    world.file("m", "resource \"terraform_data\" \"x\" {}");
    world.apply().root(&text("\"a\""));
    assert_eq!(shown(&world.plan()), ["Delete module.m[\"b\"].terraform_data.x delete_because_no_module"]);
    world.apply();
}

#[test]
fn a_null_of_another_type_is_no_change() {
    let mut world = World::new("resource \"terraform_data\" \"a\" {}");
    world.apply().root("resource \"terraform_data\" \"a\" { input = false ? \"x\" : null }");
    assert!(shown(&world.plan()).is_empty());
}

#[test]
fn a_module_without_instances_has_a_value() {
    let mut world = World::new(
        "module \"m\" {\n  source = \"./m\"\n  count  = 0\n}\noutput \"n\" { value = try(module.m[0].x, \"none\") }",
    );
    world.file("m", "output \"x\" { value = 1 }");
    world.apply();
    assert_eq!(world.state.outputs()["n"].value, "none".into());
}

#[test]
fn targets_reach_objects_whose_block_is_gone() {
    let mut world = World::new(CHAIN);
    world.apply().root("");
    let target: Target = "test_thing.b".parse().unwrap();
    let applied = world.try_apply(PlanOptions { targets: vec![target], ..PlanOptions::default() });
    assert!(!applied.diagnostics.has_errors(), "{:?}", applied.diagnostics);
    assert_eq!(world.objects(), ["test_thing.a"]);
}
