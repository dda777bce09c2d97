use landfall_addr::DeposedKey;
use landfall_engine::{Action, Importing, OutputChange, Plan, Reason};
use landfall_state::{CheckKind, CheckObject, CheckResult, CheckStatus, OutputState, State, Status};
use landfall_value::{AttributePath, Marks, Type, Value};
use serde_json::{Value as Json, json};

use super::{write_plan, write_state};
use crate::views::testing::{StubSchemas, change, config, data_object, object, output, plan, put, unknown};

/// Returns the document of a plan for a configuration.
fn document(plan: &Plan, root: &str) -> Json {
    let mut text = Vec::new();
    write_plan(&mut text, plan, &config(root, CHILD), &StubSchemas::new()).expect("a document");
    serde_json::from_slice(&text).expect("JSON")
}

fn state_document(state: &State) -> Json {
    let mut text = Vec::new();
    write_state(&mut text, state, &StubSchemas::new()).expect("a document");
    serde_json::from_slice(&text).expect("JSON")
}

#[track_caller]
fn check(document: &Json, pointer: &str, expected: &Json) {
    assert_eq!(document.pointer(pointer), Some(expected), "{pointer} of {document:#}");
}

/// Checks the `configuration` of one resource's `input`.
#[track_caller]
fn check_input(expr: &str, expected: &Json) {
    let root = format!("resource \"terraform_data\" \"x\" {{\n  input = {expr}\n}}\n");
    let document = document(&plan(Vec::new()), &root);
    check(&document, "/configuration/root_module/resources/0/expressions/input", expected);
}

const CHILD: &str = r#"
variable "v" {}
resource "terraform_data" "in" {
  input = var.v
}
output "o" {
  value = terraform_data.in.id
}
"#;

#[test]
fn a_document_has_version_time_and_state_of_affairs() {
    let mut plan = plan(Vec::new());
    plan.time = 1_700_000_000_500_000_000;
    let expected = json!({
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "configuration": {"root_module": {}},
        "timestamp": "2023-11-14T22:13:20Z",
        "applyable": false,
        "complete": true,
        "errored": false,
    });
    assert_eq!(document(&plan, ""), expected);
}

#[test]
fn changes_have_masks_instead_of_unknown_and_sensitive_parts() {
    let after = object([
        ("id", unknown()),
        ("input", Value::tuple(vec![1.into(), unknown(), object([("a", unknown())]), Value::NULL])),
        ("output", Value::unknown(Type::tuple([Type::Number]))),
        ("triggers_replace", Value::from("s").with_marks(Marks::SENSITIVE)),
    ]);
    let document = document(&plan(vec![change("terraform_data.a", Action::Create, Value::NULL, after)]), "");
    let expected = json!({
        "actions": ["create"],
        "before": null,
        "after": {"input": [1, null, {}, null], "triggers_replace": "s"},
        "after_unknown": {"id": true, "input": [false, true, {"a": true}, false], "output": true},
        "before_sensitive": false,
        "after_sensitive": {"input": [false, false, {}, false], "output": [], "triggers_replace": true},
    });
    check(&document, "/resource_changes/0/change", &expected);
}

