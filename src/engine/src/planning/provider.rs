//! Provider configurations: evaluated, then configured.

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_provider::Configured;

use super::planner::{Planner, ProviderState};
use super::walk::{Answer, Visit};
use crate::evaluate::{Findings, Repetition, decode_config};
use crate::graph::BlockId;

impl<'a> Planner<'a> {
    pub(super) fn visit_provider(&mut self, id: BlockId) -> Visit<'a> {
        let graph = self.graph;
        let Some(node) = graph.provider(id) else { return Visit::Done };
        let Some(provider) = self.context.providers.get(&node.config.source) else {
            // Named with the resource that needs it, where its type is looked up.
            return Visit::Done;
        };
        let instances = self.evaluation.instances_of(id);
        let [instance] = instances[..] else {
            if let (Some(block), false) = (node.block, instances.is_empty()) {
                self.evaluation.diagnostics.push(
                    Diagnostic::error(
                        "Module is incompatible with count, for_each, and depends_on",
                        "A module that holds `provider` blocks cannot be called more than once by one `module` block.",
                    )
                    .at(block.span),
                );
                return Visit::Failed;
            }
            return Visit::Done;
        };
        let mut found = Diagnostics::new();
        let value = {
            let names = self.evaluation.names();
            let scope = names.scope(instance).repeated(&Repetition::None);
            let body = node.block.map(|block| block.body.clone()).unwrap_or_default();
            decode_config(&body, &provider.schema().block, &scope, Findings::Errors, &mut found)
        };
        if !self.evaluation.accept(found) {
            return Visit::Failed;
        }
        if !value.is_wholly_known() {
            self.set_provider(id, ProviderState::Unknown);
            return Visit::Done;
        }
        let value = value.unmarked_deep();
        let caller = self.context.runtime.caller(self.context.stop);
        Visit::Waiting(Box::pin(async move { Answer::Configured(provider.configure(&value, caller).await) }))
    }

    pub(super) fn resume_provider(&mut self, id: BlockId, answer: Result<Configured, Diagnostics>) -> Visit<'a> {
        match answer {
            Ok(configured) => {
                self.set_provider(id, ProviderState::Ready(configured));
                Visit::Done
            }
            Err(found) => {
                let span = self.graph.provider(id).and_then(|node| node.block).map(|block| block.span);
                let located = found.into_iter().map(|finding| match (finding.subject, span) {
                    (None, Some(span)) => finding.at(span),
                    _ => finding,
                });
                self.evaluation.diagnostics.extend(located);
                Visit::Failed
            }
        }
    }

    fn set_provider(&mut self, id: BlockId, state: ProviderState) {
        if let Some(place) = self.graph.provider_of[id.index()] {
            self.providers[place as usize] = state;
        }
    }
}
