use landfall_engine::{Action, Importing, Plan, PlanMode, Reason, ResourceChange};
use landfall_value::{AttributePath, Value};

use super::render;
use crate::views::Style;
use crate::views::testing::{StubSchemas, change, object, output, plan, unknown};

#[track_caller]
fn check(plan: &Plan, expected: &str) {
    let text = render(plan, &StubSchemas::new(), Style::default());
    assert_eq!(text.trim(), expected.trim(), "\n{text}");
}

/// Checks what is said above the only change.
#[track_caller]
fn check_heading(change: ResourceChange, expected: &str) {
    let text = render(&plan(vec![change]), &StubSchemas::new(), Style::default());
    let lines = text.lines().skip_while(|line| !line.starts_with("  #"));
    let heading: Vec<&str> = lines.take_while(|line| line.starts_with("  #")).collect();
    assert_eq!(heading, expected.lines().collect::<Vec<_>>(), "\n{text}");
}

fn data(id: &str, input: &str) -> Value {
    object([("id", id.into()), ("input", input.into()), ("output", input.into()), ("triggers_replace", Value::NULL)])
}

fn new_data(input: &str) -> Value {
    object([("id", unknown()), ("input", input.into()), ("output", unknown()), ("triggers_replace", Value::NULL)])
}

fn delete(address: &str, reason: Reason) -> ResourceChange {
    ResourceChange { reason: Some(reason), ..change(address, Action::Delete, data("i", "a"), Value::NULL) }
}

#[test]
fn a_plan_has_legend_changes_summary_and_outputs() {
    let mut plan = plan(vec![
        change(
            "terraform_data.b",
            Action::Update,
            data("i", "a"),
            object([
                ("id", "i".into()),
                ("input", "b".into()),
                ("output", unknown()),
                ("triggers_replace", Value::NULL),
            ]),
        ),
        change("terraform_data.a", Action::Create, Value::NULL, new_data("a")),
        change("terraform_data.kept", Action::NoOp, data("i", "a"), data("i", "a")),
    ]);
    plan.outputs.insert("long_name".into(), output(Action::Create, Value::NULL, unknown()));
    plan.outputs.insert("same".into(), output(Action::NoOp, 1.into(), 1.into()));
    plan.outputs.insert("gone".into(), output(Action::Delete, 1.into(), Value::NULL));
    check(
        &plan,
        r#"
landfall used the selected providers to generate the following execution plan.
Resource actions are indicated with the following symbols:
  + create
  ~ update in-place

landfall will perform the following actions:

  # terraform_data.a will be created
  + resource "terraform_data" "a" {
      + id     = (known after apply)
      + input  = "a"
      + output = (known after apply)
    }

  # terraform_data.b will be updated in-place
  ~ resource "terraform_data" "b" {
        id     = "i"
      ~ input  = "a" -> "b"
      ~ output = "a" -> (known after apply)
    }

Plan: 1 to add, 1 to change, 0 to destroy.

Changes to Outputs:
  - gone      = 1 -> null
  + long_name = (known after apply)
"#,
    );
}

#[test]
fn replacement_shows_its_order_and_its_reason() {
    let mut replaced = change(
        "terraform_data.a",
        Action::Replace { create_before_destroy: true },
        data("i", "a"),
        object([("id", unknown()), ("input", "a".into()), ("output", unknown()), ("triggers_replace", unknown())]),
    );
    replaced.replace_paths = vec![AttributePath::root().attribute("triggers_replace")];
    replaced.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    check(
        &plan(vec![replaced]),
        r#"
landfall used the selected providers to generate the following execution plan.
Resource actions are indicated with the following symbols:
+/- create replacement and then destroy

landfall will perform the following actions:

  # terraform_data.a must be replaced
+/- resource "terraform_data" "a" {
      ~ id               = "i" -> (known after apply)
      ~ output           = "a" -> (known after apply)
      + triggers_replace = (known after apply) # forces replacement
        # (1 unchanged attribute hidden)
    }

Plan: 1 to add, 0 to change, 1 to destroy.
"#,
    );
}

