//! The derives: schema, reading and writing of structs.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::collections::BTreeMap;

use landfall_provider::codec::{Field, Fields};
use landfall_provider::{Args, Attrs, Filled, Sensitive, Set, Tags};
use landfall_value::schema::{AttributeType, Check, Equivalence, Nesting, Rule};
use landfall_value::{Type, Value};

/// What a user may write.
#[derive(Clone, Debug, PartialEq, Args)]
#[args(exactly_one("selector", "scaling"))]
struct ExampleArgs {
    /// Name of the example,
    /// unique in its cluster.
    #[arg(replace, min_len = 1, max_len = 100, pattern("^[a-z]+$", "must be lower-case letters"))]
    name: String,
    #[arg(default = true)]
    enabled: bool,
    #[arg(default = -1, min = -1, max = 10)]
    retention: i64,
    description: Option<String>,
    #[arg(optional)]
    path: String,
    engine_version: Filled<String>,
    password: Option<Sensitive<String>>,
    #[arg(equivalent(policy), conflicts("path", "description"))]
    policy: Option<String>,
    #[arg(min_items = 1, each(one_of("a", "b")))]
    subnet_ids: Option<Set<String>>,
    labels: Option<BTreeMap<String, String>>,
    #[arg(block, replace, min_items = 1)]
    selector: Set<Selector>,
    #[arg(block)]
    scaling: Option<Scaling>,
    #[arg(block)]
    network: Filled<Network>,
    #[arg(as_block)]
    ingress: Filled<Set<Selector>>,
    r#type: Option<String>,
    tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Args)]
struct Selector {
    namespace: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, PartialEq, Args)]
struct Scaling {
    size: i32,
    ratio: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Args)]
struct Network {
    family: Filled<String>,
    #[arg(output)]
    cidr: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Attrs)]
struct ExampleAttrs {
    arn: String,
    #[attr(list)]
    authority: Option<Authority>,
    endpoints: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Attrs)]
struct Authority {
    data: String,
}

