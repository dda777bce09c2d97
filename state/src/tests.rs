//! The local store, its lock and the log of finished steps, together.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use landfall_addr::{ModuleInstance, ProviderConfig, ProviderSource, Resource};
use landfall_value::Value;

use crate::{
    Change, Intent, IntentWork, JsonText, LocalStore, LockInfo, ObjectId, ObjectState, OutputState, State, StateError,
    StateStore,
};

struct Directory {
    directory: tempfile::TempDir,
}

impl Directory {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn store(&self) -> LocalStore {
        LocalStore::new(self.path("terraform.tfstate"))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
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

fn lock_info() -> LockInfo {
    LockInfo::new("1-2-3", "OperationTypeApply", "me@here", "2025-01-02T03:04:05.6Z".to_owned())
}

const NOW: Duration = Duration::ZERO;

#[test]
fn a_changed_state_is_written_with_the_next_serial_and_a_backup() {
    let directory = Directory::new();
    let store = directory.store();
    assert!(store.read().unwrap().is_none());
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    let first = fs::read(store.path()).unwrap();
    state.apply(set("a", "2"));
    store.write(&mut state).unwrap();
    assert_eq!(state.serial(), 2);
    assert_eq!(store.read().unwrap().unwrap(), state);
    assert_eq!(fs::read(directory.path("terraform.tfstate.backup")).unwrap(), first);
    assert_eq!(directory.names(), ["terraform.tfstate", "terraform.tfstate.backup"]);
}

#[test]
fn an_unchanged_state_is_not_written() {
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    state.apply(set("a", "1"));
    assert!(!state.is_changed());
    store.write(&mut state).unwrap();
    assert_eq!(state.serial(), 1);
}

#[test]
fn a_failed_write_leaves_the_previous_state() {
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    let before = fs::read(store.path()).unwrap();
    let store = directory.store().with_backup(Some(directory.path("missing/backup")));
    state.apply(set("a", "2"));
    assert!(matches!(store.write(&mut state), Err(StateError::Io { .. })));
    assert_eq!(state.serial(), 1);
    assert!(state.is_changed());
    assert_eq!(fs::read(store.path()).unwrap(), before);
}

#[test]
fn a_lock_excludes_others_and_names_its_holder() {
    let directory = Directory::new();
    let (ours, theirs) = (directory.store(), directory.store());
    let lock = ours.lock(lock_info(), NOW).unwrap();
    let Err(StateError::Locked { holder: Some(holder) }) = theirs.lock(lock_info(), NOW) else {
        panic!("the lock was given twice");
    };
    assert_eq!(holder.id, "1-2-3");
    assert!(holder.path.ends_with("terraform.tfstate"));
    drop(lock);
    assert!(directory.names().is_empty());
    theirs.lock(lock_info(), NOW).unwrap();
}

#[test]
fn a_lock_stays_on_the_file_that_replaces_the_locked_one() {
    let directory = Directory::new();
    let (ours, theirs) = (directory.store(), directory.store());
    let lock = ours.lock(lock_info(), NOW).unwrap();
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    ours.write(&mut state).unwrap();
    assert!(matches!(theirs.lock(lock_info(), NOW), Err(StateError::Locked { .. })));
    drop(lock);
    theirs.lock(lock_info(), NOW).unwrap();
    assert_eq!(directory.names(), ["terraform.tfstate"]);
}

#[test]
fn who_waits_for_the_lock_gets_it_with_the_state_that_was_written_meanwhile() {
    use std::os::unix::fs::MetadataExt;
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    // Terraform opens the file once, and tries to lock that.
    let waiting = fs::File::open(store.path()).unwrap();
    let lock = store.lock(lock_info(), NOW).unwrap();
    state.apply(set("a", "2"));
    store.write(&mut state).unwrap();
    drop(lock);
    assert_eq!(waiting.metadata().unwrap().ino(), fs::metadata(store.path()).unwrap().ino());
    assert!(std::io::read_to_string(waiting).unwrap().contains("\"2\""));
    assert_eq!(directory.names(), ["terraform.tfstate", "terraform.tfstate.backup"]);
}

#[test]
fn another_process_cannot_take_the_lock() {
    let directory = Directory::new();
    let store = directory.store();
    let _lock = store.lock(lock_info(), NOW).unwrap();
    let script = "import fcntl, sys\nf = open(sys.argv[1], 'r+')\nfcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)";
    let status = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(store.path())
        .stderr(std::process::Stdio::null())
        .status()
        .expect("the tests need python3");
    assert!(!status.success());
}

#[test]
fn a_log_is_replayed_by_the_next_read_and_folded_in_by_a_write() {
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    let output = OutputState { value: Value::from("v"), sensitive: true };
    let changes = [
        set("b", "2"),
        Change::Remove { id: id("a") },
        Change::Output { name: "o".into(), output: Some(output) },
        Change::Move { from: id("b").address, to: id("c").address },
    ];
    let mut log = store.step_log(&state).unwrap();
    log.append(&changes[..2]).unwrap();
    log.append(&changes[2..]).unwrap();
    drop(log);
    changes.into_iter().for_each(|change| state.apply(change));
    let mut replayed = directory.store().read().unwrap().unwrap();
    assert_eq!(replayed, state);
    assert!(replayed.is_changed());
    directory.store().write(&mut replayed).unwrap();
    assert_eq!(replayed.serial(), 2);
    assert_eq!(directory.names(), ["terraform.tfstate", "terraform.tfstate.backup"]);
}

#[test]
fn a_log_that_was_cut_off_keeps_its_whole_lines_and_goes_on_after_them() {
    let directory = Directory::new();
    let store = directory.store();
    let state = State::empty("l");
    store.step_log(&state).unwrap().append(&[set("a", "1"), set("b", "1")]).unwrap();
    let path = directory.path("terraform.tfstate.steps");
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 5]).unwrap();
    let state = store.read().unwrap().unwrap();
    assert_eq!(state.objects().count(), 1);
    store.step_log(&state).unwrap().append(&[set("c", "1")]).unwrap();
    assert_eq!(store.read().unwrap().unwrap().objects().count(), 2);
}

