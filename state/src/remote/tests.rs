//! States in a bucket in memory.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use landfall_addr::{ProviderConfig, ProviderSource};
use object_store::memory::InMemory;

use super::lock::Held;
use super::*;
use crate::encryption::{Argon2, Derivation, Encryption, Method, Passphrase};
use crate::{
    Change, Intent, IntentWork, JsonText, LockInfo, ObjectId, ObjectState, RemoteStore, State, StateError, StateStore,
};

const KEY: &str = "a/terraform.tfstate";
const NOW: Duration = Duration::ZERO;

struct World {
    bucket: Bucket,
    bridge: Arc<Bridge>,
    clock: ServerClock,
}

impl World {
    fn new() -> Self {
        let bucket = Bucket::new(Arc::new(InMemory::new()), "s3://states");
        Self { bucket, bridge: Bridge::start().unwrap(), clock: ServerClock::default() }
    }

    /// Returns the store as another process has it.
    fn store(&self) -> RemoteStore {
        let lock = BucketLock::new(self.bucket.clone(), KEY, format!("states/{KEY}"));
        RemoteStore::new(self.bridge.clone(), self.bucket.clone(), KEY, self.clock.clone()).with_lock(Arc::new(lock))
    }

    fn keys(&self) -> Vec<String> {
        let bucket = self.bucket.clone();
        self.bridge.wait(async move { bucket.list("a").await }).unwrap()
    }

    fn text(&self, key: &str) -> String {
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        let found = self.bridge.wait(async move { bucket.get(&key).await }).unwrap().expect("the object is there");
        String::from_utf8(found.bytes.to_vec()).unwrap()
    }

    fn write(&self, key: &str, text: String) {
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        let put = self.bridge.wait(async move { bucket.create(&key, text.into()).await }).unwrap();
        assert!(matches!(put, Put::Done(_)));
    }
}

fn id(name: &str) -> ObjectId {
    ObjectId::current(format!("terraform_data.{name}").parse().unwrap())
}

fn set(name: &str, text: &str) -> Change {
    let provider = ProviderConfig { module: Default::default(), source: ProviderSource::builtin(), alias: None };
    let attributes = JsonText::parse(format!(r#"{{"id":"{text}"}}"#)).unwrap();
    Change::Set { id: id(name), provider, object: Arc::new(ObjectState::new(0, attributes)) }
}

fn begin(name: &str) -> Change {
    let Change::Set { id, provider, object } = set(name, "planned") else { unreachable!("`set` makes a set") };
    let intent = Intent { work: IntentWork::Create, provider, token: "t-1".into(), planned: Some(object) };
    Change::Begin { id, intent: Arc::new(intent) }
}

fn info(id: &str) -> LockInfo {
    LockInfo::new(id, "OperationTypeApply", "me@here", "2025-01-02T03:04:05.6Z".to_owned())
}

fn durable(log: &mut dyn crate::StepLog) -> Result<(), StateError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    log.pending().map_or(Ok(()), |pending| runtime.block_on(pending))
}

#[test]
fn a_state_is_written_with_the_next_serial() {
    let world = World::new();
    let store = world.store();
    assert!(store.read().unwrap().is_none());
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    state.apply(set("a", "2"));
    store.write(&mut state).unwrap();
    assert_eq!(world.store().read().unwrap().unwrap(), state);
    assert_eq!((state.serial(), world.keys()), (2, vec![KEY.to_owned()]));
}

#[test]
fn a_stale_writer_is_fenced() {
    let world = World::new();
    let (ours, theirs) = (world.store(), world.store());
    let (mut our_state, mut their_state) = (State::empty("l"), State::empty("m"));
    assert!(ours.read().unwrap().is_none() && theirs.read().unwrap().is_none());
    our_state.apply(set("a", "1"));
    ours.write(&mut our_state).unwrap();
    // The first state is not written over, ...
    their_state.apply(set("b", "1"));
    assert!(matches!(theirs.write(&mut their_state), Err(StateError::Fenced { .. })));
    assert_eq!(their_state.serial(), 0);
    // ... and neither is a later one.
    let mut their_state = theirs.read().unwrap().unwrap();
    our_state.apply(set("a", "2"));
    ours.write(&mut our_state).unwrap();
    their_state.apply(set("b", "1"));
    assert!(matches!(theirs.write(&mut their_state), Err(StateError::Fenced { .. })));
    assert_eq!(world.store().read().unwrap().unwrap(), our_state);
}

#[test]
fn a_lock_excludes_others_and_is_terraforms() {
    let world = World::new();
    let (ours, theirs) = (world.store(), world.store());
    let lock = ours.lock(info("1"), NOW).unwrap();
    let Err(StateError::Locked { holder: Some(holder) }) = theirs.lock(info("2"), NOW) else {
        panic!("the lock was given twice");
    };
    assert_eq!(holder.id, "1");
    let text: serde_json::Value = serde_json::from_str(&world.text("a/terraform.tfstate.tflock")).unwrap();
    assert_eq!((text["ID"].as_str(), text["Path"].as_str()), (Some("1"), Some("states/a/terraform.tfstate")));
    assert!(text["Lease"]["Seconds"].is_u64());
    drop(lock);
    assert!(world.keys().is_empty());
    theirs.lock(info("2"), NOW).unwrap();
}

#[test]
fn of_twelve_that_ask_one_gets_the_lock_each_time() {
    for _ in 0..20 {
        let world = World::new();
        let winners = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..12)
                .map(|number| {
                    let store = world.store();
                    scope.spawn(move || store.lock(info(&number.to_string()), NOW).ok())
                })
                .collect();
            // Locks are kept until all have asked.
            let all: Vec<_> = asking.into_iter().map(|thread| thread.join().unwrap()).collect();
            all.iter().flatten().count()
        });
        assert_eq!(winners, 1);
    }
}

