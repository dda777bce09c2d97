//! Modules, providers, secrets, conditions, blocks that take objects out or bring them in.

use std::collections::BTreeMap;

use landfall_addr::Target;
use landfall_engine::{PlanMode, PlanOptions};
use landfall_state::CheckStatus;

use crate::world::{World, address, errors, shown};

#[test]
fn a_provider_that_depends_on_an_object_is_configured_during_apply() {
    let text = |name: &str| {
        format!(
            r#"
            resource "terraform_data" "settings" {{ input = "{name}" }}
            provider "test" {{
              default_tags = {{ from = terraform_data.settings.output }}
            }}
            resource "test_thing" "a" {{ name = "a" }}
            "#
        )
    };
    let mut world = World::new(&text("one"));
    world.apply();
    world.root(&text("two"));
    let (plan, warnings) = world.try_plan(PlanOptions::default()).expect("a plan");
    assert_eq!(warnings.iter().next().unwrap().summary, "Objects were not refreshed");
    world.apply_plan(&plan);
    world.destroy();
    assert!(world.state.is_empty());
}

#[test]
fn a_refused_provider_configuration_fails_the_plan() {
    let world = World::new("provider \"test\" { refuse = \"no\" }\nresource \"test_thing\" \"a\" { name = \"a\" }");
    let found = world.try_plan(PlanOptions::default()).expect_err("refused");
    assert_eq!(errors(&found), ["Provider refused"]);
}

#[test]
fn a_module_waits_for_what_its_call_depends_on() {
    let mut world = World::new(
        r#"
        resource "test_thing" "first" { name = "first" }
        module "m" {
          source     = "./m"
          depends_on = [test_thing.first]
        }
        resource "test_thing" "last" {
          name       = "last"
          depends_on = [module.m]
        }
        "#,
    );
    world.file("m", "resource \"test_thing\" \"a\" { name = \"a\" }\ndata \"test_thing\" \"d\" { name = \"first\" }");
    let plan = world.plan();
    assert_eq!(
        shown(&plan),
        [
            "Create test_thing.first",
            "Create test_thing.last",
            "Read module.m.data.test_thing.d read_because_dependency_pending",
            "Create module.m.test_thing.a",
        ]
    );
    world.apply_plan(&plan);
    assert_eq!(world.cloud.changes(), ["create test_thing first", "create test_thing a", "create test_thing last"]);
    world.cloud.forget_calls();
    world.destroy();
    assert_eq!(
        world.cloud.changes(),
        ["delete test_thing test_thing-3", "delete test_thing test_thing-2", "delete test_thing test_thing-1"]
    );
}

#[test]
fn instances_of_a_module_do_not_wait_for_each_other() {
    let mut world = World::new("module \"m\" {\n  source = \"./m\"\n  count  = 2\n  n      = count.index\n}");
    world.file(
        "m",
        r#"
        variable "n" {}
        resource "test_slow" "a" { name = "a${var.n}" }
        resource "test_thing" "b" {
          name = "b${var.n}"
          note = test_slow.a.id
        }
        "#,
    );
    world.cloud.pend("test_slow", 1);
    world.apply();
    assert_eq!(world.objects().len(), 4);
}

#[test]
fn removed_blocks_forget_or_destroy() {
    let resource = r#"resource "test_thing" "a" { name = "a" }"#;
    let removed =
        |destroy: bool| format!("removed {{\n  from = test_thing.a\n  lifecycle {{ destroy = {destroy} }}\n}}");
    let mut world = World::new(resource);
    world.apply().root(&removed(false));
    assert_eq!(shown(&world.plan()), ["Forget test_thing.a delete_because_no_resource_config"]);
    world.apply();
    assert!(world.state.is_empty());
    assert_eq!(world.cloud.ids(), ["test_thing-1"]);
    world.root(&format!("{resource}\n{}", removed(true)));
    let found = world.try_plan(PlanOptions::default()).expect_err("still declared");
    assert_eq!(errors(&found), ["Removed resource still exists"]);
}

#[test]
fn secrets_are_marked_and_never_compared_as_different() {
    let mut world = World::new(
        r#"
        variable "password" {
          sensitive = true
          default   = "hunter2"
        }
        resource "test_thing" "a" {
          name       = "a"
          secret     = var.password
          passphrase = "only for the call"
        }
        resource "terraform_data" "b" { input = var.password }
        "#,
    );
    world.apply();
    let plan = world.plan();
    let debug = format!("{:?}", plan.changes.iter().find(|change| change.address == address("test_thing.a")));
    assert!(!debug.contains("hunter2"), "{debug}");
    assert!(!debug.contains("only for the call"), "{debug}");
    let object = world.state.current(&address("terraform_data.b")).unwrap();
    assert_eq!(object.sensitive_paths.len(), 1);
    assert!(!world.state.current(&address("test_thing.a")).unwrap().attributes.as_str().contains("only for the call"));
}

