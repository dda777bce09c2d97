//! Ephemeral resources: opened where their block is reached in a plan or an apply, closed at its end, stored nowhere.

use std::time::Duration;

use futures::future::join_all;
use landfall_addr::{InstanceKey, ResourceInstance};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::ResourceBlock;
use landfall_provider::{AnyEphemeral, AnyOpened, CallResult, Client};
use landfall_value::{Marks, Value};

use crate::evaluate::{
    Evaluation, Findings, ModuleInstanceId, Repeated, Repetition, decode_config, not_found_out, repetitions,
};
use crate::event::EphemeralWork;
use crate::graph::BlockId;
use crate::planning::{whole, with_schema_marks};
use crate::prior::marked_like;
use crate::types::TypeInfo;
use crate::{Context, Event};

/// What is open: to be closed when plan or apply ends, the last one first.
#[derive(Default)]
pub(crate) struct OpenResources<'a>(Vec<OpenResource<'a>>);

struct OpenResource<'a> {
    address: ResourceInstance,
    ephemeral: &'a dyn AnyEphemeral,
    client: Client,
    private: Option<Vec<u8>>,
}

/// The instances of an ephemeral resource in a module instance.
pub(crate) struct InModule {
    instance: ModuleInstanceId,
    repeated: Repeated,
    wanted: Vec<Wanted>,
}

struct Wanted {
    address: ResourceInstance,
    repetition: Repetition,
    config: Value,
    /// Whether it can be opened now.
    ready: bool,
}

impl InModule {
    /// Returns what is to be opened now, with its configuration.
    pub(crate) fn ready(&self) -> impl Iterator<Item = (ResourceInstance, Value)> {
        let ready = self.wanted.iter().filter(|wanted| wanted.ready);
        ready.map(|wanted| (wanted.address.clone(), wanted.config.unmarked_deep()))
    }
}

/// Evaluates the instances of an ephemeral resource in a module instance; `None` if that failed.
pub(crate) fn prepare(
    evaluation: &mut Evaluation<'_>,
    (id, block, instance): (BlockId, &ResourceBlock, ModuleInstanceId),
    info: &TypeInfo<'_>,
    configured: bool,
) -> Option<InModule> {
    let mut found = Diagnostics::new();
    let expanded = {
        let names = evaluation.names();
        repetitions(block.count.as_ref(), block.for_each.as_ref(), &names.scope(instance), &mut found)
    };
    if !evaluation.accept(found) {
        return None;
    }
    let address = block.address.within(evaluation.instances.get(instance).address.clone());
    let mut wanted = Vec::with_capacity(expanded.each.len());
    let mut ok = true;
    for repetition in expanded.each {
        ok &= evaluation.resource_conditions(id, instance, &repetition, None);
        let mut found = Diagnostics::new();
        let config = {
            let names = evaluation.names();
            let scope = names.scope(instance).repeated(&repetition);
            decode_config(&block.body, &info.schema.block, &scope, Findings::Errors, &mut found)
        };
        ok &= evaluation.accept(found);
        let ready = configured && config.is_wholly_known();
        wanted.push(Wanted { address: address.instance(repetition.key()), repetition, config, ready });
    }
    ok.then_some(InModule { instance, repeated: expanded.repeated, wanted })
}

/// Opens instances; one answer each.
pub(crate) async fn open(
    context: Context<'_>,
    ephemeral: &dyn AnyEphemeral,
    client: &Client,
    wanted: &[(ResourceInstance, Value)],
) -> Vec<CallResult<AnyOpened>> {
    join_all(wanted.iter().map(async |(address, config)| {
        let work = Announced::begin(context, address, EphemeralWork::Open);
        let answer = ephemeral.open(client, config).await;
        work.end(answer.is_ok());
        answer
    }))
    .await
}

impl<'a> OpenResources<'a> {
    /// Takes what opening the instances of a block answered, and sets the block's values. Returns whether all is well.
    pub(crate) fn take(
        &mut self,
        evaluation: &mut Evaluation<'_>,
        (id, block): (BlockId, &ResourceBlock),
        (info, ephemeral, client): (&TypeInfo<'_>, &'a dyn AnyEphemeral, Option<&Client>),
        (modules, answers): (Vec<InModule>, Vec<CallResult<AnyOpened>>),
    ) -> bool {
        let mut answers = answers.into_iter();
        let mut ok = true;
        for module in modules {
            let mut values: Vec<(InstanceKey, Value)> = Vec::with_capacity(module.wanted.len());
            for wanted in module.wanted {
                let value = match (wanted.ready.then(|| answers.next()).flatten(), client) {
                    (Some(Ok(opened)), Some(client)) => {
                        let AnyOpened { value, private } = opened;
                        let (address, client) = (wanted.address.clone(), client.clone());
                        self.0.push(OpenResource { address, ephemeral, client, private });
                        with_schema_marks(&marked_like(&value, &wanted.config), info)
                    }
                    (Some(Err(error)), _) => {
                        let detail = format!("Opening `{}` failed: {error}.", wanted.address);
                        let finding = Diagnostic::error("Opening an ephemeral resource failed", detail);
                        ok &= evaluation.accept(finding.at(block.span).about(wanted.address.clone()).into());
                        not_found_out()
                    }
                    _ => Value::unknown(info.value_type.clone()),
                };
                let value = value.with_marks(Marks::EPHEMERAL);
                ok &= evaluation.resource_conditions(id, module.instance, &wanted.repetition, Some(&value));
                values.push((wanted.repetition.key(), value));
            }
            evaluation.set(id, module.instance, whole(module.repeated, values));
        }
        ok
    }

    /// Closes all that is open. Returns what went wrong.
    pub(crate) async fn close(&mut self, context: Context<'_>) -> Diagnostics {
        let mut found = Diagnostics::new();
        while let Some(OpenResource { address, ephemeral, client, private }) = self.0.pop() {
            let work = Announced::begin(context, &address, EphemeralWork::Close);
            let answer = ephemeral.close(&client, private.as_deref()).await;
            work.end(answer.is_ok());
            if let Err(error) = answer {
                let detail = format!("Closing `{address}` failed: {error}.");
                found.push(Diagnostic::error("Closing an ephemeral resource failed", detail).about(address));
            }
        }
        found
    }
}

/// Work on an ephemeral resource that was announced.
struct Announced<'a> {
    context: Context<'a>,
    address: ResourceInstance,
    work: EphemeralWork,
    started: Duration,
}

impl<'a> Announced<'a> {
    fn begin(context: Context<'a>, address: &ResourceInstance, work: EphemeralWork) -> Self {
        context.events.on(Event::EphemeralStarted { address: address.clone(), work });
        Self { context, address: address.clone(), work, started: context.runtime.clock().now() }
    }

    fn end(self, ok: bool) {
        let Self { context, address, work, started } = self;
        let elapsed = context.runtime.clock().now().saturating_sub(started);
        context.events.on(match ok {
            true => Event::EphemeralCompleted { address, work, elapsed },
            false => Event::EphemeralFailed { address, work, elapsed },
        });
    }
}
