//! What will happen by itself: events with a time, run in order when time has come to them.
//!
//! There are no background tasks. Before a call is answered, everything that is due by then happens, each at its own
//! moment. A state that only looks different later needs no event: compute it from the time when it is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Events by time, then in the order in which they were entered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Due>", into = "Vec<Due>")]
pub struct Agenda(BTreeMap<(Timestamp, u64), Due>);

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// When it happens.
    pub at: Timestamp,
    /// In which account.
    pub account: String,
    /// In which region.
    pub region: String,
    /// Its name in the table of its family, such as `ec2.nat-gateway-gone`.
    pub event: String,
    /// What it happens to.
    pub subject: String,
}

impl Agenda {
    /// Enters an event.
    pub fn add(&mut self, due: Due) {
        let after = self.0.range(..=(due.at, u64::MAX)).next_back().filter(|((at, _), _)| *at == due.at);
        let order = after.map_or(0, |((_, order), _)| order + 1);
        self.0.insert((due.at, order), due);
    }

    /// Takes the first event that is due.
    pub fn take_due(&mut self, now: Timestamp) -> Option<Due> {
        let first = self.0.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// Returns when the next event happens.
    pub fn next(&self) -> Option<Timestamp> {
        self.0.keys().next().map(|(at, _)| *at)
    }

    /// Takes out the events with this name and subject.
    pub fn cancel(&mut self, event: &str, subject: &str) {
        self.0.retain(|_, due| due.event != event || due.subject != subject);
    }
}

impl From<Vec<Due>> for Agenda {
    fn from(list: Vec<Due>) -> Self {
        let mut agenda = Self::default();
        list.into_iter().for_each(|due| agenda.add(due));
        agenda
    }
}

impl From<Agenda> for Vec<Due> {
    fn from(agenda: Agenda) -> Self {
        agenda.0.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_order_and_only_when_due() {
        let at = |millis, subject: &str| Due {
            at: Timestamp::from_millis(millis),
            account: String::new(),
            region: String::new(),
            event: "e".to_owned(),
            subject: subject.to_owned(),
        };
        let mut agenda = Agenda::default();
        for due in [at(20, "c"), at(10, "a"), at(10, "b"), at(30, "d"), at(10, "x")] {
            agenda.add(due);
        }
        agenda.cancel("e", "x");
        let mut agenda = Agenda::from(Vec::from(agenda));
        let mut taken = String::new();
        while let Some(due) = agenda.take_due(Timestamp::from_millis(20)) {
            taken.push_str(&due.subject);
        }
        assert_eq!((taken.as_str(), agenda.next()), ("abc", Some(Timestamp::from_millis(30))));
    }
}
