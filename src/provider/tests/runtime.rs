//! The runtime on the in-memory cloud and virtual time.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use landfall_provider::{
    Budgets, CallError, Cancellation, Client, Clock, Outcome, Progress, Provider, Runtime, StoredObject, Target, Token,
    UNSURE, VirtualClock,
};
use landfall_testkit::{Call, TestCloud, TestProvider};
use landfall_value::{Kind, Type, Value};
use tokio::sync::Semaphore;

struct World {
    clock: Arc<VirtualClock>,
    cloud: TestCloud,
    runtime: Runtime,
    provider: TestProvider,
    client: Client,
    cancel: Cancellation,
    progress: Mutex<Vec<String>>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(VirtualClock::new());
        let cloud = TestCloud::on(clock.clone());
        Self {
            runtime: Runtime::new(clock.clone(), Arc::new(Budgets::new())),
            provider: TestProvider::new(cloud.clone()),
            client: Arc::new(cloud.clone()),
            cancel: Cancellation::new(),
            progress: Mutex::default(),
            clock,
            cloud,
        }
    }

    /// Returns a planned object: these arguments, null for others, unknown for what the cloud decides.
    fn planned(&self, r#type: &str, arguments: &[(&str, Value)]) -> Value {
        let schema = self.provider.resource(r#type).unwrap().schema();
        let block = schema.block.value_type();
        let Type::Object(object) = block else { panic!("an object") };
        let value = |name: &str, r#type: &Type| match schema.block.attributes.get(name) {
            Some(attribute) if attribute.computed => Value::unknown(r#type.clone()),
            Some(attribute) => attribute.default.clone().unwrap_or_else(|| Value::null(r#type.clone())),
            None => Value::null(r#type.clone()),
        };
        let all = object.attributes.iter().map(|(name, r#type)| (name.clone(), value(name, r#type)));
        let planned = Value::object(all.collect());
        arguments.iter().fold(planned, |planned, (name, value)| planned.with_attribute(name, value.clone()))
    }

    async fn create(&self, r#type: &str, arguments: &[(&str, Value)]) -> Outcome {
        let planned = self.planned(r#type, arguments);
        let note = |progress| self.note(progress);
        self.runtime.create(self.target(r#type, &note), &planned, &Token("t".into())).await
    }

    /// Reads objects; returns whether each is there.
    async fn refresh(&self, r#type: &str, permits: usize, objects: &[StoredObject]) -> Vec<bool> {
        let resource = self.provider.resource(r#type).unwrap();
        let objects: Vec<_> = objects.iter().collect();
        let permits = Semaphore::new(permits);
        let answers = self.runtime.refresh(resource, &self.client, &self.cancel, &permits, &objects).await;
        answers.into_iter().map(|answer| answer.unwrap().is_some()).collect()
    }

    async fn update(&self, r#type: &str, prior: &StoredObject, arguments: &[(&str, Value)]) -> Outcome {
        let planned =
            arguments.iter().fold(prior.value.clone(), |value, (name, new)| value.with_attribute(name, new.clone()));
        let note = |progress| self.note(progress);
        self.runtime.update(self.target(r#type, &note), prior, &planned).await
    }

    async fn delete(&self, r#type: &str, prior: &StoredObject) -> Outcome {
        let note = |progress| self.note(progress);
        self.runtime.delete(self.target(r#type, &note), prior).await
    }

    fn target<'a>(&'a self, r#type: &str, progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Target<'a> {
        let resource = self.provider.resource(r#type).unwrap();
        Target { resource, client: &self.client, cancel: &self.cancel, progress }
    }

    fn note(&self, progress: Progress) {
        let text = match progress {
            Progress::Accepted { object, .. } => format!("accepted {}", text(&object, "id")),
            Progress::Waiting { reason } => format!("waiting {reason}"),
            Progress::Retrying { error, after } => format!("retrying {} after {after:?}", error.code),
        };
        self.progress.lock().unwrap().push(text);
    }

    fn seconds(&self) -> u64 {
        self.clock.now().as_secs()
    }
}

fn text(object: &StoredObject, name: &str) -> String {
    match object.value.get(name).map(Value::kind) {
        Some(Kind::String(text)) => text.to_string(),
        Some(Kind::Number(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn reached(outcome: Outcome) -> StoredObject {
    assert_eq!(outcome.error, None);
    outcome.object.unwrap()
}

fn fault(code: &str) -> CallError {
    CallError::local(code, "scripted")
}

#[tokio::test]
async fn a_created_object_has_what_was_asked_for_and_what_the_service_decided() {
    let world = World::new();
    let object = reached(world.create("test_thing", &[("name", "a".into()), ("force", true.into())]).await);
    assert_eq!(text(&object, "id"), "test_thing-1");
    assert_eq!(text(&object, "arn"), "arn:test:thing/a");
    assert_eq!(text(&object, "version"), "1.0");
    assert_eq!(object.value.get("force"), Some(&Value::TRUE));
    assert_eq!(world.cloud.calls(), ["create test_thing a", "observe test_thing test_thing-1"]);
    assert_eq!(object.value.r#type(), world.provider.resource("test_thing").unwrap().schema().block.value_type());
}

#[tokio::test]
async fn a_creation_without_an_answer_is_looked_for_before_it_is_made_again() {
    let world = World::new();
    world.cloud.lose_answer();
    reached(world.create("test_thing", &[("name", "a".into())]).await);
    assert_eq!(world.cloud.changes(), ["create test_thing a"]);
    // Not carried out: made again.
    let world = World::new();
    world.cloud.fail(Call::Create, "test_thing", 1, fault("timeout"));
    reached(world.create("test_thing", &[("name", "a".into())]).await);
    assert_eq!(world.cloud.changes(), ["create test_thing a", "create test_thing a"]);
    assert_eq!(world.cloud.ids().len(), 1);
}

#[tokio::test]
async fn a_creation_of_which_nobody_can_tell_is_not_made_again() {
    let world = World::new();
    world.cloud.lose_answer();
    let outcome = world.create("test_serial", &[("name", "a".into())]).await;
    assert_eq!(outcome.error.map(|error| error.code).as_deref(), Some(UNSURE));
    assert_eq!(world.cloud.changes(), ["create test_serial a"]);
}

#[tokio::test]
async fn write_only_values_are_not_stored() {
    let world = World::new();
    let arguments = [("name", "a".into()), ("passphrase", "hush".into())];
    let object = reached(world.create("test_thing", &arguments).await);
    assert!(object.value.get("passphrase").unwrap().is_null());
    assert_eq!(world.cloud.get("test_thing-1").unwrap().passphrase.as_deref(), Some("hush"));
}

#[tokio::test]
async fn the_first_poll_comes_after_half_of_the_usual_time() {
    let world = World::new();
    world.cloud.pend("test_slow", 2);
    reached(world.create("test_slow", &[("name", "a".into())]).await);
    assert_eq!(world.seconds(), 60 + 12);
    assert_eq!(*world.progress.lock().unwrap(), ["accepted test_slow-1", "waiting working", "waiting working"]);
}

#[tokio::test]
async fn an_object_not_visible_yet_is_looked_for_again() {
    let world = World::new();
    world.cloud.hide("test_thing", 3);
    reached(world.create("test_thing", &[("name", "a".into())]).await);
    assert_eq!(world.cloud.calls().len(), 5);
}

#[tokio::test]
async fn throttling_and_faults_that_pass_are_tried_again() {
    let world = World::new();
    world.cloud.fail(Call::Create, "test_thing", 1, fault("Throttling"));
    world.cloud.fail(Call::Create, "test_thing", 2, fault("dispatch"));
    reached(world.create("test_thing", &[("name", "a".into())]).await);
    let progress = world.progress.lock().unwrap();
    assert_eq!(progress[..2], ["retrying Throttling after 500ms", "retrying dispatch after 500ms"]);
}

#[tokio::test]
async fn errors_that_the_type_names_are_tried_again_within_a_limit() {
    let world = World::new();
    for nth in 1..=40 {
        world.cloud.fail(Call::Create, "test_thing", nth, fault("NotYet"));
    }
    let outcome = world.create("test_thing", &[("name", "a".into())]).await;
    assert_eq!(outcome.error.unwrap().code, "NotYet");
    assert_eq!(outcome.object, None);
    assert!((110..=135).contains(&world.seconds()), "{}", world.seconds());
}

#[tokio::test]
async fn other_errors_end_a_creation_at_once() {
    let world = World::new();
    world.cloud.fail(Call::Create, "test_thing", 1, fault("AccessDenied"));
    let outcome = world.create("test_thing", &[("name", "a".into())]).await;
    assert_eq!((outcome.object, outcome.error), (None, Some(fault("AccessDenied"))));
    assert_eq!(world.seconds(), 0);
}

#[tokio::test]
async fn an_object_that_fails_after_its_creation_is_kept_half_made() {
    let world = World::new();
    world.cloud.fail(Call::Observe, "test_thing", 1, fault("AccessDenied"));
    let outcome = world.create("test_thing", &[("name", "a".into())]).await;
    let object = outcome.object.unwrap();
    assert_eq!(outcome.error, Some(fault("AccessDenied")));
    assert_eq!(text(&object, "id"), "test_thing-1");
    assert!(object.value.is_wholly_known());
    reached_nothing(world.delete("test_thing", &object).await);
}

fn reached_nothing(outcome: Outcome) {
    assert_eq!(outcome, Outcome::reached(None));
}

#[tokio::test]
async fn deadlines_come_from_the_type_or_from_the_user() {
    let world = World::new();
    world.cloud.pend("test_slow", 1000);
    let outcome = world.create("test_slow", &[("name", "a".into())]).await;
    assert_eq!(world.seconds(), 600);
    assert_eq!(outcome.error.unwrap().message, "gave up after 10m, waiting for: working");
    assert!(outcome.object.is_some());

    let timeouts = Value::object_of([("create", "90s".into()), ("update", Value::NULL), ("delete", Value::NULL)]);
    let outcome = world.create("test_slow", &[("name", "b".into()), ("timeouts", timeouts.clone())]).await;
    assert_eq!(world.seconds(), 690);
    assert_eq!(outcome.object.unwrap().value.get("timeouts"), Some(&timeouts));
}

#[tokio::test]
async fn cancellation_ends_a_wait_and_keeps_what_is_there() {
    let world = World::new();
    world.cloud.pend("test_slow", 1000);
    world.cloud.slow(Call::Create, "test_slow", Duration::from_secs(1));
    let stop = async {
        world.clock.sleep(Duration::from_secs(30)).await;
        world.cancel.cancel();
    };
    let arguments = [("name", "a".into())];
    let (outcome, ()) = futures::join!(world.create("test_slow", &arguments), stop);
    assert_eq!(outcome.error.unwrap().code, "interrupted");
    assert_eq!(text(&outcome.object.unwrap(), "id"), "test_slow-1");
    assert_eq!(world.seconds(), 30);
}

#[tokio::test]
async fn what_the_create_call_does_not_take_is_updated_afterwards() {
    let world = World::new();
    let arguments = [("name", "a".into()), ("size", 5.into()), ("note", "n".into())];
    let object = reached(world.create("test_steps", &arguments).await);
    let calls = ["create test_steps a", "update test_steps test_steps-1 size", "update test_steps test_steps-1 note"];
    assert_eq!(world.cloud.changes(), calls);
    assert_eq!((text(&object, "size").as_str(), text(&object, "note").as_str()), ("5", "n"));
}

#[tokio::test]
async fn updates_touch_only_what_the_plan_changes() {
    let world = World::new();
    let object = reached(world.create("test_steps", &[("name", "a".into())]).await);
    world.cloud.edit("test_steps-1", |args| args.note = Some("moved by another".into()));
    world.cloud.forget_calls();
    let object = reached(world.update("test_steps", &object, &[("size", 7.into())]).await);
    assert_eq!(world.cloud.changes(), ["update test_steps test_steps-1 size"]);
    assert_eq!(text(&object, "note"), "moved by another");
}

#[tokio::test]
async fn an_argument_that_the_service_does_not_return_is_carried_over_an_update() {
    let world = World::new();
    let object = reached(world.create("test_thing", &[("name", "a".into())]).await);
    let object = reached(world.update("test_thing", &object, &[("force", true.into())]).await);
    assert_eq!(object.value.get("force"), Some(&Value::TRUE));
}

#[tokio::test]
async fn an_update_is_looked_at_again_while_reads_lag_behind() {
    let world = World::new();
    let object = reached(world.create("test_thing", &[("name", "a".into())]).await);
    world.cloud.lag("test_thing", 2);
    let object = reached(world.update("test_thing", &object, &[("size", 7.into())]).await);
    assert_eq!(text(&object, "size"), "7");
    assert_eq!(world.cloud.changes(), ["create test_thing a", "update test_thing test_thing-1"]);
}

#[tokio::test]
async fn what_the_create_call_does_not_take_is_looked_at_again_while_reads_lag_behind() {
    let world = World::new();
    world.cloud.lag("test_steps", 2);
    let object = reached(world.create("test_steps", &[("name", "a".into()), ("note", "n".into())]).await);
    assert_eq!(text(&object, "note"), "n");
    assert_eq!(world.cloud.changes(), ["create test_steps a", "update test_steps test_steps-1 note"]);
}

#[tokio::test]
async fn a_failed_update_returns_the_object_as_it_is() {
    let world = World::new();
    let object = reached(world.create("test_thing", &[("name", "a".into())]).await);
    world.cloud.fail(Call::Update, "test_thing", 1, fault("InvalidParameter"));
    let outcome = world.update("test_thing", &object, &[("size", 7.into())]).await;
    assert_eq!(outcome.error, Some(fault("InvalidParameter")));
    assert_eq!(text(&outcome.object.unwrap(), "size"), "1");
}

#[tokio::test]
async fn a_removal_waits_until_the_object_is_gone() {
    let world = World::new();
    let object = reached(world.create("test_slow", &[("name", "a".into())]).await);
    let before = world.seconds();
    world.cloud.pend("test_slow", 3);
    reached_nothing(world.delete("test_slow", &object).await);
    assert!(world.cloud.ids().is_empty());
    assert_eq!(world.seconds() - before, 30 + 6 + 6);
}

#[tokio::test]
async fn a_refresh_answers_for_each_object_whatever_its_phase() {
    let world = World::new();
    let mut objects = Vec::new();
    for name in ["a", "b", "c"] {
        objects.push(reached(world.create("test_thing", &[("name", name.into())]).await));
    }
    world.cloud.remove("test_thing-1");
    world.cloud.break_down("test_thing-2", "out of order");
    world.cloud.fail(Call::Observe, "test_thing", 3, fault("Throttling"));
    assert_eq!(world.refresh("test_thing", 8, &objects).await, [false, true, true]);
}

#[tokio::test]
async fn a_refresh_believes_only_after_several_looks_that_an_object_is_gone() {
    let world = World::new();
    let objects = [reached(world.create("test_thing", &[("name", "a".into())]).await)];
    world.cloud.overlook("test_thing-1", 2);
    assert_eq!(world.refresh("test_thing", 8, &objects).await, [true]);
    world.cloud.overlook("test_thing-1", 3);
    assert_eq!(world.refresh("test_thing", 8, &objects).await, [false]);
}

#[tokio::test]
async fn a_refresh_reads_at_the_same_time_what_takes_reads_of_its_own() {
    let world = World::new();
    let mut objects = Vec::new();
    for name in ["a", "b", "c", "d"] {
        objects.push(reached(world.create("test_thing", &[("name", name.into())]).await));
    }
    world.cloud.slow(Call::Observe, "test_thing", Duration::from_secs(1));
    for (permits, seconds) in [(8, 1), (2, 2)] {
        let before = world.seconds();
        world.refresh("test_thing", permits, &objects).await;
        assert_eq!(world.seconds() - before, seconds);
    }
}

#[tokio::test]
async fn an_import_reads_by_id() {
    let world = World::new();
    reached(world.create("test_thing", &[("name", "a".into()), ("note", "n".into())]).await);
    let found = world.runtime.import(world.target("test_thing", &|_| {}), "test_thing-1").await.unwrap().unwrap();
    assert_eq!(text(&found, "note"), "n");
    let missing = world.runtime.import(world.target("test_thing", &|_| {}), "test_thing-9").await;
    assert_eq!(missing, Ok(None));
}

#[tokio::test]
async fn a_data_source_is_read() {
    let world = World::new();
    reached(world.create("test_thing", &[("name", "a".into()), ("size", 9.into())]).await);
    let data = world.provider.data_source("test_thing").unwrap();
    let config = Value::object_of([("name", Value::from("a"))]);
    world.cloud.fail(Call::Read, "test_thing", 1, fault("ServiceUnavailable"));
    let read = world.runtime.read_data(data, &world.client, &world.cancel, &config).await.unwrap();
    assert_eq!(read.get("size"), Some(&Value::from(9)));
    assert_eq!(read.get("id"), Some(&Value::from("test_thing-1")));
}

#[tokio::test]
async fn a_service_that_takes_one_change_at_a_time_gets_one_at_a_time() {
    let world = World::new();
    world.cloud.slow(Call::Create, "test_serial", Duration::from_secs(10));
    let one = [("name", "a".into()), ("group", "g".into())];
    let two = [("name", "b".into()), ("group", "g".into())];
    let other = [("name", "c".into()), ("group", "h".into())];
    let create = |arguments| world.create("test_serial", arguments);
    let outcomes = futures::join!(create(&one[..]), create(&two[..]), create(&other[..]));
    assert!(outcomes.0.error.is_none() && outcomes.1.error.is_none() && outcomes.2.error.is_none());
    assert_eq!(world.seconds(), 20);
}

#[tokio::test]
async fn whoever_waits_for_its_turn_can_be_called_off() {
    let world = World::new();
    world.cloud.slow(Call::Create, "test_serial", Duration::from_secs(10));
    let arguments = [("name", "a".into()), ("group", "g".into())];
    let stop = async {
        world.clock.sleep(Duration::from_secs(1)).await;
        world.cancel.cancel();
    };
    let create = || world.create("test_serial", &arguments);
    let (running, waiting, ()) = futures::join!(create(), create(), stop);
    assert_eq!(running.error, None);
    assert_eq!((waiting.object, waiting.error.unwrap().code), (None, "interrupted".to_owned()));
    assert_eq!(world.cloud.changes(), ["create test_serial a"]);
}