fn minimal() -> BTreeMap<&'static str, Value> {
    let selector = Value::object_of([("namespace", Value::from("default"))]);
    [("name", Value::from("x")), ("selector", Value::set(Selector::r#type(), vec![selector]))].into()
}

fn read(values: BTreeMap<&'static str, Value>) -> ExampleArgs {
    ExampleArgs::read(&Value::object_of(values)).unwrap()
}

fn written<T: Fields>(fields: &T) -> Value {
    let mut attributes = BTreeMap::new();
    fields.write(&mut attributes);
    Value::object(attributes)
}

#[test]
fn types_of_fields_give_flags() {
    let block = ExampleArgs::block();
    let flags = |name: &str| {
        let attribute = &block.attributes[name];
        (attribute.required, attribute.optional, attribute.computed)
    };
    assert_eq!(flags("name"), (true, false, false));
    assert_eq!(flags("enabled"), (false, true, false));
    assert_eq!(flags("description"), (false, true, false));
    assert_eq!(flags("path"), (false, true, false));
    assert_eq!(flags("engine_version"), (false, true, true));
    assert_eq!(flags("ingress"), (false, true, true));
    assert_eq!(flags("type"), (false, true, false));
    assert_eq!(flags("tags"), (false, true, false));
    assert_eq!(flags("tags_all"), (false, true, true));
    assert!(block.attributes["password"].sensitive);
    assert!(block.attributes["ingress"].as_block);
}

#[test]
fn settings_reach_the_schema() {
    let block = ExampleArgs::block();
    let name = &block.attributes["name"];
    assert!(name.replace);
    assert_eq!(&*name.description, "Name of the example, unique in its cluster.");
    let pattern = Check::Pattern("^[a-z]+$".into(), "must be lower-case letters".into());
    assert_eq!(name.checks, [Check::MinLength(1), Check::MaxLength(100), pattern]);
    assert_eq!(block.attributes["retention"].default, Some(Value::from(-1)));
    assert_eq!(block.attributes["policy"].equivalence, Some(Equivalence::Policy));
    let each = Check::Each(vec![Check::OneOf(vec!["a".into(), "b".into()])]);
    assert_eq!(block.attributes["subnet_ids"].checks, [Check::MinItems(1), each]);
    let rules = [
        Rule::Conflicts(vec!["path".into(), "policy".into()]),
        Rule::Conflicts(vec!["description".into(), "policy".into()]),
        Rule::ExactlyOne(vec!["scaling".into(), "selector".into()]),
    ];
    assert_eq!(block.rules, rules);
}

#[test]
fn null_and_zero_mean_the_same_only_where_null_can_stay() {
    let block = ExampleArgs::block();
    assert!(block.attributes["description"].zero_is_null);
    assert!(!block.attributes["name"].zero_is_null);
    assert!(!block.attributes["enabled"].zero_is_null);
    assert!(!block.attributes["engine_version"].zero_is_null);
}

#[test]
fn nested_structs_become_blocks() {
    let block = ExampleArgs::block();
    let selector = &block.blocks["selector"];
    assert_eq!((selector.nesting, selector.min_items, selector.max_items), (Nesting::Set, 1, 0));
    assert!(selector.replace && !selector.computed);
    let scaling = &block.blocks["scaling"];
    assert_eq!((scaling.nesting, scaling.min_items, scaling.max_items), (Nesting::List, 0, 1));
    assert!(block.blocks["network"].computed);
    assert!(!block.blocks["network"].block.attributes["cidr"].optional);
}

#[test]
fn attributes_are_computed() {
    let block = ExampleAttrs::block();
    assert!(
        block.attributes.values().all(|attribute| attribute.computed && !attribute.required && !attribute.optional)
    );
    let AttributeType::Plain(authority) = &block.attributes["authority"].r#type else { panic!("a plain type") };
    assert_eq!(*authority, Type::list(Type::object([("data", Type::String)])));
}

#[test]
fn what_is_not_set_reads_as_default_or_unset() {
    let args = read(minimal());
    assert!(args.enabled);
    assert_eq!(args.retention, -1);
    assert_eq!(args.path, "");
    assert_eq!(args.engine_version, Filled::unset());
    assert_eq!(args.scaling, None);
    assert_eq!(args.subnet_ids, None);
    assert_eq!(args.selector.len(), 1);
    assert_eq!(args.tags, Tags::default());
}

#[test]
fn what_is_not_known_yet_reads_as_unset_where_the_service_fills_it() {
    let mut values = minimal();
    values.insert("engine_version", Value::unknown(Type::String));
    values.insert("network", Value::unknown(Type::list(Network::r#type())));
    values.insert("tags_all", Value::unknown(Type::map(Type::String)));
    let args = read(values);
    assert_eq!(args.engine_version, Filled::unset());
    assert_eq!(args.network, Filled::unset());
}

#[test]
fn empty_text_is_unset_unless_the_type_tells_them_apart() {
    let mut values = minimal();
    values.insert("description", Value::from(""));
    assert_eq!(read(values).description, None);

    #[derive(Clone, Args)]
    #[args(framework)]
    struct Framework {
        description: Option<String>,
    }
    let read = Framework::read(&Value::object_of([("description", Value::from(""))])).unwrap();
    assert_eq!(read.description.as_deref(), Some(""));
    assert!(!Framework::block().attributes["description"].zero_is_null);
}

#[test]
fn values_survive_a_round_trip() {
    let mut values = minimal();
    values.insert("retention", Value::from(7));
    values.insert("path", Value::from("/p/"));
    values.insert("engine_version", Value::from("1.33"));
    values.insert("password", Value::from("secret"));
    let scaling = Value::object_of([("size", Value::from(3)), ("ratio", Value::null(Type::Number))]);
    values.insert("scaling", Value::list(Scaling::r#type(), vec![scaling]));
    let args = read(values);
    let object = written(&args);
    assert_eq!(object.r#type(), ExampleArgs::r#type());
    assert_eq!(ExampleArgs::read(&object).unwrap(), args);
    assert_eq!(object.get("path"), Some(&Value::from("/p/")));
    assert_eq!(object.get("network").and_then(Value::len), Some(0));
    assert_eq!(args.scaling, Some(Scaling { size: 3, ratio: None }));
}

#[test]
fn zero_of_an_optional_field_is_written_as_null() {
    assert_eq!(written(&read(minimal())).get("path"), Some(&Value::null(Type::String)));
}

#[test]
fn attributes_not_written_by_the_service_yet_are_absent() {
    let attrs = ExampleAttrs::read(&Value::object_of([("arn", Value::unknown(Type::String))])).unwrap();
    assert_eq!(attrs, ExampleAttrs { arn: String::new(), authority: None, endpoints: Vec::new() });
}

#[test]
fn errors_name_the_place() {
    let mut values = minimal();
    values.insert("scaling", Value::list(Scaling::r#type(), vec![Value::object_of([("size", Value::from("x"))])]));
    let error = ExampleArgs::read(&Value::object_of(values)).unwrap_err();
    assert_eq!(error.to_string(), "scaling[0].size: expected a number, found another type");
}

#[test]
fn secrets_stay_out_of_debug_texts() {
    let mut values = minimal();
    values.insert("password", Value::from("secret"));
    assert!(!format!("{:?}", read(values)).contains("secret"));
}
