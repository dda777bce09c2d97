//! The cloud: objects, a script of faults, a record of calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landfall_provider::{CallError, CallResult, Clock, Phase};

use crate::thing::ThingArgs;

/// An operation of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Makes an object.
    Create,
    /// Tells what is there.
    Observe,
    /// Changes an object.
    Update,
    /// Removes an object.
    Delete,
    /// Reads a data source.
    Read,
    /// Opens an ephemeral resource.
    Open,
    /// Closes an ephemeral resource.
    Close,
}

/// A cloud in memory. Clones share it.
#[derive(Clone, Default)]
pub struct TestCloud(Arc<Shared>);

#[derive(Default)]
struct Shared {
    clock: Option<Arc<dyn Clock>>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next_number: u64,
    things: BTreeMap<String, Thing>,
    faults: Vec<Fault>,
    calls: Vec<(Call, String)>,
    latency: BTreeMap<(Call, String), Duration>,
    pending: BTreeMap<String, u32>,
    hidden: BTreeMap<String, u32>,
    lag: BTreeMap<String, u32>,
    cut: Option<Cut>,
    /// The next answer of a call that changes something does not arrive.
    loses_answer: bool,
    /// The process has ended: nothing answers it any more.
    cut_off: bool,
}

/// Where the process ends.
struct Cut {
    /// Calls that change something to let pass before.
    after: u32,
    carried_out: bool,
    /// The call is being carried out; its answer is what the process does not live to see.
    is_due: bool,
}

/// An object of the cloud.
#[derive(Clone)]
pub(crate) struct Thing {
    pub r#type: &'static str,
    /// Client token of its creation.
    token: String,
    pub args: ThingArgs,
    pub updates: i64,
    /// Looks until it is ready.
    pending: u32,
    /// Looks until it can be seen.
    hidden: u32,
    failed: Option<String>,
    leaving: bool,
    /// What looks still show, and how many of them.
    old: Option<(ThingArgs, u32)>,
}

struct Fault {
    call: Call,
    r#type: String,
    /// Calls to let pass before it strikes.
    after: u32,
    error: CallError,
}

