//! The journal beside a state in a bucket: small numbered objects in `<key>.steps/<lineage>-<serial>/`, one for each batch.
//!
//! Their texts, one after the other, are the log that a local state has. A number is taken once: a writer that was
//! thought dead and wakes up finds its next number taken, and stops.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::bucket::{Bucket, Put};
use super::lock::Held;
use super::{Bridge, store};
use crate::step_log::{beginning, first_line, replay, sealed_lines};
use crate::{Change, Encryption, Pending, State, StateError, StepLog};

/// How long outcomes wait for others that go with them. An intent goes at once, with what waits.
const LINGER: Duration = Duration::from_millis(250);

/// How often a batch is tried that the bucket does not take.
const ATTEMPTS: u32 = 5;

/// The journals beside a state: normally none or one; two, if a run was cut off while it folded one.
pub(super) struct Journals {
    /// By name of the directory, in order of the serial: the objects by number.
    directories: Vec<(String, BTreeMap<u64, String>)>,
}

impl Journals {
    /// Finds the journals beside a state.
    pub async fn find(bucket: &Bucket, state_key: &str) -> Result<Self, StateError> {
        let mut found: BTreeMap<(u64, String), BTreeMap<u64, String>> = BTreeMap::new();
        for key in bucket.list(&root(state_key)).await? {
            let mut parts = key.rsplitn(3, '/');
            let (Some(number), Some(name)) = (parts.next(), parts.next()) else { continue };
            let serial = name.rsplit_once('-').and_then(|(_, serial)| serial.parse().ok());
            if let (Ok(number), Some(serial)) = (number.parse(), serial) {
                found.entry((serial, name.to_owned())).or_default().insert(number, key);
            }
        }
        Ok(Self { directories: found.into_iter().map(|((_, name), objects)| (name, objects)).collect() })
    }

    /// Folds the journals into a state that was read.
    pub async fn replay(
        &self,
        bucket: &Bucket,
        encryption: &Encryption,
        state: &mut Option<State>,
    ) -> Result<(), StateError> {
        for (name, objects) in &self.directories {
            let mut text = match (name.rsplit_once('-'), objects.contains_key(&1)) {
                // The first object, which says what it belongs to, was removed by who did not know of the others.
                (Some((lineage, serial)), false) => first_line(lineage, serial.parse().unwrap_or(0)),
                (_, true) | (None, false) => Vec::new(),
            };
            for (_, found) in bucket.get_all(objects.values().cloned().collect()).await? {
                text.extend_from_slice(&found.map(|found| found.bytes).unwrap_or_default());
            }
            let name = objects.values().next().map_or(name.clone(), |key| bucket.name_of(key));
            replay(&text, &name, encryption, state)?;
        }
        Ok(())
    }

    /// Returns the last number of a state's own journal; 0 if it has none.
    pub fn last(&self, state: &State) -> u64 {
        let name = name_of(state);
        let own = self.directories.iter().find(|(other, _)| *other == name);
        own.and_then(|(_, objects)| objects.keys().next_back().copied()).unwrap_or(0)
    }

    /// Returns the keys of all objects that are known, but those of one journal. What nobody has read here stays: it was
    /// written by somebody who was thought dead, and the next read tells.
    pub fn others(&self, kept: Option<&State>, known: &Known) -> Vec<String> {
        let kept = kept.map(name_of);
        let others = self.directories.iter().filter(|(name, _)| Some(name) != kept.as_ref());
        let numbers = others.flat_map(|(name, objects)| {
            let last = known.get(name).copied().unwrap_or(0);
            objects.iter().filter(move |(number, _)| **number <= last)
        });
        numbers.map(|(_, key)| key.clone()).collect()
    }

    /// Returns how far each journal goes.
    pub fn extent(&self) -> Known {
        let last = |objects: &BTreeMap<u64, String>| objects.keys().next_back().copied().unwrap_or(0);
        self.directories.iter().map(|(name, objects)| (name.clone(), last(objects))).collect()
    }
}

/// How far journals were read or written here, by directory.
pub(super) type Known = BTreeMap<String, u64>;

fn root(state_key: &str) -> String {
    format!("{state_key}.steps")
}

fn name_of(state: &State) -> String {
    format!("{}-{}", state.lineage(), state.serial())
}

fn key_of(state_key: &str, state: &State, number: u64) -> String {
    format!("{}/{}/{number:06}", root(state_key), name_of(state))
}

/// Writes what is open in a state that was just written as the first object of its journal, and returns the name of its directory.
pub(super) async fn carry_on(
    bucket: &Bucket,
    state_key: &str,
    state: &State,
    encryption: &Encryption,
) -> Result<String, StateError> {
    let text = beginning(state, encryption)?;
    match bucket.create(&key_of(state_key, state, 1), text.into()).await? {
        Put::Done(_) => Ok(name_of(state)),
        Put::Refused => Err(StateError::Fenced { place: bucket.name_of(&key_of(state_key, state, 1)) }),
    }
}

/// What is to be written, and what is known to be.
#[derive(Default)]
struct Queue {
    lines: Vec<u8>,
    /// Number of the last batch that was appended.
    appended: u64,
    /// A call waits for it.
    is_urgent: bool,
    /// Nothing more comes.
    is_closed: bool,
}

/// How far the writer is: the last batch that is durable, or why nothing more will be.
type Progress = Result<u64, Arc<StateErrorText>>;

/// An error for all who wait.
#[derive(Debug)]
struct StateErrorText {
    place: String,
    reason: String,
}

impl StateErrorText {
    fn error(&self) -> StateError {
        StateError::remote("write", self.place.clone(), self.reason.clone())
    }
}

