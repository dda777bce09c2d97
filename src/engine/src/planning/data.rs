//! Data sources: read while planning where their configuration is known and nothing that they depend on changes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use landfall_addr::{AbsResource, InstanceKey, ProviderConfig, ResourceInstance};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::ResourceBlock;
use landfall_lang::{OwnReferences, Reference, Referent};
use landfall_provider::{AnyDataSource, CallError, CallResult};
use landfall_state::{Change, ObjectId};
use landfall_value::{Value, schema};

use super::managed::{whole, with_schema_marks};
use super::planner::{Planner, ProviderState};
use super::walk::{Answer, Visit};
use crate::evaluate::{
    Findings, ModuleInstanceId, Repeated, Repetition, decode_config, into_warning, not_found_out, repetitions,
};
use crate::graph::{Block, BlockId, ModuleId};
use crate::prior::{encode, marked_like};
use crate::types::{Kind, TypeInfo};
use crate::{Action, Event, Reason, ResourceChange};

/// The instances of a data source that is being read.
pub(super) struct Reading<'a> {
    provider: ProviderConfig,
    info: Arc<TypeInfo<'a>>,
    modules: Vec<InModule>,
}

struct InModule {
    instance: ModuleInstanceId,
    address: AbsResource,
    repeated: Repeated,
    reads: Vec<OneRead>,
}

struct OneRead {
    address: ResourceInstance,
    repetition: Repetition,
    config: Value,
    /// Why it waits for apply; `None` if it is read now.
    deferred: Option<Reason>,
}