#[test]
fn changes_name_address_reason_and_origin() {
    let there = object([("id", "i".into())]);
    let replace = Action::Replace { create_before_destroy: true };
    let mut changed = change("module.m[\"k\"].terraform_data.a[1]", replace, there.clone(), there.clone());
    changed.previous_address = Some("terraform_data.old".parse().expect("an address"));
    changed.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    changed.replace_paths = vec![AttributePath::root().attribute("input").index(0)];
    changed.importing = Some(Importing { id: "i".to_owned() });
    let mut deposed = change("terraform_data.a", Action::Delete, there, Value::NULL);
    deposed.deposed = Some(DeposedKey("deadbeef".into()));
    let document = document(&plan(vec![changed, deposed]), "");

    check(&document, "/resource_changes/0/deposed", &json!("deadbeef"));
    check(&document, "/resource_changes/0/change/after", &Json::Null);
    check(&document, "/resource_changes/0/change/after_unknown", &json!({}));
    check(&document, "/resource_changes/0/change/after_sensitive", &json!(false));
    let expected = json!({
        "address": "module.m[\"k\"].terraform_data.a[1]",
        "previous_address": "terraform_data.old",
        "module_address": "module.m[\"k\"]",
        "mode": "managed",
        "type": "terraform_data",
        "name": "a",
        "index": 1,
        "provider_name": "terraform.io/builtin/terraform",
        "change": {
            "actions": ["create", "delete"],
            "before": {"id": "i"},
            "after": {"id": "i"},
            "after_unknown": {},
            "before_sensitive": {},
            "after_sensitive": {},
            "replace_paths": [["input", 0]],
            "importing": {"id": "i"},
        },
        "action_reason": "replace_because_cannot_update",
    });
    check(&document, "/resource_changes/1", &expected);
}

#[test]
fn planned_values_nest_modules_and_leave_out_what_goes() {
    let there = || object([("id", "i".into())]);
    let document = document(
        &plan(vec![
            change("module.a.module.b[0].terraform_data.x", Action::Create, Value::NULL, there()),
            change("terraform_data.x[10]", Action::NoOp, there(), there()),
            change("terraform_data.gone", Action::Delete, there(), Value::NULL),
            change("data.terraform_data.read", Action::NoOp, there(), there()),
        ]),
        "",
    );
    let resource = |address: &str, index: Json| {
        let mut resource = json!({
            "address": address, "mode": "managed", "type": "terraform_data", "name": "x", "index": index,
            "provider_name": "terraform.io/builtin/terraform", "schema_version": 0,
            "values": {"id": "i"}, "sensitive_values": {},
        });
        if index.is_null() {
            resource.as_object_mut().expect("an object").remove("index");
        }
        resource
    };
    let inner = json!({
        "resources": [resource("module.a.module.b[0].terraform_data.x", Json::Null)],
        "address": "module.a.module.b[0]",
    });
    let expected = json!({
        "resources": [resource("terraform_data.x[10]", json!(10))],
        "child_modules": [{"address": "module.a", "child_modules": [inner]}],
    });
    check(&document, "/planned_values/root_module", &expected);
    check(&document, "/resource_changes/1/address", &json!("terraform_data.x[10]"));
}

#[test]
fn outputs_have_their_type_once_they_are_known() {
    let mut plan = plan(Vec::new());
    let value = Value::tuple(vec![1.into(), unknown()]);
    plan.outputs.insert("part".into(), output(Action::Create, Value::NULL, value));
    plan.outputs.insert("unknown".into(), output(Action::Update, 1.into(), unknown()));
    let secret = OutputChange { sensitive: true, ..output(Action::Create, Value::NULL, "s".into()) };
    plan.outputs.insert("secret".into(), secret);
    let document = document(&plan, "");
    let expected = json!({
        "part": {"sensitive": false},
        "secret": {"sensitive": true, "type": "string", "value": "s"},
        "unknown": {"sensitive": false},
    });
    check(&document, "/planned_values/outputs", &expected);
    let expected = json!({
        "part": {
            "actions": ["create"], "before": null, "after": [1, null], "after_unknown": [false, true],
            "before_sensitive": false, "after_sensitive": false,
        },
        "secret": {
            "actions": ["create"], "before": null, "after": "s", "after_unknown": false,
            "before_sensitive": true, "after_sensitive": true,
        },
        "unknown": {
            "actions": ["update"], "before": 1, "after_unknown": true,
            "before_sensitive": false, "after_sensitive": false,
        },
    });
    check(&document, "/output_changes", &expected);
}

#[test]
fn variables_are_those_given_and_defaults() {
    let mut plan = plan(Vec::new());
    plan.variables.insert("given".into(), "g".into());
    let root = "variable \"given\" {\n  default = 1\n}\nvariable \"left\" {\n  default = [2]\n}\n\
                variable \"passing\" {\n  default = 3\n  ephemeral = true\n}\n";
    let document = document(&plan, root);
    check(&document, "/variables", &json!({"given": {"value": "g"}, "left": {"value": [2]}}));
}

