//! Ephemeral resources: opened and closed in plan and apply, stored nowhere.

use landfall_engine::PlanOptions;
use landfall_provider::CallError;
use landfall_testkit::Call;

use crate::world::{World, errors};

fn calls(world: &World) -> Vec<String> {
    let is_ephemeral = |call: &String| call.starts_with("open") || call.starts_with("close");
    world.cloud.calls().into_iter().filter(is_ephemeral).collect()
}

/// A provider configuration that opens secrets, and another one that uses them.
fn world() -> World {
    World::new(
        r#"
        ephemeral "test_secret" "s" {
          count = 2
          name  = "n${count.index}"
          lifecycle {
            postcondition {
              condition     = self.text != ""
              error_message = "empty"
            }
          }
        }
        provider "test" {
          alias        = "other"
          default_tags = { key = ephemeral.test_secret.s[0].text }
        }
        resource "test_thing" "a" {
          provider = test.other
          name     = "a"
        }
        "#,
    )
}

#[test]
fn what_is_opened_is_closed_at_the_end_of_plan_and_apply() {
    let mut world = world();
    let plan = world.plan();
    let opened_and_closed =
        ["open test_secret n0", "open test_secret n1", "close test_secret n1", "close test_secret n0"];
    assert_eq!(calls(&world), opened_and_closed);
    world.cloud.forget_calls();
    world.apply_plan(&plan);
    assert_eq!(calls(&world), opened_and_closed);
    assert_eq!(world.objects(), ["test_thing.a"]);
    assert!(!format!("{:?}", plan.state).contains("secret of"));
}

#[test]
fn a_configuration_that_is_not_known_is_opened_during_apply() {
    let mut world = World::new(
        r#"
        resource "terraform_data" "d" { input = "x" }
        ephemeral "test_secret" "s" { name = terraform_data.d.output }
        "#,
    );
    let plan = world.plan();
    assert!(calls(&world).is_empty());
    world.apply_plan(&plan);
    assert_eq!(calls(&world), ["open test_secret x", "close test_secret x"]);
}

#[test]
fn an_ephemeral_value_cannot_be_stored() {
    let text = "ephemeral \"test_secret\" \"s\" { name = \"n\" }\n";
    let stored = format!("{text}resource \"terraform_data\" \"d\" {{ input = ephemeral.test_secret.s.text }}");
    let found = World::new(&stored).try_plan(PlanOptions::default()).expect_err("stored");
    assert_eq!(errors(&found), ["Invalid use of ephemeral value"]);
    let shown = format!("{text}output \"o\" {{ value = ephemeral.test_secret.s.text }}");
    assert_eq!(errors(&World::new(&shown).validate()), ["Ephemeral value not allowed"]);
}

#[test]
fn what_cannot_be_opened_fails_the_plan_and_the_rest_is_closed() {
    let world = world();
    world.cloud.fail(Call::Open, "test_secret", 2, CallError::local("denied", "no"));
    let found = world.try_plan(PlanOptions::default()).expect_err("failed");
    assert_eq!(errors(&found), ["Opening an ephemeral resource failed"]);
    assert_eq!(calls(&world).last().map(String::as_str), Some("close test_secret n0"));
}

#[test]
fn unknown_types_are_reported() {
    let found = World::new("ephemeral \"test_nothing\" \"s\" {}").validate();
    assert_eq!(errors(&found), ["Invalid ephemeral resource"]);
}
