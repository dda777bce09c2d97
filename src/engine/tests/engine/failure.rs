//! What goes wrong during apply.

use landfall_engine::{PlanMode, PlanOptions};
use landfall_provider::CallError;
use landfall_testkit::Call;

use crate::world::{World, errors, shown};

const THREE: &str = r#"
resource "test_thing" "a" { name = "a" }
resource "test_thing" "b" {
  name = "b"
  note = test_thing.a.id
}
resource "test_thing" "c" { name = "c" }
"#;

fn denied() -> CallError {
    CallError::local("AccessDenied", "not allowed")
}

#[test]
fn dependants_are_skipped_and_siblings_finish() {
    let mut world = World::new(THREE);
    world.cloud.fail(Call::Create, "test_thing", 1, denied());
    let applied = world.try_apply(PlanOptions::default());
    assert_eq!(errors(&applied.diagnostics), ["Creating an object failed"]);
    assert_eq!(world.objects(), ["test_thing.c"]);
    assert_eq!(shown(&world.plan()), ["Create test_thing.a", "Create test_thing.b"]);
    world.apply();
}

#[test]
fn half_made_objects_are_tainted_and_replaced() {
    let mut world = World::new("resource \"test_steps\" \"a\" {\n  name = \"a\"\n  size = 4\n}");
    world.cloud.fail(Call::Update, "test_steps", 1, denied());
    world.try_apply(PlanOptions::default());
    assert_eq!(world.objects(), ["test_steps.a (tainted)"]);
    assert_eq!(shown(&world.plan()), ["DeleteThenCreate test_steps.a replace_because_tainted"]);
    world.apply();
    assert_eq!(world.objects(), ["test_steps.a"]);
    assert_eq!(world.cloud.ids().len(), 1);
}

#[test]
fn every_finished_step_is_in_the_log() {
    let mut world = World::new(THREE);
    let applied = world.try_apply(PlanOptions::default());
    let mut replayed = landfall_state::State::empty("test");
    for change in world.log.appended().into_iter().flatten() {
        replayed.apply(change);
    }
    assert_eq!(replayed.resources(), applied.state.resources());
}

#[test]
fn a_stop_leaves_out_what_was_not_begun() {
    let mut world = World::new(THREE);
    let plan = world.plan();
    world.stop.cancel();
    let applied = world.apply_plan(&plan);
    assert!(applied.interrupted);
    assert!(world.objects().is_empty());
}

#[test]
fn a_failed_update_keeps_the_object() {
    let mut world = World::new("resource \"test_thing\" \"a\" { name = \"a\" }");
    world.apply().root("resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 2\n}");
    world.cloud.fail(Call::Update, "test_thing", 1, denied());
    let applied = world.try_apply(PlanOptions::default());
    assert_eq!(errors(&applied.diagnostics), ["Changing an object failed"]);
    assert_eq!(world.objects(), ["test_thing.a"]);
    world.apply();
}

#[test]
fn provisioners_run_and_their_failure_taints() {
    let text = |command: &str| {
        format!(
            "resource \"test_thing\" \"a\" {{\n  name = \"a\"\n  provisioner \"local-exec\" {{\n    command = \"{command}\"\n  }}\n}}"
        )
    };
    let mut world = World::new(&text("echo made ${self.name}"));
    world.try_apply(PlanOptions::default());
    assert!(world.events.lock().unwrap().contains(&"says made a".to_owned()));
    assert_eq!(world.objects(), ["test_thing.a"]);
    let mut world = World::new(&text("exit 3"));
    let applied = world.try_apply(PlanOptions::default());
    assert_eq!(errors(&applied.diagnostics), ["local-exec provisioner error"]);
    assert_eq!(world.objects(), ["test_thing.a (tainted)"]);
}

#[test]
fn a_destruction_that_a_provisioner_stops_leaves_nothing_open() {
    let text = "resource \"test_thing\" \"a\" {\n  name = \"a\"\n  provisioner \"local-exec\" {\n    command = \"exit 3\"\n    \
                when = destroy\n  }\n}";
    let mut world = World::new(text);
    world.apply();
    let applied = world.try_apply(PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() });
    assert_eq!(errors(&applied.diagnostics), ["local-exec provisioner error"]);
    assert_eq!(world.objects(), ["test_thing.a"]);
    assert!(world.state.intents().is_empty());
}

#[test]
fn conditions_stop_the_plan() {
    let world = World::new(
        r#"
        variable "size" { default = 1 }
        resource "test_thing" "a" {
          name = "a"
          lifecycle {
            precondition {
              condition     = var.size > 2
              error_message = "too small"
            }
          }
        }
        "#,
    );
    let found = world.try_plan(PlanOptions::default()).expect_err("refused");
    assert_eq!(errors(&found), ["Resource precondition failed"]);
}

#[test]
fn what_could_be_planned_beside_a_failure_is_kept_to_be_looked_at() {
    let world = World::new(
        r#"
resource "test_thing" "a" { name = "a" }
resource "test_thing" "b" { name = tolist([])[length(test_thing.a.name)] }
resource "test_thing" "c" { name = test_thing.b.id }
output "a" { value = test_thing.a.name }
output "b" { value = test_thing.b.name }
"#,
    );
    let failure = world.failed_plan();
    assert_eq!(errors(&failure.diagnostics), ["Invalid index"]);
    let partial = failure.partial.expect("a partial plan");
    assert!(partial.errored && !partial.is_applicable());
    assert_eq!(shown(&partial), ["Create test_thing.a"]);
    assert_eq!(partial.outputs.keys().map(|name| &**name).collect::<Vec<_>>(), ["a"]);
    assert!(partial.state_changes.is_empty());
}
