//! Replacements that create the new object first: the old one is deposed in between.

use std::sync::Arc;

use landfall_addr::DeposedKey;
use landfall_state::{Change, ObjectId};

use super::change::Subject;
use super::driver::{Begun, Driver};
use crate::order::StepId;

impl<'a> Driver<'a> {
    /// Makes room for the new object.
    pub(super) fn depose(&mut self, subject: &Subject<'a>) {
        let current = ObjectId::current(subject.change.address.clone());
        let Some(object) = self.state.object(&current).cloned() else { return };
        let key = DeposedKey(Arc::from(self.random_hex(4)));
        let deposed = ObjectId::deposed(subject.change.address.clone(), key.clone());
        self.put(deposed, subject.change.provider.clone(), object);
        self.change_state(Change::Remove { id: current });
        self.deposed.insert(subject.place, key);
    }

    /// Puts the old object back where no new one came to be.
    pub(super) fn restore(&mut self, place: u32) {
        let plan = self.plan;
        let change = &plan.changes[place as usize];
        let current = ObjectId::current(change.address.clone());
        if self.state.object(&current).is_some() {
            return;
        }
        let Some(key) = self.deposed.remove(&place) else { return };
        let deposed = ObjectId::deposed(change.address.clone(), key);
        let Some(object) = self.state.object(&deposed).cloned() else { return };
        self.put(current, change.provider.clone(), object);
        self.change_state(Change::Remove { id: deposed });
    }

    pub(super) fn begin_deposed_delete(&mut self, step: StepId, subject: Subject<'a>) -> Begun<'a> {
        match self.deposed.get(&subject.place).cloned() {
            Some(key) => {
                let object = ObjectId::deposed(subject.change.address.clone(), key);
                self.begin_delete(step, subject, object)
            }
            None => Begun::Done,
        }
    }
}
