//! The erased twin: what a provider adds to its types.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::sync::Arc;

use landfall_provider::{
    AnyKnown, AnyObserved, AnyResource, Args, Attrs, CallResult, Change, Client, Created, Facts, Known, Object,
    Observed, Phase, Planned, Regions, Resource, Step, StoredObject, Tags, Timing, Token, Typed, usually,
};
use landfall_value::{Type, Value};

/// A client that only knows its region.
#[derive(Clone)]
struct Place(String);

struct Bucket;

#[derive(Clone, Args)]
struct BucketArgs {
    name: String,
    tags: Tags,
}

#[derive(Clone, Attrs)]
struct BucketAttrs {
    seen_in: String,
}

impl Resource for Bucket {
    type Args = BucketArgs;
    type Attrs = BucketAttrs;
    type Client = Place;
    const TYPE: &'static str = "test_bucket";
    const TIMING: Timing = Timing::new().create("10m", usually("2s"));

    async fn create(place: &Place, args: &BucketArgs, _token: &Token) -> CallResult<Created> {
        Ok(Created::with_id(format!("{}/{}", place.0, args.name)))
    }

    async fn observe(place: &Place, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let args = known.args().cloned().unwrap_or(BucketArgs { name: known.id().into(), tags: Tags::default() });
        let attrs = BucketAttrs { seen_in: place.0.clone() };
        let object = Object { id: known.id().to_owned(), args, attrs, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(_: &Place, _: &Change<'_, Self>, _: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(_: &Place, _: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }
}

fn bucket() -> Typed<Bucket> {
    Typed::new().regional(Regions { client: |_, name| Place(name.to_owned()), name: |place| &place.0 })
}

fn home() -> Client {
    Arc::new(Place("eu-west-1".into()))
}

fn stored(name: &str, region: Value) -> StoredObject {
    let value = Value::object_of([("id", Value::from(name)), ("name", name.into()), ("region", region)]);
    StoredObject { value, private: None }
}

async fn seen(known: &[AnyKnown<'_>]) -> Vec<(String, String)> {
    let answers = bucket().observe_many(&home(), known).await;
    let there = |answer: CallResult<AnyObserved>| match answer.unwrap() {
        AnyObserved::There(_, object) => object.value,
        AnyObserved::Gone => panic!("gone"),
    };
    let text = |value: &Value, name: &str| value.get(name).unwrap().as_str().unwrap().to_owned();
    answers.into_iter().map(there).map(|value| (text(&value, "id"), text(&value, "region"))).collect()
}

#[test]
fn the_provider_adds_id_region_tags_all_and_timeouts() {
    let bucket = bucket();
    let block = &bucket.schema().block;
    let flags = |name: &str| {
        let attribute = &block.attributes[name];
        (attribute.optional, attribute.computed, attribute.replace)
    };
    assert_eq!(flags("id"), (true, true, false));
    assert_eq!(flags("region"), (true, true, true));
    assert_eq!(flags("tags_all"), (true, true, false));
    let timeouts: Vec<_> = block.blocks["timeouts"].block.attributes.keys().map(|name| &**name).collect();
    assert_eq!(timeouts, ["create"]);
}

#[tokio::test]
async fn each_object_is_looked_for_in_its_region_and_answers_keep_their_order() {
    let (here, there) = (stored("a", Value::null(Type::String)), stored("b", "us-east-2".into()));
    let known =
        [AnyKnown::Prior(&there), AnyKnown::Prior(&here), AnyKnown::Import("c@us-east-2"), AnyKnown::Import("d@e")];
    let expected = [("b", "us-east-2"), ("a", "eu-west-1"), ("c", "us-east-2"), ("d@e", "eu-west-1")];
    assert_eq!(seen(&known).await, expected.map(|(id, region)| (id.to_owned(), region.to_owned())));
}

#[tokio::test]
async fn creation_goes_to_the_region_that_is_planned() {
    let planned = Value::object_of([("name", Value::from("a")), ("region", "us-east-2".into())]);
    let created = bucket().create(&home(), &planned, &Token("t".into())).await.unwrap();
    assert_eq!(created.id, "us-east-2/a");
}

#[test]
fn a_plan_knows_region_and_tags() {
    let facts =
        Facts { region: Some("eu-west-1".into()), default_tags: [("a".into(), "1".into())].into(), ..Facts::default() };
    let config = Value::object_of([("name", "x".into()), ("region", Value::null(Type::String)), ("tags", Value::NULL)]);
    let planned = |prior: &Value| {
        let overrides = bucket().plan(&facts, &Planned { prior, config: &config, proposed: &config });
        let values: Vec<_> = overrides.values.iter().map(|(path, value)| format!("{path} = {value:?}")).collect();
        (values, overrides.keep.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let tags = r#"tags_all = {"a": "1"}"#.to_owned();
    assert_eq!(planned(&Value::NULL), (vec![tags.clone(), r#"region = "eu-west-1""#.to_owned()], vec![]));
    let old = stored("x", Value::null(Type::String)).value;
    assert_eq!(planned(&old), (vec![tags], vec!["region".to_owned()]));
}
