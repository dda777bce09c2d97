//! Bars on a terminal: one for each operation that takes a while, and one for all.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use landfall_state::ObjectId;

use super::message::took;
use super::progress::{Running, line_of};

/// Operations that end sooner get no bar.
const PATIENCE: Duration = Duration::from_millis(400);
/// More bars than this are of no use to anyone.
const MOST: usize = 12;

pub(super) struct Bars {
    all: MultiProgress,
    bars: BTreeMap<ObjectId, ProgressBar>,
    total: Option<ProgressBar>,
    since: Instant,
}

impl Bars {
    pub fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { all, bars: BTreeMap::new(), total: None, since: Instant::now() }
    }

    /// Prints lines above the bars.
    pub fn print(&self, text: &str) {
        // A terminal that went away is no concern of the work.
        let _ = self.all.println(text.trim_end_matches('\n'));
    }

    /// Draws what goes on.
    pub fn draw(&mut self, running: &BTreeMap<ObjectId, Running>, done: usize) {
        let all = &self.all;
        self.bars.retain(|object, bar| {
            let stays = running.contains_key(object);
            if !stays {
                bar.finish_and_clear();
                all.remove(bar);
            }
            stays
        });
        for (object, running) in running.iter().filter(|(_, running)| running.since.elapsed() > PATIENCE) {
            if !self.bars.contains_key(object) && self.bars.len() < MOST {
                self.bars.insert(object.clone(), self.add());
            }
            if let Some(bar) = self.bars.get(object) {
                bar.set_message(line_of(object, running));
                bar.tick();
            }
        }
        if self.bars.is_empty() {
            if let Some(total) = self.total.take() {
                total.finish_and_clear();
            }
        } else {
            let total =
                self.total.take().unwrap_or_else(|| self.all.add(ProgressBar::new_spinner().with_style(plain())));
            total.set_message(format!("{done} done, {} running, {}", running.len(), took(self.since.elapsed())));
            total.tick();
            self.total = Some(total);
        }
    }

    /// Takes all bars away.
    pub fn clear(&mut self) {
        let bars = std::mem::take(&mut self.bars);
        bars.values().chain(&self.total).for_each(ProgressBar::finish_and_clear);
        self.total = None;
        // As with `print`: nobody may be watching any more.
        let _ = self.all.clear();
    }

    fn add(&self) -> ProgressBar {
        let style = ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| plain());
        let bar = ProgressBar::new_spinner().with_style(style);
        match &self.total {
            Some(total) => self.all.insert_before(total, bar),
            None => self.all.add(bar),
        }
    }
}

fn plain() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}