#[test]
fn headings_say_why() {
    let replace = |reason| ResourceChange {
        reason: Some(reason),
        ..change("terraform_data.a", Action::Replace { create_before_destroy: false }, data("i", "a"), new_data("a"))
    };
    check_heading(replace(Reason::ReplaceBecauseTainted), "  # terraform_data.a is tainted, so must be replaced");
    check_heading(replace(Reason::ReplaceByRequest), "  # terraform_data.a will be replaced, as requested");
    check_heading(
        replace(Reason::ReplaceByTriggers),
        "  # terraform_data.a will be replaced due to changes in replace_triggered_by",
    );
    check_heading(
        delete("terraform_data.a", Reason::DeleteBecauseNoResourceConfig),
        "  # terraform_data.a will be destroyed\n  # (because terraform_data.a is not in configuration)",
    );
    check_heading(
        delete("module.m[1].terraform_data.a", Reason::DeleteBecauseNoModule),
        "  # module.m[1].terraform_data.a will be destroyed\n  # (because module.m[1] is not in configuration)",
    );
    check_heading(
        delete("terraform_data.a[2]", Reason::DeleteBecauseCountIndex),
        "  # terraform_data.a[2] will be destroyed\n  # (because index [2] is out of range for count)",
    );
    check_heading(
        delete("terraform_data.a[\"k\"]", Reason::DeleteBecauseEachKey),
        "  # terraform_data.a[\"k\"] will be destroyed\n  # (because key [\"k\"] is not in for_each map)",
    );
    check_heading(
        delete("terraform_data.a[0]", Reason::DeleteBecauseWrongRepetition),
        "  # terraform_data.a[0] will be destroyed\n  # (because resource does not use count)",
    );
}

#[test]
fn moves_and_imports_are_told() {
    let there = || data("i", "a");
    let moved = |action, after| ResourceChange {
        previous_address: Some("terraform_data.old".parse().expect("an address")),
        ..change("terraform_data.new", action, there(), after)
    };
    check_heading(moved(Action::NoOp, there()), "  # terraform_data.old has moved to terraform_data.new");
    check_heading(
        moved(Action::Update, data("i", "b")),
        "  # terraform_data.new will be updated in-place\n  # (moved from terraform_data.old)",
    );
    let imported = |action, after| ResourceChange {
        importing: Some(Importing { id: "i".to_owned() }),
        ..change("terraform_data.a", action, there(), after)
    };
    check_heading(imported(Action::NoOp, there()), "  # terraform_data.a will be imported");
    check_heading(
        imported(Action::Replace { create_before_destroy: false }, new_data("a")),
        "  # terraform_data.a must be replaced\n  # (imported from \"i\")\n  # Warning: this will destroy the imported \
         resource",
    );
}

#[test]
fn a_deposed_object_is_left_over() {
    let mut deposed = change("terraform_data.a", Action::Delete, data("i", "a"), Value::NULL);
    deposed.deposed = Some(landfall_addr::DeposedKey("deadbeef".into()));
    check_heading(
        deposed,
        "  # terraform_data.a (deposed object deadbeef) will be destroyed\n  # (left over from a partially-failed \
         replacement of this instance)",
    );
}

#[test]
fn forgotten_objects_stay_as_they_are() {
    let forgotten = change("terraform_data.a", Action::Forget, data("i", "a"), Value::NULL);
    check(
        &plan(vec![forgotten]),
        r#"
landfall used the selected providers to generate the following execution plan.
Resource actions are indicated with the following symbols:
  . take out of the state, without destroying

landfall will perform the following actions:

  # terraform_data.a will no longer be managed by landfall, but will not be destroyed
  # (destroy = false is set in the configuration)
  . resource "terraform_data" "a" {
        id     = "i"
        # (2 unchanged attributes hidden)
    }

Plan: 0 to add, 0 to change, 0 to destroy.
"#,
    );
}