/// Writes the lock of an owner that renewed it last at a time.
fn leave_lock(world: &World, renewed: Option<SystemTime>) {
    let lease = renewed.map(|time| Lease { process: String::new(), ..Lease::new(Duration::from_secs(45), time) });
    let left = LockInfo { lease, ..info("left") };
    world.write("a/terraform.tfstate.tflock", serde_json::to_string(&left).unwrap());
}

#[test]
fn a_lock_whose_lease_has_run_out_is_taken_over_and_said_so() {
    let world = World::new();
    leave_lock(&world, Some(SystemTime::now() - Duration::from_secs(60)));
    let store = world.store();
    let lock = store.lock(info("1"), NOW).unwrap();
    assert_eq!(lock.taken_from().unwrap().id, "left");
    drop(lock);
    assert!(world.keys().is_empty());
}

#[test]
fn a_lock_with_a_good_lease_or_without_one_stays() {
    for renewed in [Some(SystemTime::now()), None] {
        let world = World::new();
        leave_lock(&world, renewed);
        let Err(StateError::Locked { holder: Some(holder) }) = world.store().lock(info("1"), NOW) else {
            panic!("it was taken over");
        };
        assert_eq!(holder.id, "left");
        assert!(matches!(world.store().force_unlock("other"), Err(StateError::NotLocked(_))));
        world.store().force_unlock("left").unwrap();
        world.store().lock(info("1"), NOW).unwrap();
    }
}

#[test]
fn who_has_lost_the_lock_writes_no_more() {
    let world = World::new();
    let store = world.store();
    let mut state = State::empty("l");
    let lock = store.lock(info("1"), NOW).unwrap();
    let mut log = store.step_log(&state).unwrap();
    // This machine slept for an hour.
    world.clock.told(SystemTime::now() + Duration::from_secs(3600));
    let other = world.store().lock(info("2"), NOW).unwrap();
    assert_eq!(other.taken_from().unwrap().id, "1");
    log.append(&[begin("a")]).unwrap();
    assert!(durable(log.as_mut()).is_err());
    state.apply(set("a", "1"));
    assert!(matches!(store.write(&mut state), Err(StateError::LockLost { .. })));
    drop(lock);
    // The other one's lock is still there.
    assert!(matches!(world.store().lock(info("3"), NOW), Err(StateError::Locked { .. })));
}

#[test]
fn a_renewed_lease_is_not_taken_over_by_who_saw_the_old_one() {
    let world = World::new();
    let place: Arc<dyn LockPlace> = Arc::new(BucketLock::new(world.bucket.clone(), KEY, format!("states/{KEY}")));
    let clock = world.clock.clone();
    world.bridge.wait(async move {
        let length = Duration::from_secs(45);
        let (held, _) = Held::take(std::slice::from_ref(&place), info("1"), length, &clock, NOW).await.unwrap();
        let seen = place.read().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
        held.renew().await;
        held.check().unwrap();
        assert_eq!(place.put("{}".into(), Some(&seen.version)).await.unwrap(), Put::Refused);
    });
}

