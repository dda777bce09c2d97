//! A state in a bucket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::bucket::{Bucket, Put};
use super::journal::{self, BucketLog, Journals, Known};
use super::lock::{self, Held, LockPlace};
use super::{Bridge, ServerClock};
use crate::encryption::Encryption;
use crate::{LockInfo, State, StateError, StateLock, StateStore, StepLog, v4};

/// Keeps a state in an object of a bucket, with its lock and its journal beside it.
pub struct RemoteStore {
    parts: Arc<Parts>,
    /// The version that was read last: none was there, or nothing was read yet.
    seen: Arc<Mutex<Seen>>,
    held: Arc<Mutex<Option<Arc<Held>>>>,
}

/// What a store is made of.
pub(super) struct Parts {
    pub bucket: Bucket,
    pub key: String,
    pub bridge: Arc<Bridge>,
    pub encryption: Encryption,
    locks: Vec<Arc<dyn LockPlace>>,
    digest: Option<Arc<dyn DigestPlace>>,
    clock: ServerClock,
    lease: Duration,
    /// How far journals were read or written here.
    pub known: Arc<Mutex<Known>>,
}

/// Which version of the state is known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Unread,
    Nothing,
    Version(String),
}

/// Where the checksum of a state is kept, for buckets that may answer with an old version.
pub trait DigestPlace: Send + Sync {
    /// Returns the checksum that is expected, in hexadecimal.
    fn read(&self) -> BoxFuture<'_, Result<Option<String>, StateError>>;

    /// Keeps the checksum of what was just written; takes it away where nothing is there any more.
    fn write<'a>(&'a self, content: Option<&'a [u8]>) -> BoxFuture<'a, Result<(), StateError>>;

    /// Returns the checksum of a content, in hexadecimal.
    fn of(&self, content: &[u8]) -> String;
}

/// How long a lease is good; it is renewed three times as often.
const LEASE: Duration = Duration::from_secs(45);

/// How often and after which pause the state is read again whose checksum differs.
const READS: u32 = 6;
const PAUSE: Duration = Duration::from_secs(2);

impl RemoteStore {
    /// Returns the store of the state under a key.
    pub fn new(bridge: Arc<Bridge>, bucket: Bucket, key: impl Into<String>, clock: ServerClock) -> Self {
        let parts = Parts {
            bucket,
            key: key.into(),
            bridge,
            encryption: Encryption::none(),
            locks: Vec::new(),
            digest: None,
            clock,
            lease: LEASE,
            known: Arc::default(),
        };
        Self { parts: Arc::new(parts), seen: Arc::new(Mutex::new(Seen::Unread)), held: Arc::default() }
    }

    fn with(self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Arc::into_inner(self.parts).expect("a store that is being made is not shared");
        change(&mut parts);
        Self { parts: Arc::new(parts), ..self }
    }

    /// Adds a place where the lock is taken, after those before it.
    #[must_use]
    pub fn with_lock(self, place: Arc<dyn LockPlace>) -> Self {
        self.with(|parts| parts.locks.push(place))
    }

    /// Sets where the checksum is kept.
    #[must_use]
    pub fn with_digest(self, digest: Arc<dyn DigestPlace>) -> Self {
        self.with(|parts| parts.digest = Some(digest))
    }

    /// Sets how the state and its journal are encrypted.
    #[must_use]
    pub fn with_encryption(self, encryption: Encryption) -> Self {
        self.with(|parts| parts.encryption = encryption)
    }

    /// Sets how long a lock is good without word from its owner.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        self.with(|parts| parts.lease = lease)
    }

    /// Removes the state with all that is beside it but the lock.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn remove(&self) -> Result<(), StateError> {
        let parts = self.parts.clone();
        self.parts.bridge.wait(async move {
            parts.drop_journals().await?;
            parts.bucket.delete(&parts.key).await?;
            match &parts.digest {
                Some(digest) => digest.write(None).await,
                None => Ok(()),
            }
        })
    }

    fn check_lock(&self) -> Result<(), StateError> {
        guard(&self.held).as_ref().map_or(Ok(()), |held| held.check())
    }

    fn put(&self, state: &State) -> Result<(), StateError> {
        self.check_lock()?;
        let text: Bytes = self.parts.text(state)?.into();
        let seen = guard(&self.seen).clone();
        let parts = self.parts.clone();
        let version = self.parts.bridge.wait(async move { parts.put(text, seen).await })?;
        *guard(&self.seen) = Seen::Version(version);
        Ok(())
    }
}

impl Parts {
    fn name(&self) -> String {
        self.bucket.name_of(&self.key)
    }

    fn text(&self, state: &State) -> Result<Vec<u8>, StateError> {
        if self.encryption.is_on() {
            return v4::sealed(state, &self.encryption);
        }
        let mut text = Vec::new();
        v4::write(state, &mut text).expect("writing to memory does not fail");
        Ok(text)
    }

    /// Reads the state and folds the journal in.
    async fn read(&self) -> Result<(Option<State>, Seen), StateError> {
        let (text, seen) = self.read_checked().await?;
        let mut state = match text {
            Some(text) if !text.is_empty() => Some(v4::read_sealed(&text, &self.encryption)?),
            Some(_) | None => None,
        };
        let journals = Journals::find(&self.bucket, &self.key).await?;
        journals.replay(&self.bucket, &self.encryption, &mut state).await?;
        *guard(&self.known) = journals.extent();
        Ok((state, seen))
    }

