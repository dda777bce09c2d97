//! What follows from the graph alone.

use std::sync::Arc;

use landfall_addr::{ConfigResource, Mode};

use landfall_lang::Reference;

use super::node::{Block, BlockId, ConfigGraph, ModuleId};
use super::reference::References;

impl ConfigGraph<'_> {
    /// Returns, by block, whether replacements are created before the destruction: where the block says so, and of all
    /// that such a block depends on.
    pub(crate) fn create_before_destroy(&self) -> Vec<bool> {
        let mut spread = vec![false; self.nodes.len()];
        for id in self.order.iter().rev() {
            let node = self.node(*id);
            let own = node.managed().is_some_and(|block| block.lifecycle.create_before_destroy == Some(true));
            if own || spread[id.index()] {
                spread[id.index()] = true;
                node.dependencies.iter().for_each(|dependency| spread[dependency.index()] = true);
            }
        }
        spread
    }

    /// Returns, by block, the nearest resource blocks that it depends on: those reached without passing through another
    /// managed resource. Data sources are passed through and counted.
    pub(crate) fn nearest_resources(&self) -> Vec<Arc<[BlockId]>> {
        let none: Arc<[BlockId]> = Arc::new([]);
        let mut out = vec![none; self.nodes.len()];
        for id in &self.order {
            let mut found: Vec<BlockId> = Vec::new();
            for dependency in &self.node(*id).dependencies {
                match self.node(*dependency).block {
                    Block::Resource(block, _) if block.address.mode == Mode::Managed => found.push(*dependency),
                    Block::Resource(..) => {
                        found.push(*dependency);
                        found.extend(out[dependency.index()].iter());
                    }
                    _ => found.extend(out[dependency.index()].iter()),
                }
            }
            found.sort_unstable();
            found.dedup();
            out[id.index()] = found.into();
        }
        out
    }

    /// Returns what the expressions of a block refer to, each with the module in which it is evaluated.
    pub(crate) fn references(&self, id: BlockId) -> Vec<(ModuleId, &Reference)> {
        let node = self.node(id);
        let mut found = References::default();
        match node.block {
            Block::Call(call, _) => found.call(call),
            Block::Variable(variable) => {
                let Some((caller, call)) = self.module(node.module).call else { return Vec::new() };
                let Block::Call(call, _) = self.node(call).block else { return Vec::new() };
                let argument = call.body.attributes.get(&variable.name);
                found.maybe(argument.map(|argument| &argument.expr));
                return found.0.into_iter().map(|reference| (caller, reference)).collect();
            }
            Block::Local(local) => found.expr(&local.expr),
            Block::Resource(block, _) => found.resource(block),
            Block::Output(output) => found.expr(&output.expr),
            Block::Check(check) => found.conditions(&check.asserts),
            Block::Provider | Block::Refresh(_) | Block::Close => {}
        }
        found.0.into_iter().map(|reference| (node.module, reference)).collect()
    }

    /// Returns the address of a resource block, without keys.
    pub(crate) fn config_resource(&self, id: BlockId) -> Option<ConfigResource> {
        let node = self.node(id);
        let resource = node.resource()?.address.clone();
        Some(ConfigResource { module: self.module(node.module).config.path.clone(), resource })
    }

    /// Returns, by block, what the state says an object depends on.
    pub(crate) fn stored_dependencies(&self) -> Vec<Arc<[ConfigResource]>> {
        self.nearest_resources()
            .iter()
            .map(|found| {
                let mut names: Vec<ConfigResource> = found.iter().filter_map(|id| self.config_resource(*id)).collect();
                names.sort_unstable();
                names.into()
            })
            .collect()
    }
}
