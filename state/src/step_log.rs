//! The journal: one line of JSON for what is about to be done to an object, one for each outcome, appended and synced
//! before the call is made or the step counts as done.
//!
//! The first line binds the log to a lineage and serial. A run that ends well folds the log into the next snapshot and
//! removes it; the log of an interrupted run is replayed by the next read. A line that was cut off by a crash belongs
//! to a call that was never made or a step that was never reported as done, so it is left out. What was begun and has
//! no end stays in the log until it is settled.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::local::directory_of;
use crate::v4::{self, DependencyNames};
use crate::{Change, Encryption, Intent, IntentWork, ObjectId, State, StateError};

/// Makes finished steps durable.
pub trait StepLog: Send {
    /// Writes changes so that they survive a crash: one write and one sync for all of them. A log that is far away takes
    /// them only: they are durable when what [`pending`](Self::pending) returns is done.
    ///
    /// # Errors
    /// When they, or what was taken before, could not be made durable.
    fn append(&mut self, changes: &[Change]) -> Result<(), StateError>;

    /// Returns what to wait for before a call is made whose intent was appended; `None` where nothing is on its way.
    fn pending(&mut self) -> Option<Pending> {
        None
    }
}

/// Ends when what was appended is durable, or could not be made so.
pub type Pending = BoxFuture<'static, Result<(), StateError>>;

/// A log in a file beside the state.
pub struct FileStepLog {
    path: PathBuf,
    file: File,
    encryption: Encryption,
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    landfall_steps: u32,
    #[serde(borrow)]
    lineage: Cow<'a, str>,
    serial: u64,
}

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Head<'a> {
    Begin {
        address: String,
        #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
        deposed: Cow<'a, str>,
        provider: String,
        #[serde(borrow)]
        work: Cow<'a, str>,
        #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
        token: Cow<'a, str>,
    },
    End {
        address: String,
        #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
        deposed: Cow<'a, str>,
    },
    Set {
        address: String,
        provider: String,
    },
    Remove {
        address: String,
        #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
        deposed: Cow<'a, str>,
    },
    Move {
        from: String,
        to: String,
    },
    Output {
        name: String,
    },
}

/// One line: what happened, and the object or output where there is one. Raw texts cannot stand inside a tagged enum.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    step: Head<'a>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    object: Option<v4::Instance<'a>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    output: Option<v4::Output<'a>>,
}