    /// Reads the object until it is the one that the checksum is of.
    async fn read_checked(&self) -> Result<(Option<Bytes>, Seen), StateError> {
        let mut attempt = 1;
        loop {
            let found = self.bucket.get(&self.key).await?;
            let (text, seen) = match found {
                Some(found) => (Some(found.bytes), Seen::Version(found.version)),
                None => (None, Seen::Nothing),
            };
            let Some(digest) = &self.digest else { return Ok((text, seen)) };
            let Some(expected) = digest.read().await? else { return Ok((text, seen)) };
            if text.as_ref().is_some_and(|text| digest.of(text) == expected) {
                return Ok((text, seen));
            }
            if attempt == READS {
                return Err(StateError::Checksum { place: self.name(), expected });
            }
            attempt += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes the object over the version that was seen.
    async fn put(&self, text: Bytes, seen: Seen) -> Result<String, StateError> {
        let seen = match seen {
            Seen::Unread => {
                self.bucket.get(&self.key).await?.map_or(Seen::Nothing, |found| Seen::Version(found.version))
            }
            seen => seen,
        };
        let put = match seen {
            Seen::Version(version) => self.bucket.replace(&self.key, text.clone(), &version).await?,
            Seen::Nothing | Seen::Unread => self.bucket.create(&self.key, text.clone()).await?,
        };
        let Put::Done(version) = put else { return Err(StateError::Fenced { place: self.name() }) };
        if let Some(digest) = &self.digest {
            digest.write(Some(&text)).await?;
        }
        Ok(version)
    }

    /// Removes all journals, whether they were read or not.
    async fn drop_journals(&self) -> Result<(), StateError> {
        let journals = Journals::find(&self.bucket, &self.key).await?;
        let known = journals.extent();
        let all = journals.others(None, &known);
        *guard(&self.known) = known;
        self.bucket.delete_all(all).await
    }

    /// Removes the journals, but for what is open in a state.
    async fn fold(&self, open: Option<&State>) -> Result<(), StateError> {
        let journals = Journals::find(&self.bucket, &self.key).await?;
        if let Some(state) = open
            && journals.last(state) == 0
        {
            let name = journal::carry_on(&self.bucket, &self.key, state, &self.encryption).await?;
            guard(&self.known).insert(name, 1);
        }
        let others = journals.others(open, &guard(&self.known));
        self.bucket.delete_all(others).await
    }
}

impl StateStore for RemoteStore {
    fn name(&self) -> String {
        self.parts.name()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn read(&self) -> Result<Option<State>, StateError> {
        let parts = self.parts.clone();
        let (state, seen) = self.parts.bridge.wait(async move { parts.read().await })?;
        *guard(&self.seen) = seen;
        Ok(state)
    }

    fn write(&self, state: &mut State) -> Result<(), StateError> {
        if state.changed {
            state.serial += 1;
            if let Err(error) = self.put(state) {
                state.serial -= 1;
                return Err(error);
            }
            state.changed = false;
        }
        let (parts, open) = (self.parts.clone(), (!state.intents.is_empty()).then(|| state.clone()));
        self.parts.bridge.wait(async move { parts.fold(open.as_ref()).await })
    }

    fn write_as_is(&self, state: &State) -> Result<(), StateError> {
        self.put(state)?;
        let parts = self.parts.clone();
        self.parts.bridge.wait(async move { parts.drop_journals().await })
    }

    fn lock(&self, info: LockInfo, timeout: Duration) -> Result<Box<dyn StateLock>, StateError> {
        let parts = self.parts.clone();
        let taken = self
            .parts
            .bridge
            .wait(async move { Held::take(&parts.locks, info, parts.lease, &parts.clock, timeout).await });
        let (held, taken_from) = taken?;
        let held = Arc::new(held);
        let kept = held.clone();
        let heartbeat = self.parts.bridge.spawn(async move { kept.keep().await });
        *guard(&self.held) = Some(held.clone());
        let bridge = self.parts.bridge.clone();
        Ok(Box::new(RemoteLock { held, taken_from, heartbeat: Some(heartbeat), bridge, slot: self.held.clone() }))
    }

    fn force_unlock(&self, id: &str) -> Result<(), StateError> {
        let (parts, id) = (self.parts.clone(), id.to_owned());
        self.parts.bridge.wait(async move { lock::force(&parts.locks, &id).await })
    }

    fn step_log(&self, state: &State) -> Result<Box<dyn StepLog>, StateError> {
        Ok(Box::new(BucketLog::open(&self.parts, guard(&self.held).clone(), state)?))
    }
}

struct RemoteLock {
    held: Arc<Held>,
    taken_from: Option<LockInfo>,
    heartbeat: Option<tokio::task::JoinHandle<()>>,
    bridge: Arc<Bridge>,
    slot: Arc<Mutex<Option<Arc<Held>>>>,
}

impl StateLock for RemoteLock {
    fn info(&self) -> &LockInfo {
        self.held.info()
    }

    fn taken_from(&self) -> Option<&LockInfo> {
        self.taken_from.as_ref()
    }
}

impl Drop for RemoteLock {
    fn drop(&mut self) {
        let (heartbeat, held) = (self.heartbeat.take(), self.held.clone());
        self.bridge.wait(async move {
            if let Some(heartbeat) = heartbeat {
                heartbeat.abort();
                // It was aborted, or had ended because the lock is lost.
                let _ = heartbeat.await;
            }
            // A lock that cannot be given back ends with its lease.
            let _ = held.release().await;
        });
        *guard(&self.slot) = None;
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
