//! Blocks during apply: evaluated again, with final values.

use landfall_addr::{InstanceKey, Mode};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_state::{Change, ObjectId, OutputState};
use landfall_value::{Marks, Value};

use super::driver::{Begun, Driver};
use super::operation::Report;
use crate::PlanMode;
use crate::evaluate::{Findings, ModuleInstanceId, Repetition, decode_config, not_found_out, repetitions};
use crate::graph::{Block, BlockId, ModuleId};
use crate::planning::{whole, with_schema_marks};
use crate::prior::decode;

impl<'a> Driver<'a> {
    pub(super) fn begin_evaluation(&mut self, id: BlockId, instance: ModuleInstanceId) -> Begun<'a> {
        match self.graph.node(id).block {
            Block::Provider => self.begin_provider(id, instance),
            Block::Call(call, child) => {
                let mut found = Diagnostics::new();
                let expanded = {
                    let names = self.evaluation.names();
                    let scope = names.scope(instance);
                    repetitions(call.count.as_ref(), call.for_each.as_ref(), &scope, &mut found)
                };
                if !self.accept(found) {
                    return Begun::Failed;
                }
                let same = self.evaluation.instances.repeat(instance, child, expanded.repeated, expanded.each);
                if !same {
                    let address = self.evaluation.address(instance, &format!("module.{}", call.name));
                    self.evaluation.diagnostics.push(other_instances(&address).at(call.span));
                }
                Begun::of(same)
            }
            Block::Output(_) => {
                let ok = self.evaluation.evaluate(id, instance);
                if ok && self.graph.node(id).module == ModuleId::ROOT {
                    self.store_output(id);
                }
                Begun::of(ok)
            }
            Block::Variable(_) | Block::Local(_) | Block::Check(_) => Begun::of(self.evaluation.evaluate(id, instance)),
            Block::Refresh(_) | Block::Resource(..) | Block::Close => Begun::Done,
        }
    }

    fn store_output(&mut self, id: BlockId) {
        let Block::Output(output) = self.graph.node(id).block else { return };
        let Some(value) = self.evaluation.values.get(id, 0) else { return };
        let plain = value.unmarked_deep();
        let stored = (!output.ephemeral && !plain.is_null() && plain.is_wholly_known()).then(|| OutputState {
            value: plain,
            sensitive: output.sensitive || value.marks_deep().contains(Marks::SENSITIVE),
        });
        if self.state.outputs().get(&output.name) != stored.as_ref() {
            self.change_state(Change::Output { name: output.name.clone(), output: stored });
        }
    }

    fn begin_provider(&mut self, id: BlockId, instance: ModuleInstanceId) -> Begun<'a> {
        let Some(node) = self.graph.provider(id) else { return Begun::Done };
        let Some(provider) = self.context.providers.get(&node.config.source).cloned() else { return Begun::Done };
        let mut found = Diagnostics::new();
        let value = {
            let names = self.evaluation.names();
            let scope = names.scope(instance);
            let body = node.block.map(|block| block.body.clone()).unwrap_or_default();
            decode_config(&body, &provider.schema().block, &scope, Findings::Errors, &mut found)
        };
        if !self.accept(found) {
            return Begun::Failed;
        }
        let value = value.unmarked_deep();
        let caller = self.context.runtime.caller(self.context.abandon);
        Begun::Running(Box::pin(async move { Report::Configured(id, provider.configure(&value, caller).await) }))
    }

    /// Finds out what the instances of a resource block are.
    pub(super) fn begin_block(&mut self, id: BlockId, instance: ModuleInstanceId) -> bool {
        let Some(block) = self.graph.node(id).resource() else { return true };
        let expanded_elsewhere = match block.address.mode {
            Mode::Managed => self.plan.mode != PlanMode::Normal,
            Mode::Data => false,
            Mode::Ephemeral => true,
        };
        if expanded_elsewhere {
            return true;
        }
        let mut found = Diagnostics::new();
        let expanded = {
            let names = self.evaluation.names();
            let scope = names.scope(instance);
            repetitions(block.count.as_ref(), block.for_each.as_ref(), &scope, &mut found)
        };
        let address = block.address.within(self.evaluation.instances.get(instance).address.clone());
        self.begun.insert(address, expanded);
        self.accept(found)
    }

    /// Puts the value of a resource block together from what the state has.
    pub(super) fn end_block(&mut self, id: BlockId, instance: ModuleInstanceId) -> bool {
        let Some(block) = self.graph.node(id).resource() else { return true };
        let Some(provider) = self.graph.provider(id) else { return true };
        let info = match self.types.get(&provider.config.source, &block.address) {
            Ok(info) => info,
            Err(finding) => return self.accept(finding.at(block.span).into()),
        };
        let address = block.address.within(self.evaluation.instances.get(instance).address.clone());
        // What is destroyed is still needed by the configurations of providers that do it.
        let state = if self.plan.mode == PlanMode::Destroy { &self.plan.state } else { &self.state };
        let there = state.resource(&address);
        let repeated = crate::evaluate::Repeated::of(block.count.is_some(), block.for_each.is_some());
        let keys: Vec<InstanceKey> = match self.begun.get(&address) {
            Some(expanded) => expanded.each.iter().map(Repetition::key).collect(),
            None => there.map(|there| there.instances.keys().cloned().collect()).unwrap_or_default(),
        };
        let mut values = Vec::with_capacity(keys.len());
        let mut found = Diagnostics::new();
        for key in keys {
            let object = there.and_then(|there| there.instances.get(&key)).and_then(|there| there.current.as_ref());
            let value = match object.map(|object| decode(object, &info.value_type)) {
                Some(Ok(value)) => with_schema_marks(&value, &info),
                Some(Err(error)) => {
                    let id = ObjectId::current(address.instance(key.clone()));
                    let detail = format!("The state of `{id}` does not fit its resource type: {error}.");
                    found.push(Diagnostic::error("Failed to decode resource from state", detail));
                    not_found_out()
                }
                None => Value::unknown(info.value_type.clone()),
            };
            values.push((key, value));
        }
        let ok = self.accept(found);
        self.evaluation.set(id, instance, whole(repeated, values));
        ok
    }
}

fn other_instances(address: &str) -> Diagnostic {
    Diagnostic::error(
        "Inconsistent final plan",
        format!(
            "The instances of `{address}` are not those of the plan, now that everything is known. This is a bug in \
             landfall; please report it."
        ),
    )
}