impl<'a> Planner<'a> {
    pub(super) fn visit_data(&mut self, id: BlockId) -> Visit<'a> {
        let graph = self.graph;
        let (Some(block), Some((provider, info))) = (graph.node(id).resource(), self.type_of(id)) else {
            return Visit::Failed;
        };
        let Kind::Data(source) = info.kind else { return Visit::Failed };
        let pending = self.has_pending_dependency(id, block, source);
        let own = OwnReferences::of(block, &info.schema.block);
        let mut modules = Vec::new();
        for instance in self.evaluation.instances_of(id) {
            match self.prepare(id, &own, &info, instance, pending) {
                Some(prepared) => modules.push(prepared),
                None => return Visit::Failed,
            }
        }
        let wanted: Vec<(ResourceInstance, Value)> = modules
            .iter()
            .flat_map(|module| &module.reads)
            .filter(|read| read.deferred.is_none())
            .map(|read| (read.address.clone(), read.config.unmarked_deep()))
            .collect();
        self.reading.insert(id, Reading { provider, info: info.clone(), modules });
        if wanted.is_empty() {
            return self.resume_data(id, Vec::new());
        }
        let Some(ProviderState::Ready(configured)) = self.provider_state(id) else { return Visit::Failed };
        let client = configured.client.clone();
        let (context, permits) = (self.context, self.permits.clone());
        Visit::Waiting(Box::pin(async move {
            let reads = wanted.iter().map(async |read| {
                let _permit = permits.acquire().await;
                read_one(context, source, &client, read).await
            });
            Answer::Read(join_all(reads).await)
        }))
    }

    /// Evaluates the instances of a data source in a module instance.
    fn prepare(
        &mut self,
        id: BlockId,
        own: &OwnReferences<'_>,
        info: &TypeInfo<'a>,
        instance: ModuleInstanceId,
        pending: bool,
    ) -> Option<InModule> {
        let unconfigured = !matches!(self.provider_state(id), Some(ProviderState::Ready(_)));
        let in_check = matches!(self.graph.node(id).block, Block::Resource(_, true));
        if !self.evaluation.accept(own.in_repetition()) {
            return None;
        }
        let block = own.block;
        let mut found = Diagnostics::new();
        let expanded = {
            let names = self.evaluation.names();
            repetitions(block.count.as_ref(), block.for_each.as_ref(), &names.scope(instance), &mut found)
        };
        if !self.evaluation.accept(found) {
            return None;
        }
        let address = block.address.within(self.evaluation.instances.get(instance).address.clone());
        let mut reads = Vec::with_capacity(expanded.each.len());
        let mut ok = true;
        for repetition in expanded.each {
            if !self.evaluation.accept(own.in_instance(&repetition.key())) {
                ok = false;
                continue;
            }
            ok &= self.evaluation.resource_conditions(id, instance, &repetition, None);
            let mut found = Diagnostics::new();
            let config = {
                let names = self.evaluation.names();
                let scope = names.scope(instance).repeated(&repetition);
                decode_config(&block.body, &info.schema.block, &scope, Findings::Errors, &mut found)
            };
            if in_check {
                found = found.into_iter().map(into_warning).collect();
            }
            ok &= self.evaluation.accept(found);
            let deferred = match (config.is_wholly_known(), pending) {
                (false, _) if in_check => Some(Reason::ReadBecauseCheckNested),
                (false, _) => Some(Reason::ReadBecauseConfigUnknown),
                (true, true) => Some(Reason::ReadBecauseDependencyPending),
                (true, false) if unconfigured => Some(Reason::ReadBecauseDependencyPending),
                (true, false) => None,
            };
            reads.push(OneRead { address: address.instance(repetition.key()), repetition, config, deferred });
        }
        ok.then_some(InModule { instance, address, repeated: expanded.repeated, reads })
    }

    pub(super) fn resume_data(&mut self, id: BlockId, answers: Vec<CallResult<Value>>) -> Visit<'a> {
        let Some(Reading { provider, info, modules }) = self.reading.remove(&id) else { return Visit::Failed };
        let mut answers = answers.into_iter();
        let mut ok = true;
        for module in modules {
            self.drop_surplus_data(&module);
            let mut values: Vec<(InstanceKey, Value)> = Vec::with_capacity(module.reads.len());
            for read in module.reads {
                let key = read.repetition.key();
                let answer = if read.deferred.is_some() { None } else { answers.next() };
                let value = match (read.deferred, answer) {
                    (Some(reason), _) => Some(self.defer(&provider, &info, &read, reason)),
                    // What it asks for is yet to be made, though its name is known already.
                    (None, Some(Err(_))) if self.is_made_behind(id) => {
                        Some(self.defer(&provider, &info, &read, Reason::ReadBecauseDependencyPending))
                    }
                    (None, Some(answer)) => self.take_answer(id, &provider, &info, &read, answer),
                    (None, None) => None,
                };
                ok &= value.is_some();
                let value = value.unwrap_or_else(not_found_out);
                ok &= self.evaluation.resource_conditions(id, module.instance, &read.repetition, Some(&value));
                values.push((key, value));
            }
            self.whole_value(id, module.instance, whole(module.repeated, values));
        }
        Visit::of(ok)
    }

    fn defer(&mut self, provider: &ProviderConfig, info: &TypeInfo<'_>, read: &OneRead, reason: Reason) -> Value {
        let null = Value::null(info.value_type.clone());
        let after = with_schema_marks(&planned_data(info, &read.config), info);
        let change = ResourceChange {
            address: read.address.clone(),
            previous_address: None,
            deposed: None,
            provider: provider.clone(),
            action: Action::Read,
            before: null,
            after: after.clone(),
            replace_paths: Vec::new(),
            reason: Some(reason),
            importing: None,
        };
        self.record(None, change);
        after
    }

    fn take_answer(
        &mut self,
        id: BlockId,
        provider: &ProviderConfig,
        info: &TypeInfo<'_>,
        read: &OneRead,
        answer: CallResult<Value>,
    ) -> Option<Value> {
        let in_check = matches!(self.graph.node(id).block, Block::Resource(_, true));
        let stored = answer
            .map_err(|error| reading_failed(&read.address, &error))
            .map(|value| with_schema_marks(&marked_like(&value, &read.config), info))
            .and_then(|value| match encode(&value, &info.value_type, info.schema.version) {
                Ok(object) => Ok((value, object)),
                Err(error) => {
                    let detail = format!("What was read of `{}` does not fit its schema: {error}.", read.address);
                    Err(Diagnostic::error("Reading a data source failed", detail))
                }
            });
        match stored {
            Ok((value, object)) => {
                let id = ObjectId::current(read.address.clone());
                self.change_state(Change::Set { id, provider: provider.clone(), object: Arc::new(object) });
                Some(value)
            }
            Err(finding) => {
                let finding = finding.about(read.address.clone());
                let finding = match self.graph.node(id).span() {
                    Some(span) => finding.at(span),
                    None => finding,
                };
                self.evaluation.diagnostics.push(if in_check { into_warning(finding) } else { finding });
                in_check.then(|| Value::unknown(info.value_type.clone()))
            }
        }
    }

    /// Takes instances out of the state that the block does not have any more.
    fn drop_surplus_data(&mut self, module: &InModule) {
        let Some(there) = self.state.resource(&module.address) else { return };
        let wanted: BTreeSet<InstanceKey> = module.reads.iter().map(|read| read.repetition.key()).collect();
        let surplus: Vec<InstanceKey> = there.instances.keys().filter(|key| !wanted.contains(*key)).cloned().collect();
        for key in surplus {
            self.change_state(Change::Remove { id: ObjectId::current(module.address.instance(key)) });
        }
    }

    /// Returns whether something changes that a data source refers to directly, or that `depends_on` of it or of a
    /// module around it leads to: then what it would read may not be what will be there.
    fn has_pending_dependency(&self, id: BlockId, block: &ResourceBlock, source: &dyn AnyDataSource) -> bool {
        let node = self.graph.node(id);
        let direct = node
            .dependencies
            .iter()
            .any(|dependency| self.graph.node(*dependency).managed().is_some() && self.changing.contains(dependency));
        direct
            || !source.service().is_empty() && self.relies_on_a_promise(id)
            || self.changes_behind(node.module, &block.depends_on)
            || self.callers(node.module).any(|(caller, call)| self.changes_behind(caller, call))
    }

    /// Returns whether a block takes, directly or through locals, variables and outputs, an attribute of an object yet
    /// to be made that is known only because its resource type foretells it, such as an ARN: the object is not there to
    /// be asked for.
    fn relies_on_a_promise(&self, id: BlockId) -> bool {
        let is_passed = |other| other == id || self.graph.node(other).resource().is_none();
        let takes_promise = |other| {
            let mut references = self.graph.references(other).into_iter();
            is_passed(other) && references.any(|(module, reference)| self.is_promised(module, reference))
        };
        self.leads_to(vec![id], takes_promise, is_passed)
    }

    /// Returns whether a block takes values, directly or through blocks without objects, from one whose objects are
    /// yet to be made.
    fn is_made_behind(&self, id: BlockId) -> bool {
        let is_made = |id: BlockId| self.promised.contains_key(&id);
        let has_no_objects = |id| self.graph.node(id).resource().is_none();
        self.leads_to(self.graph.node(id).dependencies.clone(), is_made, has_no_objects)
    }

    fn is_promised(&self, module: ModuleId, reference: &Reference) -> bool {
        let block = self.graph.module(module).block(&reference.referent);
        let Some(promised) = block.and_then(|block| self.promised.get(&block)) else { return false };
        // Who takes the object whole may take any of its attributes.
        reference.attributes.first().map_or(!promised.is_empty(), |name| promised.contains(name))
    }

    fn callers(&self, module: ModuleId) -> impl Iterator<Item = (ModuleId, &'a [Reference])> {
        let graph = self.graph;
        std::iter::successors(graph.module(module).call, move |(caller, _)| graph.module(*caller).call).filter_map(
            move |(caller, call)| match graph.node(call).block {
                Block::Call(call, _) => Some((caller, call.depends_on.as_slice())),
                _ => None,
            },
        )
    }

    fn changes_behind(&self, module: ModuleId, depends_on: &[Reference]) -> bool {
        let info = self.graph.module(module);
        let open = depends_on
            .iter()
            .filter_map(|reference| match &reference.referent {
                Referent::Module(name) => info.calls.get(&**name).map(|(_, child)| self.graph.module(*child).close),
                referent => info.block(referent),
            })
            .collect();
        self.leads_to(open, |id| self.changing.contains(&id), |_| true)
    }

    /// Returns whether a wanted block is among some blocks or behind those that are passed through.
    fn leads_to(
        &self,
        mut open: Vec<BlockId>,
        is_wanted: impl Fn(BlockId) -> bool,
        is_passed: impl Fn(BlockId) -> bool,
    ) -> bool {
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if is_wanted(id) {
                return true;
            }
            if is_passed(id) && seen.insert(id) {
                open.extend(&self.graph.node(id).dependencies);
            }
        }
        false
    }
}