#[test]
fn expressions_are_constants_or_names() {
    check_input("[1, \"a${true ? \"b\" : 2}\", -3 + 1]", &json!({"constant_value": [1, "ab", -2]}));
    check_input("null", &json!({"constant_value": null}));
    check_input("upper(\"a\")", &json!({}));
    check_input("upper(var.a)", &json!({"references": ["var.a"]}));
    check_input("local.l[1].x", &json!({"references": ["local.l[1].x", "local.l[1]", "local.l"]}));
    check_input(
        "\"${terraform_data.b[0].output.z}\"",
        &json!({"references": [
            "terraform_data.b[0].output.z", "terraform_data.b[0].output", "terraform_data.b[0]", "terraform_data.b",
        ]}),
    );
    check_input("terraform_data.b[*].id", &json!({"references": ["terraform_data.b"]}));
    check_input("[for x in data.t.d.list : x]", &json!({"references": ["data.t.d.list", "data.t.d"]}));
    check_input(
        "module.m[\"k\"].o.p",
        &json!({"references": ["module.m[\"k\"].o.p", "module.m[\"k\"].o", "module.m[\"k\"]"]}),
    );
}

#[test]
fn the_configuration_has_modules_providers_and_meta_arguments() {
    let root = r#"
variable "v" {
  description = "text"
  default     = null
  sensitive   = true
}
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}
resource "aws_thing" "t" {
  provider = aws.west
  for_each = { a = 1 }
  name     = each.key

  rule {
    port = 1
  }
  rule {
    port = var.v
  }
  depends_on = [module.m]

  provisioner "local-exec" {
    command = "echo ${self.id}"
  }
}
module "m" {
  source = "./child"
  count  = 2
  v      = var.v
}
output "o" {
  value       = 1
  description = "one"
}
"#;
    let document = document(&plan(Vec::new()), root);
    let expected = json!({
        "provider_config": {
            "aws": {
                "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "version_constraint": ">= 6.0",
            },
            "aws.west": {
                "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "alias": "west",
                "version_constraint": ">= 6.0", "expressions": {"region": {"constant_value": "us-west-2"}},
            },
            "terraform": {"name": "terraform", "full_name": "terraform.io/builtin/terraform"},
        },
        "root_module": {
            "outputs": {"o": {"expression": {"constant_value": 1}, "description": "one"}},
            "resources": [{
                "address": "aws_thing.t",
                "mode": "managed",
                "type": "aws_thing",
                "name": "t",
                "provider_config_key": "aws.west",
                "provisioners": [{
                    "type": "local-exec",
                    "expressions": {"command": {"references": ["self.id", "self"]}},
                }],
                "expressions": {
                    "name": {"references": ["each.key"]},
                    "rule": [{"port": {"constant_value": 1}}, {"port": {"references": ["var.v"]}}],
                },
                "schema_version": 0,
                "for_each_expression": {"constant_value": {"a": 1}},
                "depends_on": ["module.m"],
            }],
            "module_calls": {"m": {
                "source": "./child",
                "expressions": {"v": {"references": ["var.v"]}},
                "count_expression": {"constant_value": 2},
                "module": {
                    "outputs": {"o": {"expression": {"references": ["terraform_data.in.id", "terraform_data.in"]}}},
                    "resources": [{
                        "address": "terraform_data.in",
                        "mode": "managed",
                        "type": "terraform_data",
                        "name": "in",
                        "provider_config_key": "terraform",
                        "expressions": {"input": {"references": ["var.v"]}},
                        "schema_version": 0,
                    }],
                    "variables": {"v": {}},
                },
            }},
            "variables": {"v": {"default": null, "description": "text", "sensitive": true}},
        },
    });
    check(&document, "/configuration", &expected);
}