impl FileStepLog {
    /// Starts a log for a state as it was read. Continues the one that is there, if it belongs to that state; another
    /// one is overwritten, since reading the state has found that it holds nothing more.
    ///
    /// # Errors
    /// When the file cannot be created or written.
    pub fn open(path: impl Into<PathBuf>, state: &State, encryption: &Encryption) -> Result<Self, StateError> {
        let path = path.into();
        let failed = |source| StateError::io("write", &path, source);
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path).map_err(failed)?;
        let complete = length_to_continue(&std::fs::read(&path).map_err(failed)?, state);
        file.set_len(complete).map_err(failed)?;
        if complete == 0 {
            let start = beginning(state, encryption)?;
            file.write_all(&start).and_then(|()| file.sync_data()).map_err(failed)?;
        }
        Ok(Self { path, file, encryption: encryption.clone() })
    }

    /// Replaces the log by one that holds only what is open in a state that was just written.
    pub(crate) fn replace(path: &Path, state: &State, encryption: &Encryption) -> Result<(), StateError> {
        let failed = |source| StateError::io("write", path, source);
        let mut file = tempfile::NamedTempFile::new_in(directory_of(path)).map_err(failed)?;
        let start = beginning(state, encryption)?;
        file.write_all(&start).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

impl StepLog for FileStepLog {
    fn append(&mut self, changes: &[Change]) -> Result<(), StateError> {
        let lines = sealed_lines(changes, &self.encryption)?;
        self.file
            .write_all(&lines)
            .and_then(|()| self.file.sync_data())
            .map_err(|source| StateError::io("write", &self.path, source))
    }
}

/// Returns the first line of a log of a state, and what is open in it.
pub(crate) fn beginning(state: &State, encryption: &Encryption) -> Result<Vec<u8>, StateError> {
    let mut text = first_line(state.lineage(), state.serial());
    let open: Vec<Change> =
        state.intents.iter().map(|(id, intent)| Change::Begin { id: id.clone(), intent: intent.clone() }).collect();
    if !open.is_empty() {
        text.extend(sealed_lines(&open, encryption)?);
    }
    Ok(text)
}

/// Returns the line that binds a log to a state.
pub(crate) fn first_line(lineage: &str, serial: u64) -> Vec<u8> {
    let header = Header { landfall_steps: FORMAT, lineage: Cow::Borrowed(lineage), serial };
    let mut text = serde_json::to_vec(&header).expect("texts and numbers can be written as JSON");
    text.push(b'\n');
    text
}

/// Returns changes as lines of a log; as one line where they are encrypted.
pub(crate) fn sealed_lines(changes: &[Change], encryption: &Encryption) -> Result<Vec<u8>, StateError> {
    let lines = encode_changes(changes).map_err(unwritable)?;
    if !encryption.is_on() {
        return Ok(lines);
    }
    let mut line = encryption.seal(&lines, None)?.into_owned();
    line.push(b'\n');
    Ok(line)
}

fn unwritable(error: serde_json::Error) -> StateError {
    StateError::invalid("a change", error)
}

/// Returns changes as lines of JSON.
///
/// # Errors
/// When a change cannot be written as JSON.
pub fn encode_changes(changes: &[Change]) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    for change in changes {
        let start = text.len();
        serde_json::to_writer(&mut text, &to_record(change))?;
        // Attributes are kept as they were read, maybe over many lines. Strings of JSON hold no line break as such.
        text[start..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        text.push(b'\n');
    }
    Ok(text)
}

/// Reads changes from lines of JSON.
///
/// # Errors
/// When a line is not a change.
pub fn decode_changes(text: &[u8]) -> Result<Vec<Change>, StateError> {
    let mut names = DependencyNames::default();
    let invalid = |error: serde_json::Error| StateError::invalid("a change", error);
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| from_record(serde_json::from_slice(line).map_err(invalid)?, &mut names))
        .collect()
}

/// Replays a log's text, if there is something in it, onto the state that was read; `name` is what messages call it.
/// Returns whether it belongs to that state.
pub(crate) fn replay(
    text: &[u8],
    name: &str,
    encryption: &Encryption,
    state: &mut Option<State>,
) -> Result<bool, StateError> {
    let complete = &text[..complete_length(text) as usize];
    let Some(end_of_header) = complete.iter().position(|byte| *byte == b'\n') else { return Ok(false) };
    let (first, rest) = complete.split_at(end_of_header);
    let invalid = |error: serde_json::Error| StateError::invalid(format!("the log {name}"), error);
    let header: Header<'_> = serde_json::from_slice(first).map_err(invalid)?;
    let changes = opened_changes(rest, encryption)?;
    if changes.is_empty() {
        return Ok(false);
    }
    let base = state.clone().unwrap_or_else(|| State::empty(&*header.lineage));
    let mut replayed = base.clone();
    for change in changes {
        replayed.apply(change);
    }
    let same_base = **base.lineage() == *header.lineage && base.serial() == header.serial;
    // A crash after the snapshot was replaced and before the log was removed leaves a log that changes nothing.
    if !same_base && !replayed.has_contents_of(&base) {
        return Err(StateError::StaleLog {
            log: name.to_owned(),
            log_serial: header.serial,
            log_lineage: header.lineage.into_owned(),
            serial: base.serial(),
            lineage: base.lineage().to_string(),
        });
    }
    *state = Some(replayed);
    Ok(same_base)
}

/// Reads the changes of a log, of which some lines may be encrypted.
fn opened_changes(text: &[u8], encryption: &Encryption) -> Result<Vec<Change>, StateError> {
    if !encryption.is_on() && !text.windows(MARK.len()).any(|window| window == MARK) {
        return decode_changes(text);
    }
    let mut changes = Vec::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        changes.extend(decode_changes(&encryption.open(line)?)?);
    }
    Ok(changes)
}

/// In every line that is encrypted.
const MARK: &[u8] = b"\"encryption_version\"";

/// Returns the length of the text up to the last line that is whole.
fn complete_length(text: &[u8]) -> u64 {
    text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1)
}

