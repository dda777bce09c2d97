//! Objects that the configuration does not have any more, and deposed ones.

use std::collections::BTreeSet;

use landfall_addr::{Mode, ResourceInstance, Target};
use landfall_diag::Diagnostic;
use landfall_lang::config::{Module, Removed, ResourceBlock};
use landfall_state::{Change, ObjectId};
use landfall_value::Value;

use super::managed::{cannot_be_destroyed, with_schema_marks};
use super::planner::Planner;
use crate::graph::BlockId;
use crate::{Action, PlanMode, Reason, ResourceChange};

impl Planner<'_> {
    /// Plans the destruction of all objects that no block has planned.
    pub(super) fn plan_orphans(&mut self) {
        let ids: Vec<ObjectId> = self.state.objects().map(|(id, _, _)| id).collect();
        for id in ids {
            let block = self.block_of(&id.address);
            if !self.selection.is_everything() && !self.is_targeted(block, &id.address) {
                continue;
            }
            match (id.address.resource.mode, &id.deposed) {
                (Mode::Managed, Some(_)) => self.plan_object_deletion(block, &id, None),
                (Mode::Managed, None) if self.change_of.contains_key(&id.address) => {}
                (Mode::Managed, None) => {
                    let reason = self.orphan_reason(block, &id.address);
                    self.plan_deletion(block, &id.address, reason);
                }
                (Mode::Data | Mode::Ephemeral, _) => {
                    // What is destroyed may need it until the end.
                    if block.is_none() && self.options.mode != PlanMode::Destroy {
                        self.change_state(Change::Remove { id });
                    }
                }
            }
        }
    }

    fn is_targeted(&self, block: Option<BlockId>, address: &ResourceInstance) -> bool {
        match self.options.mode {
            _ if self.selection.is_excluding() => self.selection.has_instance(block, address),
            PlanMode::Destroy => self.selection.has_instance(block, address),
            PlanMode::Normal | PlanMode::RefreshOnly => {
                self.options.targets.iter().any(|target| target.contains(address))
            }
        }
    }

    pub(super) fn block_of(&self, address: &ResourceInstance) -> Option<BlockId> {
        let module = self.graph.module_at(&address.module.path())?;
        self.graph.module(module).resources.get(&address.resource).copied()
    }

    /// Returns why an object that no block has planned goes.
    fn orphan_reason(&self, block: Option<BlockId>, address: &ResourceInstance) -> Option<Reason> {
        if self.options.mode == PlanMode::Destroy {
            return None;
        }
        let module = self.graph.module_at(&address.module.path());
        let instance = module.and_then(|module| self.evaluation.instances.find(module, &address.module));
        Some(match (block, instance) {
            (None, _) if self.moves.previous.contains_key(address) => Reason::DeleteBecauseNoMoveTarget,
            (None, _) => Reason::DeleteBecauseNoResourceConfig,
            (Some(_), None) => Reason::DeleteBecauseNoModule,
            (Some(_), Some(_)) => Reason::DeleteBecauseNoResourceConfig,
        })
    }

    /// Plans the destruction of the current object of an instance.
    pub(super) fn plan_deletion(&mut self, block: Option<BlockId>, address: &ResourceInstance, reason: Option<Reason>) {
        if self.state.current(address).is_some() {
            self.plan_object_deletion(block, &ObjectId::current(address.clone()), reason);
        }
    }

    fn plan_object_deletion(&mut self, block: Option<BlockId>, id: &ObjectId, reason: Option<Reason>) {
        let graph = self.graph;
        let Some(object) = self.state.object(id).cloned() else { return };
        let Some(resource) = self.state.resource(&id.address.abs_resource()) else { return };
        let own = block.and_then(|block| graph.provider(block)).map(|node| node.config.clone());
        let provider = own.unwrap_or_else(|| resource.provider.clone());
        let info = match self.types.get(&provider.source, &id.address.resource) {
            Ok(info) => info,
            Err(finding) => {
                self.evaluation.diagnostics.push(finding.about(id.address.clone()));
                return;
            }
        };
        let Some(value) = self.read(id, &object, &info) else { return };
        let config = block.and_then(|block| graph.node(block).resource());
        let prevents = |config: &&ResourceBlock| config.lifecycle.prevent_destroy && id.deposed.is_none();
        if let Some(config) = config.filter(prevents) {
            self.evaluation.diagnostics.push(cannot_be_destroyed(config, &id.address));
            return;
        }
        let removed = removed_block(&self.context.config.root, &id.address);
        if let (Some(removed), Some(config)) = (removed, config) {
            self.evaluation.diagnostics.push(still_there(removed, config.span));
            return;
        }
        let forget = self.options.mode == PlanMode::Normal && removed.is_some_and(|removed| !removed.destroy);
        let change = ResourceChange {
            address: id.address.clone(),
            previous_address: self.moves.previous.get(&id.address).cloned(),
            deposed: id.deposed.clone(),
            provider,
            action: if forget { Action::Forget } else { Action::Delete },
            before: with_schema_marks(&value, &info),
            after: Value::null(info.value_type.clone()),
            replace_paths: Vec::new(),
            reason,
            importing: None,
        };
        self.record(block, change);
    }

    /// Finds `removed` blocks whose resource is still declared.
    pub(super) fn check_removed(&mut self) {
        let mut open = vec![&self.context.config.root];
        let mut seen = BTreeSet::new();
        while let Some(module) = open.pop() {
            for removed in &module.removed {
                let declared = match &removed.from {
                    Target::Resource(resource) if resource.module.is_root() => {
                        module.resources.get(&resource.resource).map(|block| block.span)
                    }
                    Target::Module(target) => match target.steps() {
                        [step] => module.calls.get(&step.name).map(|call| call.span),
                        _ => None,
                    },
                    Target::Resource(_) | Target::Instance(_) => None,
                };
                if let Some(span) = declared.filter(|_| seen.insert(removed.span)) {
                    self.evaluation.diagnostics.push(still_there(removed, span));
                }
            }
            open.extend(module.children.values());
        }
    }
}

/// Returns the `removed` block that speaks of an address: of the root module, or of one on the way.
pub(crate) fn removed_block<'c>(root: &'c Module, address: &ResourceInstance) -> Option<&'c Removed> {
    let steps = address.module.steps();
    let mut module = root;
    for depth in 0..=steps.len() {
        if !module.removed.is_empty() {
            let relative = ResourceInstance { module: steps[depth..].iter().cloned().collect(), ..address.clone() };
            if let Some(removed) = module.removed.iter().find(|removed| removed.from.contains(&relative)) {
                return Some(removed);
            }
        }
        module = module.children.get(&steps.get(depth)?.name)?;
    }
    None
}

fn still_there(removed: &Removed, declared: landfall_diag::Span) -> Diagnostic {
    Diagnostic::error(
        "Removed resource still exists",
        "This statement says that something was removed, but the configuration still declares it. Take out either the \
         declaration or the `removed` block.",
    )
    .at(declared)
    .within(removed.span)
}
