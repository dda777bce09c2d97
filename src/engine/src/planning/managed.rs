//! Managed resources: their instances are expanded here, and decided one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{AbsResource, InstanceKey, ProviderConfig, ResourceInstance};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::OwnReferences;
use landfall_lang::config::ResourceBlock;
use landfall_provider::{AnyResource, Facts, Overrides, Planned};
use landfall_state::{ObjectId, Status};
use landfall_value::{Type, Value, schema};

use super::planner::{Planner, ProviderState};
use super::walk::Visit;
use crate::diff::{Decision, Proposal, decide};
use crate::evaluate::{
    Findings, ModuleInstanceId, Repeated, Repetition, Repetitions, decode_config, ephemeral_problem, not_found_out,
    repetitions,
};
use crate::graph::BlockId;
use crate::types::TypeInfo;
use crate::{Action, Importing, Reason, ResourceChange};

/// What is the same for all instances of a block.
struct BlockPlan<'a> {
    id: BlockId,
    block: &'a ResourceBlock,
    provider: ProviderConfig,
    info: Arc<TypeInfo<'a>>,
    resource: &'a dyn AnyResource,
    /// What is known of the account; none while the provider is not configured.
    facts: Option<Facts>,
    create_before_destroy: bool,
    own: OwnReferences<'a>,
}