impl TestCloud {
    /// Returns an empty cloud whose calls take no time.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty cloud whose calls can take time on a clock.
    pub fn on(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared { clock: Some(clock), inner: Mutex::default() }))
    }

    /// Makes the `nth` next call fail, counted from 1.
    pub fn fail(&self, call: Call, r#type: &str, nth: u32, error: CallError) {
        self.inner().faults.push(Fault { call, r#type: r#type.to_owned(), after: nth.saturating_sub(1), error });
    }

    /// Lets the process end at the `nth` next call that changes something, counted from 1: before the call is carried out,
    /// or after that and before it is answered. Who waits for [`cut_off`](Self::cut_off) plays the end.
    pub fn cut(&self, nth: u32, carried_out: bool) {
        self.inner().cut = Some(Cut { after: nth.saturating_sub(1), carried_out, is_due: false });
    }

    /// Loses the answer of the next call that changes something: it is carried out.
    pub fn lose_answer(&self) {
        self.inner().loses_answer = true;
    }

    /// Waits until the process has ended.
    pub async fn cut_off(&self) {
        std::future::poll_fn(|_| match self.inner().cut_off {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        })
        .await;
        self.inner().cut_off = false;
    }

    /// Makes calls take time.
    pub fn slow(&self, call: Call, r#type: &str, duration: Duration) {
        self.inner().latency.insert((call, r#type.to_owned()), duration);
    }

    /// Makes new, changed and leaving objects of a type pending for so many looks.
    pub fn pend(&self, r#type: &str, looks: u32) {
        self.inner().pending.insert(r#type.to_owned(), looks);
    }

    /// Makes new objects of a type invisible for so many looks.
    pub fn hide(&self, r#type: &str, looks: u32) {
        self.inner().hidden.insert(r#type.to_owned(), looks);
    }

    /// Makes so many looks at changed objects of a type show their old arguments.
    pub fn lag(&self, r#type: &str, looks: u32) {
        self.inner().lag.insert(r#type.to_owned(), looks);
    }

    /// Makes the service give up on an object.
    pub fn break_down(&self, id: &str, why: &str) {
        if let Some(thing) = self.inner().things.get_mut(id) {
            thing.failed = Some(why.to_owned());
        }
    }

    /// Makes an object invisible for so many looks.
    pub fn overlook(&self, id: &str, looks: u32) {
        if let Some(thing) = self.inner().things.get_mut(id) {
            thing.hidden = looks;
        }
    }

    /// Removes an object behind everyone's back.
    pub fn remove(&self, id: &str) {
        self.inner().things.remove(id);
    }

    /// Changes an object behind everyone's back.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut ThingArgs)) {
        if let Some(thing) = self.inner().things.get_mut(id) {
            change(&mut thing.args);
        }
    }

    /// Returns the ids of all objects, in order.
    pub fn ids(&self) -> Vec<String> {
        self.inner().things.keys().cloned().collect()
    }

    /// Returns the arguments of an object.
    pub fn get(&self, id: &str) -> Option<ThingArgs> {
        self.inner().things.get(id).map(|thing| thing.args.clone())
    }

    /// Returns the calls so far, as `create test_thing a`: operation, type, and name or id; failed ones too.
    pub fn calls(&self) -> Vec<String> {
        self.inner().calls.iter().map(|(call, about)| format!("{call} {about}")).collect()
    }

    /// Returns the calls so far that change something.
    pub fn changes(&self) -> Vec<String> {
        let inner = self.inner();
        let changes = inner.calls.iter().filter(|(call, _)| matches!(call, Call::Create | Call::Update | Call::Delete));
        changes.map(|(call, about)| format!("{call} {about}")).collect()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.inner().calls.clear();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call, lets its time pass, and fails if the script says so.
    pub(crate) async fn call(&self, call: Call, r#type: &str, about: &str) -> CallResult<()> {
        let ends = !matches!(call, Call::Observe | Call::Read) && self.inner().ends_before();
        if ends {
            return std::future::pending().await;
        }
        let (latency, fault) = {
            let mut inner = self.inner();
            inner.calls.push((call, format!("{type} {about}")));
            (inner.latency.get(&(call, r#type.to_owned())).copied(), inner.strike(call, r#type))
        };
        if let (Some(duration), Some(clock)) = (latency, &self.0.clock) {
            clock.sleep(duration).await;
        }
        match fault {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Answers a call that changed something, unless the process ends before.
    pub(crate) async fn answer<T>(&self, answer: T) -> CallResult<T> {
        let ends = self.inner().cut.take_if(|cut| cut.is_due).is_some();
        if ends {
            self.inner().cut_off = true;
            return std::future::pending().await;
        }
        if std::mem::take(&mut self.inner().loses_answer) {
            return Err(CallError::local("timeout", "scripted"));
        }
        Ok(answer)
    }

    pub(crate) fn made_with(&self, token: &str) -> Option<String> {
        let inner = self.inner();
        inner.things.iter().find(|(_, thing)| thing.token == token).map(|(id, _)| id.clone())
    }

    pub(crate) fn insert(&self, r#type: &'static str, mut args: ThingArgs, token: &str) -> String {
        let mut inner = self.inner();
        inner.next_number += 1;
        let id = format!("{type}-{}", inner.next_number);
        if !args.version.is_set() {
            args.version = "1.0".to_owned().into();
        }
        let pending = inner.pending.get(r#type).copied().unwrap_or_default();
        let hidden = inner.hidden.get(r#type).copied().unwrap_or_default();
        let token = token.to_owned();
        let thing = Thing { r#type, token, args, updates: 0, pending, hidden, failed: None, leaving: false, old: None };
        inner.things.insert(id.clone(), thing);
        id
    }

    pub(crate) fn look(&self, id: &str) -> Option<(Phase, Thing)> {
        let mut inner = self.inner();
        let thing = inner.things.get_mut(id)?;
        if thing.hidden > 0 {
            thing.hidden -= 1;
            return None;
        }
        let word = if thing.leaving { "leaving" } else { "working" };
        let phase = match (&thing.failed, thing.pending) {
            (Some(why), _) => Phase::Failed(why.clone()),
            (None, 0) if thing.leaving => {
                inner.things.remove(id);
                return None;
            }
            (None, 0) => Phase::Ready,
            (None, _) => {
                thing.pending -= 1;
                Phase::Pending(word.to_owned())
            }
        };
        let mut seen = thing.clone();
        if let Some((old, looks)) = thing.old.take_if(|(_, looks)| *looks > 0) {
            seen.args = old.clone();
            thing.old = Some((old, looks - 1));
        }
        Some((phase, seen))
    }

    pub(crate) fn find(&self, name: &str) -> Option<(String, Thing)> {
        let inner = self.inner();
        inner.things.iter().find(|(_, thing)| thing.args.name == name).map(|(id, thing)| (id.clone(), thing.clone()))
    }

    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut ThingArgs)) {
        let mut inner = self.inner();
        let Inner { things, pending, lag, .. } = &mut *inner;
        if let Some(thing) = things.get_mut(id) {
            thing.old = lag.get(thing.r#type).map(|looks| (thing.args.clone(), *looks));
            change(&mut thing.args);
            thing.updates += 1;
            thing.pending = pending.get(thing.r#type).copied().unwrap_or_default();
        }
    }

    pub(crate) fn leave(&self, id: &str) {
        let mut inner = self.inner();
        let Inner { things, pending, .. } = &mut *inner;
        if let Some(thing) = things.get_mut(id) {
            thing.leaving = true;
            thing.failed = None;
            thing.pending = pending.get(thing.r#type).copied().unwrap_or_default();
            if thing.pending == 0 {
                things.remove(id);
            }
        }
    }
}

impl Inner {
    /// Counts a call that changes something; returns whether the process ends before it is carried out.
    fn ends_before(&mut self) -> bool {
        let Some(cut) = &mut self.cut else { return false };
        if cut.after > 0 {
            cut.after -= 1;
            return false;
        }
        if cut.carried_out {
            cut.is_due = true;
            return false;
        }
        self.cut = None;
        self.cut_off = true;
        true
    }

    fn strike(&mut self, call: Call, r#type: &str) -> Option<CallError> {
        let concerned = |fault: &Fault| fault.call == call && fault.r#type == r#type;
        let due = self.faults.iter().position(|fault| concerned(fault) && fault.after == 0);
        let due = due.map(|index| self.faults.remove(index).error);
        for fault in self.faults.iter_mut().filter(|fault| concerned(fault)) {
            fault.after = fault.after.saturating_sub(1);
        }
        due
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Observe => "observe",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Read => "read",
            Self::Open => "open",
            Self::Close => "close",
        })
    }
}