#[test]
fn outputs_with_secrets_must_say_so() {
    let world = World::new(
        "variable \"p\" {\n  sensitive = true\n  default = \"x\"\n}\noutput \"o\" { value = \"a-${var.p}\" }",
    );
    let found = world.try_plan(PlanOptions::default()).expect_err("refused");
    assert_eq!(errors(&found), ["Output refers to sensitive values"]);
}

#[test]
fn checks_warn_and_conditions_on_results_fail_the_apply() {
    let text = |limit: i32| {
        format!(
            r#"
            resource "test_thing" "a" {{
              name = "a"
              lifecycle {{
                postcondition {{
                  condition     = self.updates > {limit}
                  error_message = "not changed often enough"
                }}
              }}
            }}
            check "names" {{
              assert {{
                condition     = test_thing.a.id == "other"
                error_message = "it has another name"
              }}
            }}
            "#
        )
    };
    let mut world = World::new(&text(-1));
    let applied = world.try_apply(PlanOptions::default());
    assert!(!applied.diagnostics.has_errors());
    assert!(applied.diagnostics.iter().any(|finding| finding.summary == "Check block assertion failed"));
    let results = applied.state.check_results().unwrap();
    assert_eq!(results.iter().map(|result| result.status).collect::<Vec<_>>(), [CheckStatus::Pass, CheckStatus::Fail]);
    let mut world = World::new(&text(5));
    let applied = world.try_apply(PlanOptions::default());
    assert_eq!(errors(&applied.diagnostics), ["Resource postcondition failed"]);
    assert_eq!(world.objects(), ["test_thing.a"]);
}

#[test]
fn destroying_a_target_takes_its_dependants_along() {
    let mut world = World::new(
        r#"
        resource "test_thing" "a" { name = "a" }
        resource "test_thing" "b" {
          name = "b"
          note = test_thing.a.id
        }
        resource "test_thing" "c" { name = "c" }
        "#,
    );
    world.apply();
    let target: Target = "test_thing.a".parse().unwrap();
    let options = PlanOptions { mode: PlanMode::Destroy, targets: vec![target], ..PlanOptions::default() };
    let applied = world.try_apply(options);
    assert!(!applied.diagnostics.has_errors());
    assert_eq!(world.objects(), ["test_thing.c"]);
}

#[test]
fn objects_are_not_looked_at_when_not_asked_to() {
    let mut world = World::new("resource \"test_thing\" \"a\" { name = \"a\" }");
    world.apply();
    world.plan_with(PlanOptions { refresh: false, ..PlanOptions::default() });
    assert!(world.cloud.calls().is_empty());
}

#[test]
fn aliased_configurations_are_passed_to_modules() {
    let mut world = World::new(
        r#"
        provider "test" { alias = "west" }
        module "m" {
          source    = "./m"
          providers = { test = test.west }
        }
        "#,
    );
    world.file("m", "resource \"test_thing\" \"a\" { name = \"a\" }");
    let plan = world.plan();
    assert_eq!(plan.changes[0].provider.alias.as_deref(), Some("west"));
    world.apply();
}

#[test]
fn the_import_command_only_imports() {
    let mut world = World::new("resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 2\n}");
    world.apply();
    world.state = landfall_state::State::empty("other");
    world.root("resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 9\n}\nresource \"test_thing\" \"b\" { name = \"b\" }");
    let state = world.import(BTreeMap::from([(address("test_thing.a"), "test_thing-1".to_owned())])).expect("imported");
    assert_eq!(state.objects().count(), 1);
    world.state = state;
    assert_eq!(shown(&world.plan()), ["Update test_thing.a", "Create test_thing.b"]);
    let found =
        world.import(BTreeMap::from([(address("test_thing.a"), "test_thing-1".to_owned())])).expect_err("there");
    assert_eq!(errors(&found), ["Resource already managed by Terraform"]);
}