impl<'a> Planner<'a> {
    pub(super) fn visit_managed(&mut self, id: BlockId) -> Visit<'a> {
        match self.start_imports(id) {
            Some(visit) => visit,
            None if self.only_imports => self.visit_existing(id),
            None => Visit::of(self.plan_managed(id)),
        }
    }

    /// Plans all instances of a block. Returns whether there was no error.
    pub(super) fn plan_managed(&mut self, id: BlockId) -> bool {
        let Some(plan) = self.block_plan(id) else { return false };
        let mut ok = true;
        for instance in self.evaluation.instances_of(id) {
            ok &= self.plan_in_module(&plan, instance);
        }
        ok
    }

    fn block_plan(&mut self, id: BlockId) -> Option<BlockPlan<'a>> {
        let graph = self.graph;
        let block = graph.node(id).resource()?;
        let (provider, info) = self.type_of(id)?;
        let resource = info.managed()?;
        let facts = match self.provider_state(id) {
            Some(ProviderState::Ready(configured)) => Some(configured.facts.clone()),
            Some(ProviderState::Unknown | ProviderState::Unconfigured) | None => None,
        };
        let create_before_destroy = self.create_before_destroy[id.index()];
        let own = OwnReferences::of(block, &info.schema.block);
        Some(BlockPlan { id, block, provider, info, resource, facts, create_before_destroy, own })
    }

    fn plan_in_module(&mut self, plan: &BlockPlan<'a>, instance: ModuleInstanceId) -> bool {
        if !self.evaluation.accept(plan.own.in_repetition()) {
            self.whole_value(plan.id, instance, not_found_out());
            return false;
        }
        let mut found = Diagnostics::new();
        let expanded = {
            let names = self.evaluation.names();
            let scope = names.scope(instance);
            repetitions(plan.block.count.as_ref(), plan.block.for_each.as_ref(), &scope, &mut found)
        };
        let address = plan.block.address.within(self.evaluation.instances.get(instance).address.clone());
        let mut ok = self.evaluation.accept(found);
        let mut values = Vec::with_capacity(expanded.each.len());
        for repetition in &expanded.each {
            let target = address.instance(repetition.key());
            let value = if self.selection.has_instance(Some(plan.id), &target) {
                self.plan_instance(plan, instance, repetition, target)
            } else {
                self.existing(&target, &plan.info)
            };
            ok &= value.is_some();
            values.push((repetition.key(), value.unwrap_or_else(not_found_out)));
        }
        if ok {
            self.planned.insert(address.clone(), expanded.clone());
            self.plan_surplus(plan.id, &address, &expanded);
        }
        let whole = if ok { whole(expanded.repeated, values) } else { not_found_out() };
        self.whole_value(plan.id, instance, whole);
        ok
    }

    /// Plans one instance and returns its value; `None` after an error.
    fn plan_instance(
        &mut self,
        plan: &BlockPlan<'a>,
        instance: ModuleInstanceId,
        repetition: &Repetition,
        address: ResourceInstance,
    ) -> Option<Value> {
        if !self.evaluation.accept(plan.own.in_instance(&repetition.key())) {
            return None;
        }
        let before_errors = self.evaluation.resource_conditions(plan.id, instance, repetition, None);
        let config = self.managed_config(plan, instance, repetition, &address)?;
        if !before_errors {
            return None;
        }
        let (prior, tainted, importing) = self.prior(&address, &plan.info)?;
        let force = self.force(plan, instance, repetition, &address, tainted)?;
        let decision = decide(&Proposal {
            block: &plan.info.schema.block,
            prior: &prior,
            config: &config,
            ignored: &plan.block.lifecycle.ignore_changes,
            force,
            create_before_destroy: plan.create_before_destroy,
            plan: &|planned| overrides(plan, planned),
        });
        if !self.accept_decision(plan, &decision, &address) {
            return None;
        }
        match decision.action {
            Action::NoOp => self.refresh_metadata(plan.id, &address),
            Action::Create | Action::Replace { .. } => {
                let promised = promised(&plan.info.schema.block, &config, &decision.after);
                self.promised.entry(plan.id).or_default().extend(promised);
            }
            _ => {}
        }
        let value = decision.after.clone();
        let previous_address = self.moves.previous.get(&address).cloned();
        let change = ResourceChange {
            address,
            previous_address,
            deposed: None,
            provider: plan.provider.clone(),
            action: decision.action,
            before: prior,
            after: decision.after,
            replace_paths: decision.replace_paths,
            reason: decision.reason,
            importing,
        };
        self.record(Some(plan.id), change);
        self.evaluation.resource_conditions(plan.id, instance, repetition, Some(&value)).then_some(value)
    }

    fn managed_config(
        &mut self,
        plan: &BlockPlan<'a>,
        instance: ModuleInstanceId,
        repetition: &Repetition,
        address: &ResourceInstance,
    ) -> Option<Value> {
        let mut found = Diagnostics::new();
        let config = {
            let names = self.evaluation.names();
            let scope = names.scope(instance).repeated(repetition);
            decode_config(&plan.block.body, &plan.info.schema.block, &scope, Findings::Errors, &mut found)
        };
        if !found.has_errors() {
            found.extend(ephemeral_problem(&config, plan.block, &plan.info.schema.block));
        }
        let found = found.into_iter().map(|finding| match finding.address {
            None => finding.about(address.clone()),
            Some(_) => finding,
        });
        self.evaluation.accept(found.collect()).then_some(config)
    }

    /// Returns the object as it is (null if there is none), whether it is tainted, and how it is imported.
    fn prior(&mut self, address: &ResourceInstance, info: &TypeInfo<'_>) -> Option<(Value, bool, Option<Importing>)> {
        let Some(object) = self.state.current(address).cloned() else {
            return Some((Value::null(info.value_type.clone()), false, None));
        };
        let value = self.read(&ObjectId::current(address.clone()), &object, info)?;
        let importing = self.imported.get(address).map(|id| Importing { id: id.clone() });
        Some((with_schema_marks(&value, info), object.status == Status::Tainted, importing))
    }

    /// Returns why the object is replaced whatever its configuration says; `None` after an error.
    #[expect(clippy::option_option, reason = "the outer one is for errors, as everywhere in planning")]
    fn force(
        &mut self,
        plan: &BlockPlan<'a>,
        instance: ModuleInstanceId,
        repetition: &Repetition,
        address: &ResourceInstance,
        tainted: bool,
    ) -> Option<Option<Reason>> {
        if tainted {
            return Some(Some(Reason::ReplaceBecauseTainted));
        }
        if self.options.replace.contains(address) {
            return Some(Some(Reason::ReplaceByRequest));
        }
        let triggered = self.is_triggered(plan.block, instance, repetition);
        Some(triggered.then_some(Reason::ReplaceByTriggers))
    }

    fn accept_decision(&mut self, plan: &BlockPlan<'a>, decision: &Decision, address: &ResourceInstance) -> bool {
        let mut ok = true;
        for (path, message) in &decision.errors {
            let attribute = path.0.first().and_then(|step| match step {
                landfall_value::Step::Attribute(name) => plan.block.body.attributes.get(name),
                landfall_value::Step::Index(_) => None,
            });
            let span = attribute.map_or(plan.block.span, |attribute| attribute.expr.span());
            let finding = Diagnostic::error("Invalid configuration", format!("`{path}`: {message}."));
            self.evaluation.diagnostics.push(finding.at(span).about(address.clone()));
            ok = false;
        }
        if matches!(decision.action, Action::Replace { .. }) && plan.block.lifecycle.prevent_destroy {
            self.evaluation.diagnostics.push(cannot_be_destroyed(plan.block, address));
            ok = false;
        }
        ok
    }

    /// Gives a block the values of the objects that are there: while destroying, and when only refreshing.
    pub(super) fn visit_existing(&mut self, id: BlockId) -> Visit<'a> {
        let Some((_, info)) = self.type_of(id) else { return Visit::Failed };
        let Some(block) = self.graph.node(id).resource() else { return Visit::Done };
        let repeated = Repeated::of(block.count.is_some(), block.for_each.is_some());
        for instance in self.evaluation.instances_of(id) {
            let Some(address) = self.abs_resource(id, instance) else { continue };
            let keys: Vec<InstanceKey> = self
                .state
                .resource(&address)
                .map(|there| there.instances.keys().cloned().collect())
                .unwrap_or_default();
            let values: Vec<(InstanceKey, Value)> = keys
                .into_iter()
                .filter_map(|key| self.existing(&address.instance(key.clone()), &info).map(|value| (key, value)))
                .collect();
            let whole = match (repeated, values.is_empty()) {
                (Repeated::Not, true) => Value::unknown(info.value_type.clone()),
                _ => whole(repeated, values),
            };
            self.whole_value(id, instance, whole);
        }
        Visit::Done
    }

    /// Returns the value of an object that is there; unknown if there is none.
    fn existing(&mut self, address: &ResourceInstance, info: &TypeInfo<'_>) -> Option<Value> {
        let Some(object) = self.state.current(address).cloned() else {
            return Some(Value::unknown(info.value_type.clone()));
        };
        let value = self.read(&ObjectId::current(address.clone()), &object, info)?;
        Some(with_schema_marks(&value, info))
    }

    /// Plans the destruction of instances that the block does not have any more.
    fn plan_surplus(&mut self, id: BlockId, address: &AbsResource, expanded: &Repetitions) {
        let Some(there) = self.state.resource(address) else { return };
        let wanted: std::collections::BTreeSet<InstanceKey> = expanded.each.iter().map(Repetition::key).collect();
        let surplus: Vec<InstanceKey> = there.instances.keys().filter(|key| !wanted.contains(*key)).cloned().collect();
        for key in surplus {
            if !self.selection.has_instance(Some(id), &address.instance(key.clone())) {
                continue;
            }
            let reason = match (expanded.repeated, &key) {
                (Repeated::Count, InstanceKey::Index(_)) => Reason::DeleteBecauseCountIndex,
                (Repeated::ForEach, InstanceKey::Name(_)) => Reason::DeleteBecauseEachKey,
                _ => Reason::DeleteBecauseWrongRepetition,
            };
            self.plan_deletion(Some(id), &address.instance(key), Some(reason));
        }
    }
}

