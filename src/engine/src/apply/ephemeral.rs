//! Ephemeral resources during apply: opened again, with final values.

use landfall_lang::config::ResourceBlock;
use landfall_provider::{AnyOpened, CallResult};

use super::driver::{Begun, Driver};
use super::operation::Report;
use crate::ephemeral::{InModule, open, prepare};
use crate::evaluate::ModuleInstanceId;
use crate::graph::BlockId;
use crate::types::Kind;

/// The instances of a block in a module instance that are being opened.
pub(super) struct Opening {
    block: BlockId,
    module: InModule,
}

impl<'a> Driver<'a> {
    pub(super) fn begin_ephemeral(
        &mut self,
        id: BlockId,
        block: &'a ResourceBlock,
        instance: ModuleInstanceId,
    ) -> Begun<'a> {
        let Some(provider) = self.graph.provider(id) else { return Begun::Failed };
        let info = match self.types.get(&provider.config.source, &block.address) {
            Ok(info) => info,
            Err(finding) => return Begun::of(self.accept(finding.at(block.span).into())),
        };
        let Kind::Ephemeral(ephemeral) = info.kind else { return Begun::Failed };
        let client = self.client_of(id);
        let Some(module) = prepare(&mut self.evaluation, (id, block, instance), &info, client.is_some()) else {
            return Begun::Failed;
        };
        let wanted: Vec<_> = module.ready().collect();
        let opening = Opening { block: id, module };
        let Some(client) = client.filter(|_| !wanted.is_empty()) else {
            return Begun::of(self.opened(opening, Vec::new()));
        };
        let context = self.context;
        Begun::Running(Box::pin(async move {
            let answers = open(context, ephemeral, &client, &wanted).await;
            Report::Opened(opening, answers)
        }))
    }

    pub(super) fn opened(&mut self, opening: Opening, answers: Vec<CallResult<AnyOpened>>) -> bool {
        let Opening { block: id, module } = opening;
        let (Some(block), Some(provider)) = (self.graph.node(id).resource(), self.graph.provider(id)) else {
            return false;
        };
        let Ok(info) = self.types.get(&provider.config.source, &block.address) else { return false };
        let Kind::Ephemeral(ephemeral) = info.kind else { return false };
        let client = self.client_of(id);
        let about = (&*info, ephemeral, client.as_ref());
        self.open.take(&mut self.evaluation, (id, block), about, (vec![module], answers))
    }

    fn client_of(&self, id: BlockId) -> Option<landfall_provider::Client> {
        let place = self.graph.provider_of[id.index()]?;
        self.providers[place as usize].as_ref().map(|configured| configured.client.clone())
    }

    /// Closes what is open.
    pub(super) async fn close_ephemeral(&mut self) {
        let found = self.open.close(self.context).await;
        self.accept(found);
    }
}
