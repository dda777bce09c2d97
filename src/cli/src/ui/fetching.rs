//! What is being fetched: a line on a terminal, nothing elsewhere.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the line moves.
const TICK: Duration = Duration::from_millis(120);

/// The line, with the keys of the modules that are being fetched.
pub(crate) struct Fetching {
    bar: ProgressBar,
    running: Mutex<BTreeSet<String>>,
}

impl Fetching {
    /// Returns the line for a number of modules.
    pub fn new(total: usize) -> Self {
        let is_shown = io::stderr().is_terminal();
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{spinner} {pos} of {len} modules fetched {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_style(style);
        if is_shown {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, running: Mutex::default() }
    }

    /// Notes that a module is being fetched.
    pub fn begin(&self, key: &str) {
        self.change(|running| running.insert(key.to_owned()));
    }

    /// Notes that a module was fetched, or not.
    pub fn end(&self, key: &str) {
        self.bar.inc(1);
        self.change(|running| running.remove(key));
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<String>) -> bool) {
        let mut running = self.running.lock().expect("no change of the list panics");
        change(&mut running);
        self.bar.set_message(running.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
