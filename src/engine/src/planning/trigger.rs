//! `replace_triggered_by`: whether something that an object hangs on changes.

use landfall_addr::{InstanceKey, ResourceInstance};
use landfall_lang::config::ResourceBlock;
use landfall_lang::{Expr, Referent};
use landfall_value::{AttributePath, Value};

use super::planner::Planner;
use crate::evaluate::{ModuleInstanceId, Repetition};
use crate::{Action, ResourceChange};

impl Planner<'_> {
    /// Returns whether any reference in `replace_triggered_by` leads to something that changes.
    pub(super) fn is_triggered(
        &self,
        block: &ResourceBlock,
        instance: ModuleInstanceId,
        repetition: &Repetition,
    ) -> bool {
        block.lifecycle.replace_triggered_by.iter().any(|expr| self.expr_changes(expr, instance, repetition))
    }

    fn expr_changes(&self, expr: &Expr, instance: ModuleInstanceId, repetition: &Repetition) -> bool {
        let own_key = expr
            .references()
            .iter()
            .any(|reference| matches!(reference.referent, Referent::EachKey | Referent::CountIndex));
        let Some((resource, reference)) = expr.references().iter().find_map(|reference| match &reference.referent {
            Referent::Resource(resource) => Some((resource, reference)),
            _ => None,
        }) else {
            return false;
        };
        let address = resource.within(self.evaluation.instances.get(instance).address.clone());
        let attributes: AttributePath =
            reference.attributes.iter().fold(AttributePath::root(), |path, name| path.attribute(name.clone()));
        let key = if own_key { Some(repetition.key()) } else { reference.key.clone() };
        match key {
            Some(key) => self.instance_changes(&address.instance(key), &attributes),
            None => {
                let all = self.planned.get(&address).map(|planned| planned.each.as_slice()).unwrap_or_default();
                let mut keys = all.iter().map(Repetition::key).collect::<Vec<InstanceKey>>();
                if keys.is_empty() {
                    keys.push(InstanceKey::None);
                }
                keys.into_iter().any(|key| self.instance_changes(&address.instance(key), &attributes))
            }
        }
    }

    fn instance_changes(&self, address: &ResourceInstance, attributes: &AttributePath) -> bool {
        self.change_of.get(address).is_some_and(|place| changes(&self.changes[*place], attributes))
    }
}

fn changes(change: &ResourceChange, attributes: &AttributePath) -> bool {
    if !matches!(change.action, Action::Update | Action::Replace { .. }) {
        return false;
    }
    let part = |value: &Value| attributes.get(value).map(Value::unmarked_deep);
    attributes.0.is_empty() || part(&change.before) != part(&change.after)
}