/// A journal that is being written.
pub(super) struct BucketLog {
    bridge: Arc<Bridge>,
    encryption: Encryption,
    shared: Arc<(Mutex<Queue>, Notify)>,
    progress: watch::Receiver<Progress>,
    writer: Option<tokio::task::JoinHandle<()>>,
}

/// What the writer needs.
struct Writer {
    bucket: Bucket,
    held: Option<Arc<Held>>,
    shared: Arc<(Mutex<Queue>, Notify)>,
    progress: watch::Sender<Progress>,
    /// Key without number.
    directory: String,
    /// Name of the directory.
    name: String,
    number: u64,
    known: Arc<Mutex<Known>>,
    /// What comes before the first line.
    start: Vec<u8>,
}

impl BucketLog {
    /// Opens the journal of a state as it was read, after the objects that were read.
    pub fn open(parts: &store::Parts, held: Option<Arc<Held>>, state: &State) -> Result<Self, StateError> {
        let name = name_of(state);
        // What came since is somebody else's: the first write is refused then.
        let last = guard(&parts.known).get(&name).copied().unwrap_or(0);
        let shared: Arc<(Mutex<Queue>, Notify)> = Arc::default();
        let (sender, progress) = watch::channel(Ok(0));
        let writer = Writer {
            bucket: parts.bucket.clone(),
            held,
            shared: shared.clone(),
            progress: sender,
            directory: format!("{}/{name}", root(&parts.key)),
            name,
            number: last,
            known: parts.known.clone(),
            start: if last == 0 { beginning(state, &parts.encryption)? } else { Vec::new() },
        };
        let writer = Some(parts.bridge.spawn(writer.run()));
        Ok(Self { bridge: parts.bridge.clone(), encryption: parts.encryption.clone(), shared, progress, writer })
    }
}

impl StepLog for BucketLog {
    fn append(&mut self, changes: &[Change]) -> Result<(), StateError> {
        if let Err(failure) = &*self.progress.borrow() {
            return Err(failure.error());
        }
        let lines = sealed_lines(changes, &self.encryption)?;
        let mut queue = guard(&self.shared.0);
        queue.lines.extend(lines);
        queue.appended += 1;
        queue.is_urgent |= changes.iter().any(|change| matches!(change, Change::Begin { .. }));
        drop(queue);
        self.shared.1.notify_one();
        Ok(())
    }

    fn pending(&mut self) -> Option<Pending> {
        let appended = guard(&self.shared.0).appended;
        if matches!(&*self.progress.borrow(), Ok(written) if *written >= appended) {
            return None;
        }
        let mut progress = self.progress.clone();
        Some(Box::pin(async move {
            let is_over = |progress: &Progress| progress.as_ref().map_or(true, |written| *written >= appended);
            match progress.wait_for(is_over).await {
                Ok(over) => over.as_ref().map(|_| ()).map_err(|failure| failure.error()),
                Err(_) => Err(StateError::remote("write", "the journal", "its writer has ended")),
            }
        }))
    }
}

impl Drop for BucketLog {
    /// Waits for what was appended: what is written after the journal was folded would be left lying.
    fn drop(&mut self) {
        guard(&self.shared.0).is_closed = true;
        self.shared.1.notify_one();
        if let Some(writer) = self.writer.take() {
            self.bridge.wait(async move {
                // A writer that panicked has told nobody that anything is durable.
                let _ = writer.await;
            });
        }
    }
}

impl Writer {
    async fn run(mut self) {
        while let Some((lines, appended)) = self.next().await {
            if let Err(error) = self.write(lines).await {
                let place = self.bucket.name_of(&self.directory);
                let reason = match error {
                    StateError::Remote { reason, .. } => reason,
                    error => error.to_string(),
                };
                let failure = Arc::new(StateErrorText { place, reason });
                self.progress.send_modify(|progress| *progress = Err(failure));
                return;
            }
            self.progress.send_modify(|progress| *progress = Ok(appended));
        }
    }

    /// Waits for a batch; none when the log is closed and all is written.
    async fn next(&self) -> Option<(Vec<u8>, u64)> {
        let (queue, changed) = &*self.shared;
        let mut linger: Option<Instant> = None;
        loop {
            {
                let mut queue = guard(queue);
                let is_due = linger.is_some_and(|until| Instant::now() >= until);
                if !queue.lines.is_empty() && (queue.is_urgent || queue.is_closed || is_due) {
                    queue.is_urgent = false;
                    return Some((std::mem::take(&mut queue.lines), queue.appended));
                }
                if queue.lines.is_empty() && queue.is_closed {
                    return None;
                }
                if !queue.lines.is_empty() && linger.is_none() {
                    linger = Some(Instant::now() + LINGER);
                }
            }
            match linger {
                Some(until) => _ = tokio::time::timeout_at(until, changed.notified()).await,
                None => changed.notified().await,
            }
        }
    }

    async fn write(&mut self, lines: Vec<u8>) -> Result<(), StateError> {
        let mut text = std::mem::take(&mut self.start);
        text.extend(lines);
        let text = Bytes::from(text);
        self.number += 1;
        let key = format!("{}/{:06}", self.directory, self.number);
        let mut attempt = 1;
        loop {
            if let Some(held) = &self.held {
                held.check()?;
            }
            match self.bucket.create(&key, text.clone()).await {
                Ok(Put::Done(_)) => {
                    guard(&self.known).insert(self.name.clone(), self.number);
                    return Ok(());
                }
                Ok(Put::Refused) => return Err(StateError::Fenced { place: self.bucket.name_of(&key) }),
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(200) * attempt).await;
                    attempt += 1;
                }
            }
        }
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