#[test]
fn the_journal_is_folded_in_by_the_next_read_and_removed_by_a_write() {
    let world = World::new();
    let store = world.store();
    let mut state = State::empty("l");
    assert!(store.read().unwrap().is_none());
    let mut log = store.step_log(&state).unwrap();
    log.append(&[begin("a")]).unwrap();
    durable(log.as_mut()).unwrap();
    log.append(&[set("a", "1"), Change::End { id: id("a") }, begin("b")]).unwrap();
    durable(log.as_mut()).unwrap();
    assert_eq!(world.keys(), ["a/terraform.tfstate.steps/l-0/000001", "a/terraform.tfstate.steps/l-0/000002"]);
    // The process died: another one reads.
    let mut read = world.store().read().unwrap().unwrap();
    assert_eq!((read.objects().count(), read.intents().len()), (1, 1));
    let other = world.store();
    other.read().unwrap();
    other.write(&mut read).unwrap();
    // What is open goes with the new snapshot.
    assert_eq!(world.keys(), [KEY, "a/terraform.tfstate.steps/l-1/000001"]);
    let mut read = world.store().read().unwrap().unwrap();
    assert_eq!((read.serial(), read.intents().len()), (1, 1));
    let mut log = other.step_log(&read).unwrap();
    log.append(&[set("b", "1"), Change::End { id: id("b") }]).unwrap();
    drop(log);
    read = other.read().unwrap().unwrap();
    other.write(&mut read).unwrap();
    assert_eq!(world.keys(), [KEY]);
    // Who was thought dead finds that others have gone on.
    state.apply(set("c", "1"));
    assert!(matches!(store.write(&mut state), Err(StateError::Fenced { .. })));
}

#[test]
fn two_writers_of_one_journal_do_not_mix() {
    let world = World::new();
    let (ours, theirs) = (world.store(), world.store());
    let state = State::empty("l");
    let (mut our_log, mut their_log) = (ours.step_log(&state).unwrap(), theirs.step_log(&state).unwrap());
    our_log.append(&[begin("a")]).unwrap();
    durable(our_log.as_mut()).unwrap();
    their_log.append(&[begin("b")]).unwrap();
    assert!(durable(their_log.as_mut()).is_err());
    assert!(their_log.append(&[begin("c")]).is_err());
    assert_eq!(world.store().read().unwrap().unwrap().intents().len(), 1);
}

#[test]
fn what_somebody_wrote_who_was_thought_dead_is_not_removed_unread() {
    let world = World::new();
    let (dead, ours) = (world.store(), world.store());
    let state = State::empty("l");
    let mut log = dead.step_log(&state).unwrap();
    log.append(&[begin("a")]).unwrap();
    durable(log.as_mut()).unwrap();
    let mut read = ours.read().unwrap().unwrap();
    log.append(&[begin("b")]).unwrap();
    durable(log.as_mut()).unwrap();
    read.apply(Change::End { id: id("a") });
    read.apply(set("a", "1"));
    ours.write(&mut read).unwrap();
    assert_eq!(world.keys(), [KEY, "a/terraform.tfstate.steps/l-0/000002"]);
    let next = world.store().read().unwrap().unwrap();
    assert_eq!(next.intents().keys().collect::<Vec<_>>(), [&id("b")]);
}

#[test]
fn a_state_that_is_pushed_takes_the_place_of_all_that_was_there() {
    let world = World::new();
    let store = world.store();
    let mut state = State::empty("l");
    store.write(&mut state.clone()).unwrap();
    let mut log = store.step_log(&state).unwrap();
    log.append(&[set("a", "1")]).unwrap();
    drop(log);
    state.apply(set("b", "1"));
    world.store().write_as_is(&state).unwrap();
    assert_eq!(world.keys(), [KEY]);
}

#[test]
fn outcomes_are_written_within_a_second_though_nothing_waits_for_them() {
    let world = World::new();
    let store = world.store();
    let mut log = store.step_log(&State::empty("l")).unwrap();
    log.append(&[set("a", "1")]).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(1);
    while world.keys().is_empty() {
        assert!(std::time::Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert_eq!(world.store().read().unwrap().unwrap().objects().count(), 1);
}

#[test]
fn state_and_journal_are_encrypted() {
    let world = World::new();
    let cost = Argon2 { memory_kib: 64, iterations: 1, parallelism: 1 };
    let encryption = |text: &str| {
        let key = Passphrase::new("key_provider.argon2.a", text.to_owned(), Derivation::Argon2(cost)).unwrap();
        Encryption::new(Method::AesGcm { key: Arc::new(key), associated: Vec::new() }, Vec::new())
    };
    let store = || world.store().with_encryption(encryption("correct horse battery"));
    let mut state = State::empty("l");
    state.apply(set("a", "pssst"));
    store().write(&mut state).unwrap();
    let mut log = store().step_log(&state).unwrap();
    log.append(&[set("b", "pssst"), begin("c")]).unwrap();
    durable(log.as_mut()).unwrap();
    assert!(world.keys().iter().all(|key| !world.text(key).contains("pssst")));
    let read = store().read().unwrap().unwrap();
    assert_eq!((read.objects().count(), read.intents().len()), (2, 1));
    let other = world.store().with_encryption(encryption("staple correct horse!"));
    assert!(matches!(other.read(), Err(StateError::Encryption(_))));
    assert!(matches!(world.store().read(), Err(StateError::Encryption(_))));
}