/// Returns how much of a log is to be kept: its whole lines, if it belongs to the state.
fn length_to_continue(text: &[u8], state: &State) -> u64 {
    let complete = complete_length(text);
    let first = text[..complete as usize].split(|byte| *byte == b'\n').next().unwrap_or_default();
    match serde_json::from_slice::<Header<'_>>(first) {
        Ok(header) if *header.lineage == **state.lineage() && header.serial == state.serial() => complete,
        Ok(_) | Err(_) => 0,
    }
}

fn to_record(change: &Change) -> Record<'_> {
    let head = |step| Record { step, object: None, output: None };
    match change {
        Change::Begin { id, intent } => Record {
            object: intent.planned.as_ref().map(|planned| v4::object_to_wire(&id.address.key, None, planned)),
            ..head(Head::Begin {
                address: id.address.to_string(),
                deposed: deposed_name(id),
                provider: intent.provider.to_string(),
                work: Cow::Borrowed(intent.work.name()),
                token: Cow::Borrowed(&intent.token),
            })
        },
        Change::End { id } => head(Head::End { address: id.address.to_string(), deposed: deposed_name(id) }),
        Change::Set { id, provider, object } => Record {
            object: Some(v4::object_to_wire(&id.address.key, id.deposed.as_ref(), object)),
            ..head(Head::Set { address: id.address.abs_resource().to_string(), provider: provider.to_string() })
        },
        Change::Remove { id } => head(Head::Remove { address: id.address.to_string(), deposed: deposed_name(id) }),
        Change::Move { from, to } => head(Head::Move { from: from.to_string(), to: to.to_string() }),
        Change::Output { name, output } => Record {
            output: output.as_ref().and_then(v4::output_to_wire),
            ..head(Head::Output { name: name.to_string() })
        },
    }
}

fn deposed_name(id: &ObjectId) -> Cow<'_, str> {
    id.deposed.as_ref().map_or(Cow::Borrowed(""), |key| Cow::Borrowed(&*key.0))
}

fn object_id(address: &str, deposed: &str) -> Result<ObjectId, StateError> {
    let invalid = |error: &dyn ToString| StateError::invalid("a record of the log", error.to_string());
    let deposed = (!deposed.is_empty()).then(|| landfall_addr::DeposedKey(deposed.into()));
    Ok(ObjectId { address: address.parse().map_err(|error| invalid(&error))?, deposed })
}

fn from_record(record: Record<'_>, names: &mut DependencyNames) -> Result<Change, StateError> {
    let invalid = |error: &dyn ToString| StateError::invalid("a record of the log", error.to_string());
    match record.step {
        Head::Set { address, provider } => {
            let instance = record.object.ok_or_else(|| invalid(&"it has no object"))?;
            let resource: landfall_addr::AbsResource = address.parse().map_err(|error| invalid(&error))?;
            let (key, deposed, object) = v4::object_from_wire(instance, names, &|| format!("`{address}` in the log"))?;
            let id = ObjectId { address: resource.instance(key), deposed };
            let provider = provider.parse().map_err(|error| invalid(&error))?;
            Ok(Change::Set { id, provider, object: Arc::new(object) })
        }
        Head::Remove { address, deposed } => Ok(Change::Remove { id: object_id(&address, &deposed)? }),
        Head::End { address, deposed } => Ok(Change::End { id: object_id(&address, &deposed)? }),
        Head::Begin { address, deposed, provider, work, token } => {
            let place = || format!("what was begun for `{address}`");
            let planned = match record.object {
                Some(instance) => Some(Arc::new(v4::object_from_wire(instance, names, &place)?.2)),
                None => None,
            };
            let intent = Intent {
                work: IntentWork::of_name(&work).ok_or_else(|| invalid(&format!("work `{work}` is not known")))?,
                provider: provider.parse().map_err(|error| invalid(&error))?,
                token: token.as_ref().into(),
                planned,
            };
            Ok(Change::Begin { id: object_id(&address, &deposed)?, intent: Arc::new(intent) })
        }
        Head::Move { from, to } => Ok(Change::Move {
            from: from.parse().map_err(|error| invalid(&error))?,
            to: to.parse().map_err(|error| invalid(&error))?,
        }),
        Head::Output { name } => {
            let output =
                record.output.as_ref().map(v4::output_from_wire).transpose().map_err(|error| invalid(&error))?;
            Ok(Change::Output { name: name.into(), output })
        }
    }
}
