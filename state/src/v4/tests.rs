use landfall_addr::{DeposedKey, InstanceKey, ModuleInstance, Resource};
use landfall_value::{AttributePath, Value};
use proptest::prelude::*;
use std::sync::Arc;

use super::{read, write};
use crate::{
    CheckKind, CheckObject, CheckResult, CheckStatus, Identity, JsonText, ObjectId, ObjectState, OutputState, State,
    StateError, Status,
};

/// A state as Terraform 1.11.4 writes it, with every field that it can hold.
const WRITTEN: &str = r#"{
  "version": 4,
  "terraform_version": "1.11.4",
  "serial": 5,
  "lineage": "77140e57-1f66-b3eb-d372-204cba8bd97f",
  "outputs": {
    "names": {
      "value": [
        "a",
        "b"
      ],
      "type": [
        "set",
        "string"
      ]
    },
    "secret": {
      "value": "x",
      "type": "string",
      "sensitive": true
    }
  },
  "resources": [
    {
      "mode": "data",
      "type": "aws_region",
      "name": "current",
      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
      "instances": [
        {
          "schema_version": 0,
          "attributes": {},
          "sensitive_attributes": []
        }
      ]
    },
    {
      "module": "module.x[0]",
      "mode": "managed",
      "type": "terraform_data",
      "name": "b",
      "provider": "module.x.provider[\"terraform.io/builtin/terraform\"].al",
      "instances": [
        {
          "index_key": 1,
          "schema_version": 0,
          "attributes": {
            "id": "1 \u003c\u0026\u003e \"q\"",
            "input": [],
            "output": 1.50,
            "triggers_replace": null
          },
          "sensitive_attributes": [
            [
              {
                "type": "get_attr",
                "value": "input"
              },
              {
                "type": "index",
                "value": {
                  "value": "k",
                  "type": "string"
                }
              }
            ]
          ],
          "identity_schema_version": 2,
          "identity": {
            "arn": "a"
          },
          "private": "aGVsbG8=",
          "dependencies": [
            "data.aws_region.current",
            "module.x.terraform_data.a"
          ],
          "create_before_destroy": true
        },
        {
          "index_key": 1,
          "status": "tainted",
          "deposed": "abcdabcd",
          "schema_version": 0,
          "attributes": {
            "id": "2"
          },
          "sensitive_attributes": []
        },
        {
          "index_key": "z\"y",
          "schema_version": 0,
          "attributes": {
            "id": "3"
          },
          "sensitive_attributes": []
        }
      ]
    }
  ],
  "check_results": [
    {
      "object_kind": "check",
      "config_addr": "check.c",
      "status": "fail",
      "objects": [
        {
          "object_addr": "check.c",
          "status": "fail",
          "failure_messages": [
            "no"
          ]
        }
      ]
    },
    {
      "object_kind": "var",
      "config_addr": "var.z",
      "status": "unknown",
      "objects": null
    }
  ]
}
"#;

fn text_of(state: &State) -> String {
    let mut text = Vec::new();
    write(state, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn writes_back_what_terraform_wrote() {
    let state = read(WRITTEN.as_bytes()).unwrap();
    assert_eq!(text_of(&state), WRITTEN);
}

#[test]
fn compact_attributes_are_laid_out_as_the_rest() {
    let compact = WRITTEN.lines().map(str::trim_start).collect::<String>();
    assert_eq!(text_of(&read(compact.as_bytes()).unwrap()), WRITTEN);
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    let error = read(text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn refuses_what_is_not_a_state_of_version_4() {
    let future = "the state uses format version 5, which landfall does not support: \
                  it may have been created by a newer version of landfall or Terraform";
    check_refused(r#"{"version": 5, "resources": {}}"#, future);
    let past = "the state uses format version 3, which landfall does not support: \
                apply it once with Terraform 1.x, which upgrades it";
    check_refused(r#"{"version": 3, "modules": []}"#, past);
    let nothing = "the state does not have a `version` attribute, which is required to identify the format version";
    check_refused("{}", nothing);
    check_refused("[1]", nothing);
}

#[test]
fn a_state_that_is_cut_off_is_a_syntax_error() {
    for length in [1, 40, WRITTEN.len() / 2, WRITTEN.len() - 3] {
        assert!(matches!(read(&WRITTEN.as_bytes()[..length]), Err(StateError::Syntax(_))), "at {length}");
    }
}

#[test]
fn secrets_are_not_in_debug_output() {
    let state = read(WRITTEN.replace("aGVsbG8=", "c2VjcmV0").as_bytes()).unwrap();
    assert!(!format!("{:?}", state.resources()).contains("\"1 "));
}

fn names() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_-]{0,6}"
}

fn keys() -> impl Strategy<Value = InstanceKey> {
    prop_oneof![Just(InstanceKey::None), (0..3u64).prop_map(InstanceKey::Index), ".{0,5}".prop_map(InstanceKey::name)]
}

prop_compose! {
    fn ids()(module in proptest::option::of((names(), keys())), r#type in names(), name in names(), key in keys(),
             deposed in proptest::option::of("[0-9a-f]{8}")) -> ObjectId {
        let module = module.map_or(ModuleInstance::root(), |(name, key)| ModuleInstance::root().child(name, key));
        let address = Resource::managed(r#type, name).within(module).instance(key);
        ObjectId { address, deposed: deposed.map(|key| DeposedKey(key.into())) }
    }
}

prop_compose! {
    fn objects()(tainted: bool, schema_version in 0..3u64, text in ".{0,20}", sensitive: bool,
                 private in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..9)),
                 identity: bool, dependency in names(), create_before_destroy: bool) -> ObjectState {
        let attributes = serde_json::json!({ "id": text, "n": [1, { "a": null }], "e": {} }).to_string();
        let mut object = ObjectState::new(schema_version, JsonText::parse(attributes).unwrap());
        object.status = if tainted { Status::Tainted } else { Status::Ready };
        if sensitive {
            object.sensitive_paths = vec![AttributePath::root().attribute("n").index(1).attribute(text.as_str())];
        }
        object.private = private.map(Arc::from);
        object.identity = identity.then(|| Identity { schema_version, attributes: object.attributes.clone() });
        object.dependencies = [Resource::data("a", dependency).within(ModuleInstance::root()).config()].into();
        object.create_before_destroy = create_before_destroy;
        object
    }
}

proptest! {
    #[test]
    fn any_state_reads_back_as_it_was_written(
        objects in proptest::collection::vec((ids(), objects()), 0..6),
        outputs in proptest::collection::btree_map(names(), (".{0,9}", any::<bool>()), 0..3),
    ) {
        let provider = landfall_addr::ProviderConfig {
            module: Default::default(),
            source: landfall_addr::ProviderSource::builtin(),
            alias: None,
        };
        let mut state = State::empty("lineage");
        for (id, object) in objects {
            state.set(id, provider.clone(), Arc::new(object));
        }
        for (name, (text, sensitive)) in outputs {
            state.set_output(name.into(), Some(OutputState { value: Value::from(text), sensitive }));
        }
        state.set_check_results(vec![CheckResult {
            kind: CheckKind::Resource,
            config_address: "a.b".into(),
            status: CheckStatus::Pass,
            objects: vec![CheckObject { address: "a.b[0]".into(), status: CheckStatus::Pass, failure_messages: vec![] }],
        }]);
        let text = text_of(&state);
        prop_assert_eq!(&read(text.as_bytes()).unwrap(), &state);
        prop_assert_eq!(text_of(&read(text.as_bytes()).unwrap()), text);
    }
}
