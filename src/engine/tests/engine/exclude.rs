//! `-exclude`, and what a refresh-only plan says of moved objects.

use landfall_addr::Target;
use landfall_engine::{PlanMode, PlanOptions};

use crate::world::{World, shown};

fn without(target: &str) -> PlanOptions {
    PlanOptions { excludes: vec![target.parse::<Target>().expect("an address")], ..PlanOptions::default() }
}

const CHAIN: &str = r#"
    resource "terraform_data" "a" { input = "a" }
    resource "terraform_data" "b" { input = terraform_data.a.output }
    resource "terraform_data" "c" {
      count = 2
      input = count.index
    }
    output "b" { value = terraform_data.b.output }
"#;

#[test]
fn what_is_excluded_is_left_alone_with_what_depends_on_it() {
    let mut world = World::new(CHAIN);
    let plan = world.plan_with(without("terraform_data.a"));
    assert_eq!(shown(&plan), ["Create terraform_data.c[0]", "Create terraform_data.c[1]"]);
    world.apply_plan(&plan);
    assert_eq!(world.objects(), ["terraform_data.c[0]", "terraform_data.c[1]"]);
    let plan = world.plan_with(without("terraform_data.c"));
    assert_eq!(shown(&plan), ["Create terraform_data.a", "Create terraform_data.b"]);
}

#[test]
fn siblings_of_an_excluded_instance_take_part() {
    let world = World::new(CHAIN);
    let plan = world.plan_with(without("terraform_data.c[1]"));
    let expected = ["Create terraform_data.a", "Create terraform_data.b", "Create terraform_data.c[0]"];
    assert_eq!(shown(&plan), expected);
}

#[test]
fn excluded_objects_whose_block_is_gone_stay() {
    let mut world = World::new(CHAIN);
    world.apply();
    world.root("");
    let plan = world.plan_with(without("terraform_data.c"));
    assert_eq!(
        shown(&plan),
        [
            "Delete terraform_data.a delete_because_no_resource_config",
            "Delete terraform_data.b delete_because_no_resource_config"
        ]
    );
}

#[test]
fn a_refresh_only_plan_lists_what_has_moved() {
    let mut world = World::new("resource \"terraform_data\" \"a\" {}");
    world.apply();
    world.root("resource \"terraform_data\" \"b\" {}\nmoved {\n  from = terraform_data.a\n  to = terraform_data.b\n}");
    let plan = world.plan_with(PlanOptions { mode: PlanMode::RefreshOnly, ..PlanOptions::default() });
    let moved: Vec<_> = plan.drift.iter().filter_map(|change| change.previous_address.as_ref()).collect();
    assert_eq!(moved.iter().map(ToString::to_string).collect::<Vec<_>>(), ["terraform_data.a"]);
    assert!(world.plan().drift.is_empty());
}
