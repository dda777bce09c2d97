//! Where a run is cut off: the moments at which it touches the world outside of its memory.
//!
//! Between two such moments a crash has the same outcome wherever it comes, so that these are all that there are to try.

use std::fmt;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use landfall_provider::{Clock, VirtualClock};
use landfall_sandbox::Sandbox;
use landfall_state::{Change, StateError, StepLog};
use tokio::sync::Notify;

/// On which side of what it does a moment is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nothing was done.
    Before,
    /// A write was done in part; a call has none.
    Within,
    /// It was done, and nobody was told.
    After,
}

/// What happens at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A call that changes the cloud: service and what tells the operation.
    Call(String),
    /// The journal is written.
    Journal,
    /// The snapshot is written, and the journal removed.
    Snapshot,
}

/// What is to be done at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// The thing itself.
    Whole,
    /// The thing up to here; then the run is over.
    Last(Side),
    /// Nothing: the run is over.
    Nothing,
}

/// Counts the moments of a run, and ends it at one of them. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Cut(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    inside: Mutex<Inside>,
    over: Notify,
}

#[derive(Debug, Default)]
struct Inside {
    at: Option<(usize, Side)>,
    moments: Vec<Moment>,
    is_over: bool,
}

impl Cut {
    /// Returns what lets a run go on to its end.
    pub fn never() -> Self {
        Self::default()
    }

    /// Returns what ends a run at its moment of this number, from 0.
    pub fn at(number: usize, side: Side) -> Self {
        let cut = Self::default();
        cut.inside().at = Some((number, side));
        cut
    }

    /// Returns once the run is over.
    pub async fn over(&self) {
        self.0.over.notified().await;
    }

    /// Returns whether the run was cut off.
    pub fn is_over(&self) -> bool {
        self.inside().is_over
    }

    /// Returns the moments so far.
    pub fn moments(&self) -> Vec<Moment> {
        self.inside().moments.clone()
    }

    /// Passes a moment.
    pub fn pass(&self, moment: Moment) -> Passage {
        let mut inside = self.inside();
        if inside.is_over {
            return Passage::Nothing;
        }
        let number = inside.moments.len();
        inside.moments.push(moment);
        match inside.at {
            Some((at, side)) if at == number => {
                inside.is_over = true;
                self.0.over.notify_one();
                Passage::Last(side)
            }
            _ => Passage::Whole,
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to the sandbox, which a cut closes.
#[derive(Clone)]
pub struct Wire {
    pub sandbox: Sandbox,
    pub cut: Cut,
    /// The engine's clock, on which answers take their time.
    pub clock: Arc<VirtualClock>,
    pub latency: Duration,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("cut", &self.cut).field("latency", &self.latency).finish_non_exhaustive()
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let passage = match change(&request) {
            Some(operation) => self.cut.pass(Moment::Call(operation)),
            None if self.cut.is_over() => Passage::Nothing,
            None => Passage::Whole,
        };
        match passage {
            Passage::Whole if self.latency.is_zero() => HttpConnector::call(&self.sandbox, request),
            Passage::Whole => {
                let Self { sandbox, clock, latency, .. } = self.clone();
                HttpConnectorFuture::new(async move {
                    clock.sleep(latency).await;
                    HttpConnector::call(&sandbox, request).await
                })
            }
            Passage::Last(Side::After | Side::Within) => {
                drop(HttpConnector::call(&self.sandbox, request));
                HttpConnectorFuture::new(std::future::pending())
            }
            Passage::Last(Side::Before) | Passage::Nothing => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

/// Returns what a request changes; nothing where it only asks.
fn change(request: &HttpRequest) -> Option<String> {
    const QUESTIONS: [&str; 5] = ["Describe", "List", "Get", "Simulate", "AssumeRole"];
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
    match action.or(target) {
        Some(name) if QUESTIONS.iter().any(|question| name.starts_with(question)) => None,
        Some(name) => Some(name.to_owned()),
        None if request.method() == "GET" => None,
        None => {
            let path = request.uri().split_once("://").map_or("", |(_, rest)| rest);
            Some(format!("{} {}", request.method(), path.split_once('/').map_or("", |(_, path)| path)))
        }
    }
}

/// A journal that a cut can tear.
pub struct Journal {
    pub inner: Box<dyn StepLog>,
    pub path: PathBuf,
    pub cut: Cut,
}

impl StepLog for Journal {
    fn append(&mut self, changes: &[Change]) -> Result<(), StateError> {
        match self.cut.pass(Moment::Journal) {
            Passage::Whole | Passage::Last(Side::After) => self.inner.append(changes),
            Passage::Last(Side::Within) => {
                let length = || std::fs::metadata(&self.path).map_or(0, |file| file.len());
                let before = length();
                self.inner.append(changes)?;
                // The end of the last line at the least is missing.
                let kept = before + (length() - before) * 2 / 3;
                let torn = OpenOptions::new().write(true).open(&self.path).and_then(|file| file.set_len(kept));
                torn.expect("the journal can be cut");
                Ok(())
            }
            Passage::Last(Side::Before) | Passage::Nothing => Ok(()),
        }
    }
}