#[test]
fn a_log_left_after_the_snapshot_was_written_changes_nothing() {
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    store.step_log(&state).unwrap().append(&[set("a", "1")]).unwrap();
    let log = fs::read(directory.path("terraform.tfstate.steps")).unwrap();
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    fs::write(directory.path("terraform.tfstate.steps"), log).unwrap();
    let read = store.read().unwrap().unwrap();
    assert_eq!(read, state);
    assert!(!read.is_changed());
}

#[test]
fn a_log_of_another_state_is_refused() {
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    store.step_log(&state).unwrap().append(&[set("a", "1")]).unwrap();
    state.apply(set("b", "1"));
    let log = fs::read(directory.path("terraform.tfstate.steps")).unwrap();
    store.write(&mut state).unwrap();
    fs::write(directory.path("terraform.tfstate.steps"), log).unwrap();
    assert!(matches!(store.read(), Err(StateError::StaleLog { log_serial: 0, serial: 1, .. })));
}

#[test]
fn renaming_keeps_the_objects_of_an_instance() {
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    let to = Resource::managed("terraform_data", "z").within(ModuleInstance::root()).instance(Default::default());
    state.rename(&id("a").address, &to);
    assert!(state.current(&to).is_some());
    assert!(state.current(&id("a").address).is_none());
}

#[test]
fn a_change_is_one_line_whatever_form_its_attributes_came_in() {
    let attributes = JsonText::parse("{\n  \"id\": \"x\\ny\"\n}".to_owned()).expect("JSON");
    let change = Change::Set {
        id: ObjectId::current("terraform_data.a".parse().expect("an address")),
        provider: "provider[\"terraform.io/builtin/terraform\"]".parse().expect("a provider"),
        object: std::sync::Arc::new(ObjectState::new(0, attributes)),
    };
    let lines = crate::encode_changes(std::slice::from_ref(&change)).expect("lines");
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert_eq!(crate::decode_changes(&lines).expect("changes"), [change]);
}

fn begin(name: &str) -> Change {
    let Change::Set { id, provider, object } = set(name, "planned") else { unreachable!("`set` makes a set") };
    let intent = Intent { work: IntentWork::Create, provider, token: "t-1".into(), planned: Some(object) };
    Change::Begin { id, intent: Arc::new(intent) }
}

