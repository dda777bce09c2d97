//! Locks that others see: how one is taken, kept, taken over and given back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{Bucket, Lease, Put, ServerClock};
use crate::{LockInfo, StateError};

/// A lock as it was read.
#[derive(Clone, Debug)]
pub struct LockText {
    /// Its information: JSON.
    pub text: Bytes,
    /// Which version of it that is.
    pub version: String,
}

/// Where a lock lies: an object of a bucket, an item of a table.
pub trait LockPlace: Send + Sync {
    /// Returns what is locked, as the lock's information says it.
    fn path(&self) -> String;

    /// Returns the lock that is there.
    fn read(&self) -> BoxFuture<'_, Result<Option<LockText>, StateError>>;

    /// Writes a lock where there is none, or over the version that was seen.
    fn put<'a>(&'a self, text: Bytes, seen: Option<&'a str>) -> BoxFuture<'a, Result<Put, StateError>>;

    /// Takes the lock away.
    fn remove(&self) -> BoxFuture<'_, Result<(), StateError>>;
}

/// Terraform's lock file beside a state: `<key>.tflock`.
pub struct BucketLock {
    bucket: Bucket,
    key: String,
    path: String,
}

impl BucketLock {
    /// Returns the lock of a state; `path` is what Terraform calls it: bucket and key.
    pub fn new(bucket: Bucket, state_key: &str, path: String) -> Self {
        Self { bucket, key: format!("{state_key}.tflock"), path }
    }
}

impl LockPlace for BucketLock {
    fn path(&self) -> String {
        self.path.clone()
    }

    fn read(&self) -> BoxFuture<'_, Result<Option<LockText>, StateError>> {
        Box::pin(async {
            let found = self.bucket.get(&self.key).await?;
            Ok(found.map(|found| LockText { text: found.bytes, version: found.version }))
        })
    }

    fn put<'a>(&'a self, text: Bytes, seen: Option<&'a str>) -> BoxFuture<'a, Result<Put, StateError>> {
        Box::pin(async move {
            match seen {
                None => self.bucket.create(&self.key, text).await,
                Some(version) => self.bucket.replace(&self.key, text, version).await,
            }
        })
    }

    fn remove(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(self.bucket.delete(&self.key))
    }
}

/// A lock that this process holds in one or more places.
pub(super) struct Held {
    info: LockInfo,
    places: Vec<(Arc<dyn LockPlace>, Mutex<String>)>,
    lease: Mutex<Lease>,
    clock: ServerClock,
    lost: AtomicBool,
}

/// What was found when a lock was asked for.
enum Asked {
    Taken { version: String, from: Option<Box<LockInfo>> },
    Refused(Option<Box<LockInfo>>),
}

/// Between two attempts to take a lock that someone else has.
const PAUSE: Duration = Duration::from_millis(500);

impl Held {
    /// Takes a lock in all its places, trying for as long as `timeout`. Returns whose it was if it was taken over.
    pub async fn take(
        places: &[Arc<dyn LockPlace>],
        info: LockInfo,
        length: Duration,
        clock: &ServerClock,
        timeout: Duration,
    ) -> Result<(Self, Option<LockInfo>), StateError> {
        let deadline = tokio::time::Instant::now() + timeout;
        let mut held = Self {
            lease: Mutex::new(Lease::new(length, clock.now())),
            info,
            places: Vec::new(),
            clock: clock.clone(),
            lost: AtomicBool::new(false),
        };
        let mut taken_from = None;
        for place in places {
            held.info.path = place.path();
            match held.take_at(place, deadline).await {
                Ok((version, from)) => {
                    held.places.push((place.clone(), Mutex::new(version)));
                    taken_from = taken_from.or(from);
                }
                Err(error) => {
                    // What was taken so far ends by itself if it cannot be given back.
                    let _ = held.release().await;
                    return Err(error);
                }
            }
        }
        Ok((held, taken_from))
    }

    async fn take_at(
        &self,
        place: &Arc<dyn LockPlace>,
        deadline: tokio::time::Instant,
    ) -> Result<(String, Option<LockInfo>), StateError> {
        loop {
            let renewed = guard(&self.lease).renewed(self.clock.now());
            *guard(&self.lease) = renewed;
            match self.ask(place.as_ref()).await? {
                Asked::Taken { version, from } => return Ok((version, from.map(|holder| *holder))),
                Asked::Refused(holder) => {
                    let left = deadline.saturating_duration_since(tokio::time::Instant::now());
                    if left.is_zero() {
                        return Err(StateError::Locked { holder });
                    }
                    tokio::time::sleep(left.min(PAUSE)).await;
                }
            }
        }
    }

