//! The process ends, and the next one goes on.

use landfall_engine::{PlanMode, PlanOptions};

use crate::world::{World, errors, shown};

fn one(r#type: &str) -> World {
    World::new(&format!("resource \"{type}\" \"a\" {{ name = \"a\" }}"))
}

/// Applies until the process ends at the first call that changes something.
fn cut_off(world: &mut World, carried_out: bool) {
    let plan = world.plan();
    world.cloud.cut(1, carried_out);
    assert!(world.apply_until_cut_off(&plan), "the process did not end");
}

#[test]
fn a_creation_whose_answer_was_lost_is_found_by_its_token() {
    let mut world = one("test_thing");
    cut_off(&mut world, true);
    assert!(world.objects().is_empty());
    assert!(world.settle().is_empty());
    assert_eq!(world.objects(), ["test_thing.a"]);
    assert!(world.state.intents().is_empty());
    assert!(shown(&world.plan()).is_empty());
}

#[test]
fn a_creation_that_never_began_is_planned_anew() {
    let mut world = one("test_thing");
    cut_off(&mut world, false);
    let found = world.settle();
    assert!(!found.has_errors(), "{found:#?}");
    assert_eq!(found.len(), 1);
    assert_eq!(shown(&world.plan()), ["Create test_thing.a"]);
    world.apply();
    assert_eq!(world.cloud.ids().len(), 1);
}

#[test]
fn a_creation_that_can_be_repeated_is_made_again_with_the_same_token() {
    for carried_out in [false, true] {
        let mut world = one("test_slow");
        world.cloud.pend("test_slow", 3);
        cut_off(&mut world, carried_out);
        assert!(world.settle().is_empty());
        assert_eq!(world.cloud.ids().len(), 1);
        assert!(shown(&world.plan()).is_empty());
    }
}

#[test]
fn a_creation_that_nobody_can_tell_of_stops_the_plan() {
    let mut world = one("test_serial");
    cut_off(&mut world, true);
    let found = world.settle();
    assert_eq!(errors(&found), ["Interrupted creation cannot be settled"]);
    assert_eq!(world.state.intents().len(), 1);
}

#[test]
fn an_accepted_creation_is_waited_for() {
    let mut world = World::new(
        r#"
        resource "test_slow" "a" { name = "a" }
        resource "test_thing" "b" { name = "b" }
        "#,
    );
    world.cloud.pend("test_slow", 5);
    // The slow one is accepted first, and the process ends at the call for the other one.
    let plan = world.plan();
    world.cloud.cut(2, true);
    assert!(world.apply_until_cut_off(&plan));
    assert!(world.settle().is_empty());
    assert_eq!(world.objects(), ["test_slow.a", "test_thing.b"]);
    assert!(shown(&world.plan()).is_empty());
    assert_eq!(world.cloud.ids().len(), 2);
}

const SETUP: &str = r#"
resource "test_thing" "a" { name = "a" }
resource "test_slow" "b" {
  name = "b"
  note = test_thing.a.id
}
resource "test_steps" "c" {
  name = "c"
  size = 3
  note = test_slow.b.id
}
resource "test_thing" "d" {
  count = 3
  name  = "d${count.index}"
  note  = test_thing.a.id
}
output "c" { value = test_steps.c.note }
"#;

/// Cuts the process off at each call in turn; a further run must always end where an undisturbed one does.
fn check_every_cut(before: Option<&str>, options: &PlanOptions, objects: usize) {
    for carried_out in [false, true] {
        for nth in 1.. {
            let mut world = World::new(before.unwrap_or(SETUP));
            world.cloud.pend("test_slow", 2);
            if before.is_some() || options.mode == PlanMode::Destroy {
                world.apply();
            }
            world.root(SETUP);
            let plan = world.plan_with(options.clone());
            world.cloud.cut(nth, carried_out);
            let is_cut_off = world.apply_until_cut_off(&plan);
            let found = world.settle();
            assert!(!found.has_errors(), "cut {nth}, {carried_out}: {found:#?}");
            let applied = world.try_apply(options.clone());
            assert!(!applied.diagnostics.has_errors(), "cut {nth}, {carried_out}: {:#?}", applied.diagnostics);
            assert_eq!(world.cloud.ids().len(), objects, "cut {nth}, {carried_out}: {:?}", world.cloud.ids());
            assert_eq!(world.objects().len(), objects, "cut {nth}, {carried_out}");
            assert!(shown(&world.plan_with(options.clone())).is_empty(), "cut {nth}, {carried_out}");
            if !is_cut_off {
                assert!(nth > 6, "only {nth} cuts");
                break;
            }
        }
    }
}

#[test]
fn no_cut_of_a_creation_loses_or_doubles_anything() {
    check_every_cut(None, &PlanOptions::default(), 6);
}

#[test]
fn no_cut_of_an_update_or_replacement_loses_or_doubles_anything() {
    let before = SETUP.replace("size = 3", "size = 1").replace("\"d${", "\"old-d${").replace("\"a\" }", "\"old\" }");
    check_every_cut(Some(&before), &PlanOptions::default(), 6);
}

#[test]
fn no_cut_of_a_destruction_loses_anything() {
    check_every_cut(None, &PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() }, 0);
}
