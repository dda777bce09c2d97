//! The types of this crate, run by the runtime.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use landfall_builtin::providers;
use landfall_provider::{
    AnyResource, Budgets, Cancellation, Client, Clock, Facts, Planned, Progress, Provider, Runtime, StoredObject,
    Target, Token, VirtualClock,
};
use landfall_value::{Type, Value};
use tokio::sync::Semaphore;

struct World {
    clock: Arc<VirtualClock>,
    runtime: Runtime,
    client: Client,
    cancel: Cancellation,
    provider: Arc<dyn Provider>,
    /// As text: who keeps what was told holds the operation up.
    progress: Mutex<Vec<String>>,
}

impl World {
    fn of(r#type: &str) -> Self {
        let clock = Arc::new(VirtualClock::new());
        let runtime = Runtime::new(clock.clone(), Arc::new(Budgets::new()));
        let found = providers().into_iter().find(|provider| provider.resource(r#type).is_some()).unwrap();
        let cancel = Cancellation::new();
        Self { clock, runtime, client: Arc::new(()), cancel, provider: found, progress: Mutex::default() }
    }

    fn resource(&self) -> &dyn AnyResource {
        self.provider.resource(self.provider.resource_types()[0]).unwrap()
    }

    async fn create(&self, planned: &Value) -> StoredObject {
        let progress = |progress| self.progress.lock().unwrap().push(format!("{progress:?}"));
        let outcome = self.runtime.create(self.target(&progress), planned, &Token("t".into())).await;
        assert_eq!(outcome.error, None);
        outcome.object.unwrap()
    }

    fn target<'a>(&'a self, progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Target<'a> {
        Target { resource: self.resource(), client: &self.client, cancel: &self.cancel, progress }
    }
}

fn data(input: Value) -> Value {
    let output = Value::unknown(input.r#type());
    let id = Value::unknown(Type::String);
    Value::object_of([("id", id), ("input", input), ("output", output), ("triggers_replace", Value::NULL)])
}

#[tokio::test]
async fn terraform_data_answers_its_input() {
    let world = World::of("terraform_data");
    let object = world.create(&data("x".into())).await;
    assert_eq!(object.value.get("output"), Some(&"x".into()));
    assert_eq!(object.value.get("id").and_then(Value::as_str).map(str::len), Some(36));
    assert!(world.progress.lock().unwrap().is_empty());

    let planned = data("y".into()).with_attribute("id", object.value.get("id").unwrap().clone());
    let updated = world.runtime.update(world.target(&|_| {}), &object, &planned).await.object.unwrap();
    assert_eq!(updated.value.get("output"), Some(&"y".into()));
    assert_eq!(updated.value.get("id"), object.value.get("id"));

    let refreshed =
        world.runtime.refresh(world.resource(), &world.client, &world.cancel, &Semaphore::new(8), &[&updated]).await;
    assert_eq!(refreshed, [Ok(Some(updated.clone()))]);
    let gone = world.runtime.delete(world.target(&|_| {}), &updated).await;
    assert_eq!((gone.object, gone.error), (None, None));
}

#[test]
fn terraform_data_promises_no_output_but_null() {
    let world = World::of("terraform_data");
    let output = |prior: &Value, input: Value| {
        let proposed = Value::object_of([("input", input)]);
        let planned = Planned { prior, config: &proposed, proposed: &proposed };
        let overrides = world.resource().plan(&Facts::default(), &planned);
        overrides.values.into_iter().find(|(path, _)| path.to_string() == "output").map(|(_, value)| value)
    };
    assert_eq!(output(&Value::NULL, "x".into()), Some(Value::unknown(Type::String)));
    assert_eq!(output(&Value::NULL, Value::NULL), Some(Value::NULL));
    let prior = Value::object_of([("input", Value::from("x"))]);
    assert_eq!(output(&prior, "x".into()), None);
    assert_eq!(output(&prior, Value::from(1)), Some(Value::unknown(Type::Number)));
}

#[tokio::test]
async fn time_sleep_waits_on_the_clock_that_is_passed_in() {
    let world = World::of("time_sleep");
    let planned = Value::object_of([
        ("id", Value::unknown(Type::String)),
        ("create_duration", "90s".into()),
        ("destroy_duration", "25m".into()),
        ("triggers", Value::null(Type::map(Type::String))),
    ]);
    let object = world.create(&planned).await;
    assert_eq!(world.clock.now(), Duration::from_secs(90));
    let gone = world.runtime.delete(world.target(&|_| {}), &object).await;
    assert_eq!((gone.object, gone.error), (None, None));
    assert_eq!(world.clock.now(), Duration::from_secs(90 + 25 * 60));
}

#[tokio::test]
async fn an_interrupted_sleep_leaves_a_half_made_object() {
    let world = World::of("time_sleep");
    world.cancel.cancel();
    let planned = Value::object_of([("id", Value::unknown(Type::String)), ("create_duration", "90s".into())]);
    let outcome = world.runtime.create(world.target(&|_| {}), &planned, &Token("t".into())).await;
    assert_eq!(outcome.error.unwrap().code, "interrupted");
    assert!(outcome.object.is_some());
    assert_eq!(world.clock.now(), Duration::ZERO);
}

fn file(path: &str, content: &str) -> Value {
    let null = Value::null(Type::String);
    let unknown = Value::unknown(Type::String);
    let sums = ["md5", "sha1", "sha256", "base64sha256", "sha512", "base64sha512"];
    let sums = sums.map(|sum| (format!("content_{sum}"), unknown.clone()));
    let modes = [("file_permission", "0644".into()), ("directory_permission", "0755".into())];
    let content = [("filename", path.into()), ("content", content.into()), ("id", unknown.clone())];
    let unset = ["content_base64", "sensitive_content", "source"].map(|name| (name, null.clone()));
    let rest = modes.into_iter().chain(content).chain(unset).map(|(name, value)| (name.to_owned(), value));
    Value::object_of(rest.chain(sums))
}

#[tokio::test]
async fn a_file_is_there_as_long_as_its_content_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b.txt");
    let world = World::of("local_file");
    let object = world.create(&file(path.to_str().unwrap(), "hello")).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello");
    let sha1 = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
    assert_eq!(object.value.get("id"), Some(&sha1.into()));
    assert_eq!(object.value.get("content_sha1"), Some(&sha1.into()));

    let look = async || {
        world.runtime.refresh(world.resource(), &world.client, &world.cancel, &Semaphore::new(8), &[&object]).await
    };
    assert_eq!(look().await, [Ok(Some(object.clone()))]);
    std::fs::write(&path, "other").unwrap();
    assert_eq!(look().await, [Ok(None)]);
    let gone = world.runtime.delete(world.target(&|_| {}), &object).await;
    assert_eq!((gone.object, gone.error), (None, None));
    assert!(!path.exists());
}

#[tokio::test]
async fn an_interrupted_file_is_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("b.txt");
    let world = World::of("local_file");
    let planned = file(path.to_str().unwrap(), "hello");
    let outcome = world.runtime.recover(world.target(&|_| {}), &planned, &Token("t".into()), None).await;
    assert_eq!(outcome.error, None);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello");
}