/// Returns what is known of a data source before it is read.
fn planned_data(info: &TypeInfo<'_>, config: &Value) -> Value {
    let null = Value::null(info.value_type.clone());
    let block = &info.schema.block;
    schema::planned_unknowns(block, &schema::propose(block, &null, config))
}

/// Returns the diagnostic for a data source that could not be read. An error without a service may bring its summary.
pub(crate) fn reading_failed(address: &ResourceInstance, error: &CallError) -> Diagnostic {
    let detail = format!("Reading `{address}` failed: {error}.");
    match error.service.is_empty() && !error.operation.is_empty() {
        true => Diagnostic::error(error.operation.clone(), detail),
        false => Diagnostic::error("Reading a data source failed", detail),
    }
}

async fn read_one(
    context: crate::Context<'_>,
    source: &dyn AnyDataSource,
    client: &landfall_provider::Client,
    (address, config): &(ResourceInstance, Value),
) -> CallResult<Value> {
    let started = context.runtime.clock().now();
    context.events.on(Event::ReadStarted { address: address.clone() });
    let answer = context.runtime.read_data(source, client, context.stop, config).await;
    if let Ok(value) = &answer {
        let elapsed: Duration = context.runtime.clock().now().saturating_sub(started);
        let id = value.get("id").and_then(Value::as_str).map(Into::into);
        context.events.on(Event::ReadCompleted { address: address.clone(), id, elapsed });
    }
    answer
}