    async fn ask(&self, place: &dyn LockPlace) -> Result<Asked, StateError> {
        let text = self.text();
        if let Put::Done(version) = place.put(text.clone(), None).await? {
            return Ok(Asked::Taken { version, from: None });
        }
        let Some(there) = place.read().await? else { return Ok(Asked::Refused(None)) };
        let Ok(holder) = serde_json::from_slice::<LockInfo>(&there.text) else { return Ok(Asked::Refused(None)) };
        if holder.id == self.info.id {
            // The answer to an earlier attempt was lost.
            return Ok(Asked::Taken { version: there.version, from: None });
        }
        if holder.lease.as_ref().is_some_and(|lease| lease.is_abandoned(self.clock.now()))
            && let Put::Done(version) = place.put(text, Some(&there.version)).await?
        {
            return Ok(Asked::Taken { version, from: Some(Box::new(holder)) });
        }
        Ok(Asked::Refused(Some(Box::new(holder))))
    }

    /// Returns the lock's information with the lease as it is now.
    fn text(&self) -> Bytes {
        self.text_with(guard(&self.lease).clone())
    }

    fn text_with(&self, lease: Lease) -> Bytes {
        let info = LockInfo { lease: Some(lease), ..self.info.clone() };
        serde_json::to_vec(&info).expect("texts and numbers can be written as JSON").into()
    }

    pub fn info(&self) -> &LockInfo {
        &self.info
    }

    /// Renews the lease for as long as it is ours. Never ends unless it is lost.
    pub async fn keep(&self) {
        let length = Duration::from_secs(guard(&self.lease).seconds);
        loop {
            tokio::time::sleep(length / 3).await;
            if self.lost.load(Ordering::Acquire) {
                return;
            }
            self.renew().await;
        }
    }

    pub(super) async fn renew(&self) {
        if self.check().is_err() {
            return;
        }
        let new = guard(&self.lease).renewed(self.clock.now());
        let text = self.text_with(new.clone());
        for (place, version) in &self.places {
            let seen = guard(version).clone();
            match place.put(text.clone(), Some(&seen)).await {
                Ok(Put::Done(renewed)) => *guard(version) = renewed,
                Ok(Put::Refused) => match self.version_at(place.as_ref()).await {
                    // The answer to an earlier renewal was lost: it is renewed from there.
                    Ok(Some(there)) => {
                        *guard(version) = there;
                        return;
                    }
                    Ok(None) => return self.lost.store(true, Ordering::Release),
                    Err(_) => return,
                },
                // It is tried again before the lease ends.
                Err(_) => return,
            }
        }
        *guard(&self.lease) = new;
    }

    /// Returns the version of the lock that is there, if it is this one.
    async fn version_at(&self, place: &dyn LockPlace) -> Result<Option<String>, StateError> {
        let Some(there) = place.read().await? else { return Ok(None) };
        let holder = serde_json::from_slice::<LockInfo>(&there.text);
        Ok(holder.is_ok_and(|holder| holder.id == self.info.id).then_some(there.version))
    }

    /// Checks that the lock is still ours.
    ///
    /// # Errors
    /// When someone else has taken it, or may have since the lease ran out.
    pub fn check(&self) -> Result<(), StateError> {
        if self.lost.load(Ordering::Acquire) || self.clock.now() > guard(&self.lease).end() {
            return Err(StateError::LockLost { path: self.info.path.clone() });
        }
        Ok(())
    }

    /// Gives the lock back, unless it may be someone else's by now.
    pub async fn release(&self) -> Result<(), StateError> {
        self.check()?;
        self.lost.store(true, Ordering::Release);
        let mut ended = Ok(());
        for (place, _) in self.places.iter().rev() {
            ended = place.remove().await.and(ended);
        }
        ended
    }
}

/// Removes a lock with this id, whoever has it.
pub(super) async fn force(places: &[Arc<dyn LockPlace>], id: &str) -> Result<(), StateError> {
    let mut is_locked = false;
    for place in places {
        let Some(there) = place.read().await? else { continue };
        is_locked = true;
        // What cannot be read has no id that could differ.
        if let Ok(holder) = serde_json::from_slice::<LockInfo>(&there.text)
            && holder.id != id
        {
            let detail = format!("lock id `{id}` does not match existing lock id `{}`", holder.id);
            return Err(StateError::NotLocked(detail));
        }
        place.remove().await?;
    }
    if is_locked { Ok(()) } else { Err(StateError::NotLocked("the state is not locked".to_owned())) }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