#[test]
fn validation_reports_many_problems_at_once() {
    let world = World::new(
        r#"
        resource "test_thing" "a" {
          nmae = "a"
        }
        resource "test_thing" "b" {
          name = "b"
          size = 1000
        }
        resource "test_nothing" "c" {}
        output "o" { value = test_thing.x.id }
        "#,
    );
    let found = errors(&world.validate());
    for expected in [
        "Unsupported argument",
        "Missing required argument",
        "Invalid resource type",
        "Reference to undeclared resource",
    ] {
        assert!(found.iter().any(|summary| summary == expected), "{expected} is not in {found:?}");
    }
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn work_is_bounded_by_parallelism() {
    let mut world = World::new("resource \"test_slow\" \"a\" {\n  count = 6\n  name = \"a${count.index}\"\n}");
    world.cloud.pend("test_slow", 2);
    let plan = world.plan();
    let peak = world.apply_in_parallel(&plan, 2);
    assert_eq!(peak, 2);
    assert_eq!(world.objects().len(), 6);
}

#[test]
fn a_module_waits_for_the_outputs_of_another_one() {
    let mut world = World::new(
        r#"
        module "users" {
          source = "./users"
          ids    = module.used.ids
        }
        module "used" {
          source = "./used"
        }
        output "ids" { value = module.users.ids }
        "#,
    );
    world.file(
        "used",
        "module \"below\" {\n  source   = \"./below\"\n  for_each = toset([\"a\", \"b\"])\n}\n\
         output \"ids\" { value = [for it in module.below : it.id] }",
    );
    world.file("below", "resource \"test_thing\" \"x\" { name = \"used\" }\noutput \"id\" { value = test_thing.x.id }");
    world.file(
        "users",
        "variable \"ids\" {}\nresource \"test_thing\" \"x\" {\n  name = \"user\"\n  note = join(\",\", var.ids)\n}\n\
         output \"ids\" { value = test_thing.x.note }",
    );
    world.apply();
    assert_eq!(world.state.outputs()["ids"].value, "test_thing-1,test_thing-2".into());
}

#[test]
fn the_import_command_takes_an_empty_block() {
    let mut world = World::new(r#"resource "test_thing" "a" { name = "a" }"#);
    world.apply();
    world.state = landfall_state::State::empty("other");
    world.root(r#"resource "test_thing" "a" {}"#);
    let state = world.import(BTreeMap::from([(address("test_thing.a"), "test_thing-1".to_owned())])).expect("imported");
    assert!(state.current(&address("test_thing.a")).is_some());
}

#[test]
fn data_of_what_is_yet_to_be_made_is_read_during_apply_even_when_its_name_is_known() {
    let mut world = World::new(
        r#"
        resource "test_thing" "a" {
          name = "a"
          size = 3
        }
        locals { name = test_thing.a.name }
        data "test_thing" "a" { name = local.name }
        output "size" { value = data.test_thing.a.size }
        "#,
    );
    assert_eq!(shown(&world.plan()), ["Read data.test_thing.a read_because_dependency_pending", "Create test_thing.a"]);
    world.apply();
    assert_eq!(world.state.outputs()["size"].value, 3.into());
    assert!(shown(&world.plan()).is_empty());
}

#[test]
fn data_is_read_while_planning_by_what_is_configured_and_later_by_what_is_foretold() {
    let mut world = World::new(r#"resource "test_thing" "other" { name = "arn:thing/a" }"#);
    world.apply();
    world.root(
        r#"
        resource "test_thing" "other" { name = "arn:thing/a" }
        resource "test_thing" "a" {
          name = "a"
          note = "arn:thing/a"
        }
        locals {
          configured = test_thing.a.note
          foretold   = test_thing.a.arn
        }
        data "test_thing" "configured" { name = local.configured }
        data "test_thing" "foretold" { name = local.foretold }
        "#,
    );
    assert_eq!(
        shown(&world.plan()),
        ["Read data.test_thing.foretold read_because_dependency_pending", "Create test_thing.a"]
    );
}

#[test]
fn a_connection_is_laid_over_that_of_its_resource() {
    let with = |base: &str, own: &str| {
        World::new(&format!(
            r#"
            resource "test_thing" "a" {{
              name = "a"
              connection {{ {base} }}
              provisioner "local-exec" {{
                command = "true"
                connection {{ {own} }}
              }}
              provisioner "local-exec" {{
                command = "true"
                connection {{ {own} }}
              }}
            }}
            "#
        ))
    };
    assert!(errors(&with("host = \"h\"", "user = \"u\"").validate()).is_empty());
    assert_eq!(errors(&with("user = \"u\"", "port = 22").validate()), ["Missing required argument"]);
}

#[test]
fn what_a_dynamic_block_would_hold_is_looked_at_for_each_element_only() {
    let with = |ports: &str| {
        World::new(&format!(
            r#"
            variable "ports" {{ default = {ports} }}
            resource "test_thing" "a" {{
              name = "a"
              dynamic "rule" {{
                for_each = var.ports
                content {{ port = rules.value.port }}
              }}
            }}
            "#
        ))
    };
    assert_eq!(shown(&with("[]").plan()), ["Create test_thing.a"]);
    assert_eq!(errors(&with("[1]").failed_plan().diagnostics), ["Reference to undeclared resource"]);
}

#[test]
fn objects_do_not_refer_to_themselves() {
    let refused = |text: &str| {
        let found = World::new(text).try_plan(PlanOptions::default()).expect_err("made of itself");
        errors(&found)
    };
    let twice = ["Self-referential block"; 2];
    assert_eq!(refused("resource \"test_thing\" \"a\" { name = test_thing.a.id }"), twice);
    let other = "resource \"test_thing\" \"a\" {\n  count = 2\n  name = test_thing.a[0].id\n}";
    assert_eq!(refused(other), &twice[..1]);
    assert_eq!(
        refused("resource \"test_thing\" \"a\" {\n  count = length(test_thing.a)\n  name = \"x\"\n}"),
        &twice[..1]
    );
}

#[test]
fn ephemeral_arguments_need_ephemeral_variables() {
    let text = "variable \"t\" {\n  default   = \"x\"\n  ephemeral = true\n}\nmodule \"m\" {\n  source = \"./m\"\n  v      = var.t\n}";
    let mut world = World::new(text);
    world.file("m", "variable \"v\" {}\n");
    assert_eq!(errors(&world.try_plan(PlanOptions::default()).expect_err("refused")), ["Ephemeral value not allowed"]);
}