#[test]
fn what_was_begun_stays_open_until_its_end() {
    let directory = Directory::new();
    let store = directory.store();
    let state = State::empty("l");
    let mut log = store.step_log(&state).unwrap();
    log.append(&[begin("a"), begin("b"), set("b", "1"), Change::End { id: id("b") }]).unwrap();
    drop(log);
    let mut read = store.read().unwrap().unwrap();
    assert_eq!(read.intents().keys().collect::<Vec<_>>(), [&id("a")]);
    let Change::Begin { intent, .. } = begin("a") else { unreachable!("`begin` makes a beginning") };
    assert_eq!(read.intents()[&id("a")], intent);

    // The snapshot has no place for it: the log keeps it, bound to the new snapshot.
    store.write(&mut read).unwrap();
    let mut read = store.read().unwrap().unwrap();
    assert_eq!((read.serial(), read.intents().len()), (1, 1));
    store.step_log(&read).unwrap().append(&[Change::End { id: id("a") }]).unwrap();
    read = store.read().unwrap().unwrap();
    assert!(read.intents().is_empty());
    store.write(&mut read).unwrap();
    assert_eq!(directory.names(), ["terraform.tfstate"]);
}

#[test]
fn what_was_begun_outlives_a_state_that_someone_else_wrote() {
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    store.step_log(&state).unwrap().append(&[begin("a")]).unwrap();
    let log = fs::read(directory.path("terraform.tfstate.steps")).unwrap();
    state.apply(set("c", "1"));
    store.write(&mut state).unwrap();
    fs::write(directory.path("terraform.tfstate.steps"), log).unwrap();
    let read = store.read().unwrap().unwrap();
    assert_eq!((read.objects().count(), read.intents().len()), (1, 1));
    drop(store.step_log(&read).unwrap());
    assert_eq!(store.read().unwrap().unwrap().intents().len(), 1);
}

#[test]
fn a_state_is_encrypted_anew_by_the_next_write() {
    use crate::Encryption;
    use crate::encryption::{Argon2, Derivation, Method, Passphrase};
    let cost = Argon2 { memory_kib: 64, iterations: 1, parallelism: 1 };
    let key = Passphrase::new("key_provider.argon2.a", "correct horse battery".to_owned(), Derivation::Argon2(cost));
    let method = Method::AesGcm { key: Arc::new(key.unwrap()), associated: Vec::new() };
    let directory = Directory::new();
    let mut state = State::empty("l");
    state.apply(set("a", "pssst"));
    directory.store().write(&mut state).unwrap();

    let onto = Encryption::new(method.clone(), vec![Method::Unencrypted]);
    let store = directory.store().with_encryption(onto).with_backup(None);
    let mut state = store.read().unwrap().unwrap();
    store.write(&mut state).unwrap();
    assert!(!fs::read_to_string(store.path()).unwrap().contains("pssst"));
    assert!(!store.read().unwrap().unwrap().is_changed());
    assert!(directory.store().read().is_err());

    let back = Encryption::new(Method::Unencrypted, vec![method]);
    let store = directory.store().with_encryption(back);
    let mut state = store.read().unwrap().unwrap();
    store.write(&mut state).unwrap();
    assert_eq!(directory.store().read().unwrap().unwrap().serial(), 3);
}

#[test]
fn a_directory_that_cannot_be_written_leaves_the_state_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    if nix::unistd::getuid().is_root() {
        eprintln!("SKIPPED: root writes everywhere");
        return;
    }
    let directory = Directory::new();
    let store = directory.store();
    let mut state = State::empty("l");
    state.apply(set("a", "1"));
    store.write(&mut state).unwrap();
    let before = fs::read(store.path()).unwrap();
    fs::set_permissions(directory.directory.path(), fs::Permissions::from_mode(0o555)).unwrap();
    state.apply(set("a", "2"));
    assert!(store.step_log(&state).is_err());
    assert!(store.write(&mut state).is_err());
    assert_eq!(fs::read(store.path()).unwrap(), before);
    fs::set_permissions(directory.directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(store.read().unwrap().unwrap().serial(), 1);
}
