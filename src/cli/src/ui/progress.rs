//! Shows events as they come. Lines are gathered and written ten times a second, so that thousands of fast operations
//! cost no system call each.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use landfall_addr::Mode;
use landfall_engine::{Counts, Event, Events, Work};
use landfall_state::ObjectId;

use super::bars::Bars;
use super::message;
use crate::session::Voice;

/// How often lines are written and bars drawn.
const TICK: Duration = Duration::from_millis(100);
/// How often an operation that goes on gets a line.
const STILL: Duration = Duration::from_secs(10);

/// An operation that goes on.
pub(super) struct Running {
    pub work: Work,
    pub since: Instant,
    pub usual: Duration,
    pub reason: Option<String>,
    next_line: Duration,
}

enum Output {
    Lines(Stdout),
    Json(Stdout),
    Bars(Bars),
}

struct Screen {
    output: Output,
    buffer: Vec<u8>,
    running: BTreeMap<ObjectId, Running>,
    done: usize,
    counts: Counts,
}

/// Takes events and shows them until it is dropped.
pub(crate) struct Progress {
    screen: Arc<Mutex<Screen>>,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Returns what shows events: a stream of JSON objects, bars on a terminal, plain lines elsewhere.
    pub fn start(voice: Voice) -> Self {
        let output = match voice {
            Voice::Json => Output::Json(io::stdout()),
            Voice::Human if io::stdout().is_terminal() && io::stderr().is_terminal() => Output::Bars(Bars::new()),
            Voice::Human => Output::Lines(io::stdout()),
        };
        let screen =
            Screen { output, buffer: Vec::new(), running: BTreeMap::new(), done: 0, counts: Counts::default() };
        let screen = Arc::new(Mutex::new(screen));
        let (stop, stopped) = channel();
        let ticked = screen.clone();
        let ticker = std::thread::spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                lock(&ticked).tick();
            }
        });
        Self { screen, ticker: Some((stop, ticker)) }
    }
}

impl Progress {
    /// Shows what is left to be shown, and returns how many objects were changed.
    pub fn finish(self) -> Counts {
        lock(&self.screen).counts
    }
}

impl Events for Progress {
    fn on(&self, event: Event) {
        lock(&self.screen).on(&event);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, ticker)) = self.ticker.take() {
            drop(stop);
            // A panic of the ticker was already printed, and the work is not its concern.
            let _ = ticker.join();
        }
        let mut screen = lock(&self.screen);
        if let Output::Bars(bars) = &mut screen.output {
            bars.clear();
        }
        screen.flush();
    }
}

fn lock(screen: &Mutex<Screen>) -> MutexGuard<'_, Screen> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    fn on(&mut self, event: &Event) {
        self.note(event);
        let line = match &self.output {
            Output::Json(_) => message::json(event).map(|line| line.to_text()),
            // Bars show what has begun.
            Output::Bars(_) if matches!(event, Event::ApplyStarted { .. }) => None,
            Output::Bars(_) | Output::Lines(_) => message::human(event).map(|line| format!("{line}\n")),
        };
        if let Some(line) = line {
            self.buffer.extend_from_slice(line.as_bytes());
        }
        if self.buffer.len() > 1 << 16 || matches!(event, Event::Interrupted { .. }) {
            self.flush();
        }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::ApplyStarted { object, work, usual, .. } => {
                let running =
                    Running { work: *work, since: Instant::now(), usual: *usual, reason: None, next_line: STILL };
                self.running.insert(object.clone(), running);
            }
            Event::ApplyProgress { object, progress, .. } => {
                if let Some(running) = self.running.get_mut(object) {
                    running.reason = message::reason(progress);
                }
            }
            Event::ApplyCompleted { object, work, .. } => {
                self.running.remove(object);
                self.done += 1;
                if object.address.resource.mode == Mode::Managed {
                    self.count(*work);
                }
            }
            Event::ApplyFailed { object, .. } => {
                self.running.remove(object);
            }
            Event::RefreshStarted { .. }
            | Event::RefreshCompleted { .. }
            | Event::Refreshed { .. }
            | Event::ReadStarted { .. }
            | Event::ReadCompleted { .. }
            | Event::EphemeralStarted { .. }
            | Event::EphemeralCompleted { .. }
            | Event::EphemeralFailed { .. }
            | Event::ProvisionerStarted { .. }
            | Event::ProvisionerOutput { .. }
            | Event::ProvisionerCompleted { .. }
            | Event::Interrupted { .. } => {}
        }
    }

    fn count(&mut self, work: Work) {
        let counter = match work {
            Work::Create => &mut self.counts.add,
            Work::Update => &mut self.counts.change,
            Work::Delete => &mut self.counts.destroy,
            Work::Forget => &mut self.counts.forget,
            Work::Read => return,
        };
        *counter += 1;
    }

    fn tick(&mut self) {
        if !matches!(self.output, Output::Bars(_)) {
            self.write_still();
        }
        self.flush();
        if let Output::Bars(bars) = &mut self.output {
            bars.draw(&self.running, self.done);
        }
    }

    /// Writes a line for each operation that has gone on for another while.
    fn write_still(&mut self) {
        for (object, running) in &mut self.running {
            let elapsed = running.since.elapsed();
            if elapsed < running.next_line {
                continue;
            }
            running.next_line += STILL;
            let text = message::still(&object.to_string(), running.work, elapsed, running.reason.as_deref());
            let text = match &self.output {
                Output::Json(_) => message::progress_line(object, running.work, elapsed, text).to_text(),
                Output::Lines(_) | Output::Bars(_) => format!("{text}\n"),
            };
            self.buffer.extend_from_slice(text.as_bytes());
        }
    }

    fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        // Nobody may be reading any more; the work goes on all the same.
        let _ = match &mut self.output {
            Output::Lines(stdout) | Output::Json(stdout) => {
                stdout.lock().write_all(&self.buffer).and_then(|()| stdout.flush())
            }
            Output::Bars(bars) => {
                bars.print(&String::from_utf8_lossy(&self.buffer));
                Ok(())
            }
        };
        self.buffer.clear();
    }
}

/// Returns the line of a bar: what is done, for how long, and what it waits for.
pub(super) fn line_of(object: &ObjectId, running: &Running) -> String {
    let elapsed = message::took(running.since.elapsed());
    let usual = match running.usual {
        usual if usual > Duration::from_secs(5) => format!(", usually {}", message::took(usual)),
        _ => String::new(),
    };
    let reason = running.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{object}: {}... [{elapsed}{usual}]{reason}", message::short(running.work))
}
