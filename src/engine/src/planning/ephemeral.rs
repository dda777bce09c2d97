//! Ephemeral resources while planning: opened where their configuration is known.

use std::sync::Arc;

use landfall_provider::{AnyOpened, CallResult};

use super::planner::{Planner, ProviderState};
use super::walk::{Answer, Visit};
use crate::ephemeral::{InModule, open, prepare};
use crate::graph::BlockId;
use crate::types::{Kind, TypeInfo};

/// The instances of a block that are being opened.
pub(super) struct Opening<'a> {
    info: Arc<TypeInfo<'a>>,
    modules: Vec<InModule>,
}

impl<'a> Planner<'a> {
    pub(super) fn visit_ephemeral(&mut self, id: BlockId) -> Visit<'a> {
        let graph = self.graph;
        let (Some(block), Some((_, info))) = (graph.node(id).resource(), self.type_of(id)) else {
            return Visit::Failed;
        };
        let Kind::Ephemeral(ephemeral) = info.kind else { return Visit::Failed };
        let client = match self.provider_state(id) {
            Some(ProviderState::Ready(configured)) => Some(configured.client.clone()),
            Some(ProviderState::Unknown | ProviderState::Unconfigured) | None => None,
        };
        let mut modules = Vec::new();
        for instance in self.evaluation.instances_of(id) {
            match prepare(&mut self.evaluation, (id, block, instance), &info, client.is_some()) {
                Some(module) => modules.push(module),
                None => return Visit::Failed,
            }
        }
        let wanted: Vec<_> = modules.iter().flat_map(InModule::ready).collect();
        self.opening.insert(id, Opening { info, modules });
        let Some(client) = client.filter(|_| !wanted.is_empty()) else { return self.resume_ephemeral(id, Vec::new()) };
        let context = self.context;
        Visit::Waiting(Box::pin(async move { Answer::Opened(open(context, ephemeral, &client, &wanted).await) }))
    }

    pub(super) fn resume_ephemeral(&mut self, id: BlockId, answers: Vec<CallResult<AnyOpened>>) -> Visit<'a> {
        let (Some(Opening { info, modules }), Some(block)) = (self.opening.remove(&id), self.graph.node(id).resource())
        else {
            return Visit::Failed;
        };
        let Kind::Ephemeral(ephemeral) = info.kind else { return Visit::Failed };
        let client = match self.provider_state(id) {
            Some(ProviderState::Ready(configured)) => Some(configured.client.clone()),
            Some(ProviderState::Unknown | ProviderState::Unconfigured) | None => None,
        };
        let evaluation = &mut self.evaluation;
        Visit::of(self.open.take(evaluation, (id, block), (&info, ephemeral, client.as_ref()), (modules, answers)))
    }
}