#[test]
fn checks_name_block_instances_and_problems() {
    let object = |address: &str, messages: &[&str]| CheckObject {
        address: address.to_owned(),
        status: if messages.is_empty() { CheckStatus::Unknown } else { CheckStatus::Fail },
        failure_messages: messages.iter().map(|text| (*text).to_owned()).collect(),
    };
    let result = |kind, address: &str, objects| CheckResult {
        kind,
        config_address: address.to_owned(),
        status: CheckStatus::Fail,
        objects,
    };
    let mut plan = plan(Vec::new());
    plan.checks = vec![
        result(
            CheckKind::Resource,
            "module.m.terraform_data.a",
            vec![object("module.m[0].terraform_data.a[\"k\"]", &["bad"])],
        ),
        result(CheckKind::Output, "module.m.output.o", vec![object("module.m[0].output.o", &[])]),
    ];
    let expected = json!([
        {
            "address": {"kind": "output_value", "module": "module.m", "name": "o", "to_display": "module.m.output.o"},
            "status": "fail",
            "instances": [{
                "address": {"module": "module.m[0]", "to_display": "module.m[0].output.o"},
                "status": "unknown",
            }],
        },
        {
            "address": {
                "kind": "resource", "mode": "managed", "module": "module.m", "name": "a",
                "to_display": "module.m.terraform_data.a", "type": "terraform_data",
            },
            "status": "fail",
            "instances": [{
                "address": {
                    "instance_key": "k", "module": "module.m[0]",
                    "to_display": "module.m[0].terraform_data.a[\"k\"]",
                },
                "status": "fail",
                "problems": [{"message": "bad"}],
            }],
        },
    ]);
    check(&document(&plan, ""), "/checks", &expected);
}

#[test]
fn a_state_has_values_and_what_is_known_of_objects() {
    let mut tainted = data_object("1", "secret");
    tainted.status = Status::Tainted;
    tainted.sensitive_paths = vec![AttributePath::root().attribute("input")];
    tainted.dependencies =
        ["terraform_data.b".parse::<landfall_addr::ResourceInstance>().expect("an address").config()]
            .into_iter()
            .collect();
    let mut state = State::empty("l");
    put(&mut state, "terraform_data.a[0]", None, tainted);
    put(&mut state, "terraform_data.a[0]", Some("deadbeef"), data_object("0", "old"));
    state.set_output("o".into(), Some(OutputState { value: Value::tuple(vec![1.into()]), sensitive: true }));
    let resource = json!({
        "address": "terraform_data.a[0]", "mode": "managed", "type": "terraform_data", "name": "a", "index": 0,
        "provider_name": "terraform.io/builtin/terraform", "schema_version": 0,
    });
    let with = |more: Json| {
        let mut resource = resource.clone();
        resource.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        resource
    };
    let expected = json!({
        "format_version": "1.0",
        "terraform_version": "1.11.4",
        "values": {
            "outputs": {"o": {"sensitive": true, "value": [1], "type": ["tuple", ["number"]]}},
            "root_module": {"resources": [
                with(json!({
                    "values": {"id": "1", "input": "secret", "output": null, "triggers_replace": null},
                    "sensitive_values": {"input": true},
                    "depends_on": ["terraform_data.b"],
                    "tainted": true,
                })),
                with(json!({
                    "values": {"id": "0", "input": "old", "output": null, "triggers_replace": null},
                    "sensitive_values": {},
                    "deposed_key": "deadbeef",
                })),
            ]},
        },
    });
    assert_eq!(state_document(&state), expected);
    assert_eq!(state_document(&State::empty("l")), json!({"format_version": "1.0"}));
}

#[test]
fn numbers_keep_their_digits() {
    let digits = "123456789012345678901234567890.5";
    let value = landfall_value::json::from_text(digits, &Type::Number, landfall_value::json::Extra::Refuse);
    let mut plan = plan(Vec::new());
    plan.outputs.insert("n".into(), output(Action::Create, Value::NULL, value.expect("a number")));
    let mut text = Vec::new();
    write_plan(&mut text, &plan, &config("", ""), &StubSchemas::new()).expect("a document");
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.contains(&format!("\"after\":{digits}")), "{text}");
}