#[test]
fn nothing_to_do_is_said_for_each_mode() {
    let mut nothing = plan(vec![change("terraform_data.a", Action::NoOp, data("i", "a"), data("i", "a"))]);
    check(
        &nothing,
        "No changes. Your infrastructure matches the configuration.\n\nlandfall has compared your real infrastructure \
         against your configuration and\nfound no differences, so no changes are needed.",
    );
    nothing.mode = PlanMode::Destroy;
    check(
        &nothing,
        "No changes. No objects need to be destroyed.\n\nEither you have not created any objects yet or the existing \
         objects were\nalready deleted outside of landfall.",
    );
    nothing.mode = PlanMode::RefreshOnly;
    check(
        &nothing,
        "No changes. Your infrastructure still matches the configuration.\n\nlandfall has checked that the real remote \
         objects still match the result of\nyour most recent changes, and found no differences.",
    );
}

#[test]
fn outputs_alone_change_only_the_state() {
    let mut plan = plan(Vec::new());
    plan.outputs.insert("o".into(), output(Action::Create, Value::NULL, 1.into()));
    check(
        &plan,
        "Changes to Outputs:\n  + o = 1\n\nYou can apply this plan to save these new output values to the state, \
         without\nchanging any real infrastructure.",
    );
}

#[test]
fn sensitive_outputs_are_not_shown() {
    let mut plan = plan(Vec::new());
    let secret = landfall_engine::OutputChange { sensitive: true, ..output(Action::Update, "a".into(), "b".into()) };
    plan.outputs.insert("o".into(), secret);
    let text = render(&plan, &StubSchemas::new(), Style::default());
    assert!(text.contains("  ~ o = (sensitive value)\n"), "{text}");
}

#[test]
fn drift_is_limited_to_what_took_part() {
    let changed =
        object([("id", "i".into()), ("input", "b".into()), ("output", "c".into()), ("triggers_replace", Value::NULL)]);
    let mut plan = plan(vec![change("terraform_data.z", Action::Create, Value::NULL, new_data("a"))]);
    plan.drift = vec![change("terraform_data.a", Action::Update, data("i", "a"), changed)];
    let text = render(&plan, &StubSchemas::new(), Style::default());
    assert!(!text.contains("Note:"), "{text}");

    let path = AttributePath::root().attribute("output");
    plan.relevant_attributes = vec![("terraform_data.a".parse().expect("an address"), path)];
    let text = render(&plan, &StubSchemas::new(), Style::default());
    let expected = r#"
Note: Objects have changed outside of landfall

landfall detected the following changes made outside of landfall since the
last "landfall apply" which may have affected this plan:

  # terraform_data.a has changed
  ~ resource "terraform_data" "a" {
        id     = "i"
      ~ output = "a" -> "c"
        # (1 unchanged attribute hidden)
    }


Unless you have made equivalent changes to your configuration, or ignored the
relevant attributes using ignore_changes, the following plan may include
actions to undo or respond to these changes.

─────"#;
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn deeper_modules_come_later() {
    let create = |address| change(address, Action::Create, Value::NULL, new_data("a"));
    let plan = plan(vec![
        create("module.a.module.b.terraform_data.x"),
        create("module.z.terraform_data.x"),
        create("terraform_data.x[10]"),
        create("terraform_data.x[9]"),
    ]);
    let text = render(&plan, &StubSchemas::new(), Style::default());
    let order: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  # ")).collect();
    let expected = ["terraform_data.x[9]", "terraform_data.x[10]", "module.z.terraform_data.x", "module.a.module.b."];
    assert!(order.iter().zip(expected).all(|(line, start)| line.starts_with(start)), "{order:?}");
}