/// Returns what the resource type adds to a plan. While nothing is known of the account, what it would compute is known
/// after apply.
fn overrides(plan: &BlockPlan<'_>, planned: &Planned<'_>) -> Overrides {
    match &plan.facts {
        Some(facts) => plan.resource.plan(facts, planned),
        None => {
            let mut overrides = plan.resource.plan(&Facts::default(), planned);
            overrides.values.iter_mut().for_each(|(_, value)| *value = Value::unknown(value.r#type()));
            overrides
        }
    }
}

/// Returns the attributes of an object yet to be made that are known though nobody configured them.
fn promised<'a>(
    block: &'a schema::Block,
    config: &'a Value,
    after: &'a Value,
) -> impl Iterator<Item = Arc<str>> + use<'a> {
    let is_known = |value: &Value| !value.is_null() && value.is_wholly_known();
    let computed = block.attributes.iter().filter(|(_, attribute)| attribute.computed);
    computed
        .map(|(name, _)| name)
        .filter(move |name| config.get(name).is_none_or(Value::is_null) && after.get(name).is_some_and(is_known))
        .cloned()
}

/// Returns the value of a whole resource from those of its instances, in order of key.
pub(crate) fn whole(repeated: Repeated, values: Vec<(InstanceKey, Value)>) -> Value {
    match repeated {
        Repeated::Not => values.into_iter().next().map_or_else(not_found_out, |(_, value)| value),
        Repeated::Count => Value::tuple(values.into_iter().map(|(_, value)| value).collect()),
        Repeated::ForEach => {
            let by_name = values.into_iter().filter_map(|(key, value)| match key {
                InstanceKey::Name(name) => Some((name, value)),
                InstanceKey::None | InstanceKey::Index(_) => None,
            });
            Value::object(by_name.collect::<BTreeMap<_, _>>())
        }
        Repeated::Unknown => Value::unknown(Type::Dynamic),
    }
}

pub(crate) fn with_schema_marks(value: &Value, info: &TypeInfo<'_>) -> Value {
    match info.has_sensitive {
        true => schema::mark_sensitive(&info.schema.block, value),
        false => value.clone(),
    }
}

pub(super) fn cannot_be_destroyed(block: &ResourceBlock, address: &ResourceInstance) -> Diagnostic {
    Diagnostic::error(
        "Instance cannot be destroyed",
        format!(
            "`{address}` has `lifecycle.prevent_destroy` set, but the plan calls for it to be destroyed. To go on, either \
             take `prevent_destroy` out, or keep the object out of the plan with `-target`."
        ),
    )
    .at(block.span)
    .about(address.clone())
}
