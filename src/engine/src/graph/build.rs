//! Building the static graph.

use std::collections::{BTreeMap, BTreeSet};

use landfall_addr::{Mode, ProviderConfig};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::{Module, ModuleCall, ProviderBlock, ResourceBlock};
use landfall_lang::{Body, Config, Reference, Referent};

use super::cycle;
use super::node::{Block, BlockId, ConfigGraph, ModuleId, ModuleInfo, Node, ProviderNode};
use super::provider_config::Ancestry;
use super::reference::References;

/// Builds the static graph of a configuration, with a node for each provider configuration that blocks or objects in the
/// state (`also`) use.
///
/// # Errors
/// Cycles, and blocks or objects whose provider configuration is not there.
pub(crate) fn build<'c>(config: &'c Config, also: &BTreeSet<ProviderConfig>) -> Result<ConfigGraph<'c>, Diagnostics> {
    let mut builder = Builder::default();
    builder.collect(&config.root);
    builder.providers(also);
    builder.edges(config);
    if builder.diagnostics.has_errors() {
        return Err(builder.diagnostics);
    }
    let dependencies: Vec<&[BlockId]> = builder.nodes.iter().map(|node| &*node.dependencies).collect();
    let order = cycle::order(&dependencies);
    let graph = ConfigGraph::new(
        builder.modules,
        builder.nodes,
        order.unwrap_or_default(),
        builder.providers,
        builder.provider_of,
    );
    if graph.order.len() < graph.nodes.len() {
        return Err(cycle::report(&graph));
    }
    Ok(graph)
}

#[derive(Default)]
struct Builder<'c> {
    modules: Vec<ModuleInfo<'c>>,
    nodes: Vec<Node<'c>>,
    providers: Vec<ProviderNode<'c>>,
    provider_of: Vec<Option<u32>>,
    diagnostics: Diagnostics,
}

impl<'c> Builder<'c> {
    /// Makes the nodes of all modules, callers first.
    fn collect(&mut self, root: &'c Module) {
        let mut open: Vec<(&'c Module, Option<(ModuleId, &'c ModuleCall)>)> = vec![(root, None)];
        while let Some((config, caller)) = open.pop() {
            let id = ModuleId(self.modules.len() as u32);
            let call = caller.map(|(module, call)| {
                let node = self.node(module, Block::Call(call, id));
                self.modules[module.index()].calls.insert(&call.name, (node, id));
                (module, node)
            });
            self.module(id, config, call);
            for (name, call) in config.calls.iter().rev() {
                if let Some(child) = config.children.get(name) {
                    open.push((child, Some((id, call))));
                }
            }
        }
    }

    fn module(&mut self, id: ModuleId, config: &'c Module, call: Option<(ModuleId, BlockId)>) {
        let variables = config.variables.iter().map(|(name, v)| (&**name, self.node(id, Block::Variable(v)))).collect();
        let locals = config.locals.iter().map(|(name, v)| (&**name, self.node(id, Block::Local(v)))).collect();
        let outputs = config.outputs.iter().map(|(name, v)| (&**name, self.node(id, Block::Output(v)))).collect();
        let mut resources: BTreeMap<_, _> =
            config.resources.iter().map(|(name, v)| (name, self.node(id, Block::Resource(v, false)))).collect();
        for check in config.checks.values() {
            if let Some(data) = &check.data {
                resources.insert(&data.address, self.node(id, Block::Resource(data, true)));
            }
            self.node(id, Block::Check(check));
        }
        let close = self.node(id, Block::Close);
        self.modules.push(ModuleInfo {
            config,
            call,
            variables,
            locals,
            outputs,
            resources,
            calls: BTreeMap::new(),
            close,
        });
    }

    fn node(&mut self, module: ModuleId, block: Block<'c>) -> BlockId {
        self.nodes.push(Node { module, block, dependencies: Vec::new() });
        self.provider_of.push(None);
        BlockId(self.nodes.len() as u32 - 1)
    }

    /// Finds the provider configuration of each resource block, and makes nodes for all that are used.
    fn providers(&mut self, also: &BTreeSet<ProviderConfig>) {
        let mut used: BTreeMap<ProviderConfig, Option<&'c ProviderBlock>> = BTreeMap::new();
        let mut users: Vec<(usize, ProviderConfig)> = Vec::new();
        for (i, node) in self.nodes.iter().enumerate() {
            let Block::Resource(block, _) = node.block else { continue };
            match self.ancestry(node.module).resolve(&provider_name(block), provider_span(block)) {
                Ok((config, provider)) => {
                    used.insert(config.clone(), provider);
                    users.push((i, config));
                }
                Err(diagnostic) => self.diagnostics.push(diagnostic),
            }
        }
        for config in also {
            if used.contains_key(config) {
                continue;
            }
            match self.configured(config) {
                Some(block) => _ = used.insert(config.clone(), block),
                None => self.diagnostics.push(orphaned(config)),
            }
        }
        let mut index = BTreeMap::new();
        for (config, block) in used {
            let module = self.modules.iter().position(|module| module.config.path == config.module).unwrap_or_default();
            let module = ModuleId(module as u32);
            let node = self.node(module, Block::Provider);
            let refresh = self.node(module, Block::Refresh(node));
            let place = self.providers.len() as u32;
            self.provider_of[node.index()] = Some(place);
            self.provider_of[refresh.index()] = Some(place);
            index.insert(config.clone(), place);
            self.providers.push(ProviderNode { config, block, node, refresh });
        }
        for (i, config) in users {
            self.provider_of[i] = index.get(&config).copied();
        }
    }

    /// Returns the block of a configuration that the state names; `Some(None)` where it is implied.
    fn configured(&self, config: &ProviderConfig) -> Option<Option<&'c ProviderBlock>> {
        let module = self.modules.iter().find(|module| module.config.path == config.module)?.config;
        let implied = |name: &str| super::implied_source(name) == config.source;
        let block = module.providers.values().find(|block| {
            let required = module.required_providers.get(&block.name);
            block.alias == config.alias
                && required.map_or_else(|| implied(&block.name), |required| required.source == config.source)
        });
        match block {
            Some(block) => Some(Some(block)),
            None => (config.alias.is_none() && config.module.is_root()).then_some(None),
        }
    }

    fn ancestry(&self, module: ModuleId) -> Ancestry<'c> {
        let mut modules = Vec::new();
        let mut at = Some(module);
        while let Some(id) = at {
            let info = &self.modules[id.index()];
            let call = info.call.map(|(caller, node)| (caller, &self.nodes[node.index()].block));
            let block = match call {
                Some((_, Block::Call(call, _))) => Some(*call),
                _ => None,
            };
            modules.push((info.config, block));
            at = call.map(|(caller, _)| caller);
        }
        Ancestry { modules }
    }

    /// Finds what each node depends on.
    fn edges(&mut self, config: &'c Config) {
        let mut found: Vec<Vec<BlockId>> =
            (0..self.nodes.len() as u32).map(|i| self.dependencies(BlockId(i))).collect();
        self.import_edges(config, &mut found);
        self.close_edges(&mut found);
        for (i, (node, mut dependencies)) in self.nodes.iter_mut().zip(found).enumerate() {
            dependencies.sort_unstable();
            dependencies.dedup();
            dependencies.retain(|dependency| dependency.index() != i);
            node.dependencies = dependencies;
        }
    }

    fn dependencies(&self, id: BlockId) -> Vec<BlockId> {
        let node = &self.nodes[id.index()];
        let mut references = References::default();
        let mut out = Vec::new();
        if let Some((_, call)) = self.modules[node.module.index()].call {
            out.push(call);
        }
        match node.block {
            Block::Call(call, _) => references.call(call),
            Block::Variable(variable) => {
                references.conditions(&variable.validations);
                self.argument_edges(node.module, &variable.name, &mut out);
            }
            Block::Local(local) => references.expr(&local.expr),
            Block::Provider => {
                let block = self.provider_of[id.index()].and_then(|place| self.providers[place as usize].block);
                if let Some(block) = block {
                    references.body(&block.body);
                }
            }
            Block::Refresh(provider) => out.push(provider),
            Block::Resource(block, _) => {
                references.resource(block);
                if let Some(place) = self.provider_of[id.index()] {
                    let provider = &self.providers[place as usize];
                    out.push(if block.address.mode == Mode::Managed { provider.refresh } else { provider.node });
                }
                self.explicit_edges(node.module, &block.depends_on, &mut out);
            }
            Block::Output(output) => {
                references.expr(&output.expr);
                references.conditions(&output.preconditions);
                references.0.extend(&output.depends_on);
                self.explicit_edges(node.module, &output.depends_on, &mut out);
            }
            Block::Check(check) => {
                references.conditions(&check.asserts);
                if let Some(data) = &check.data {
                    out.extend(self.modules[node.module.index()].resources.get(&data.address));
                }
            }
            Block::Close => {}
        }
        if let Block::Call(call, _) = node.block {
            self.explicit_edges(node.module, &call.depends_on, &mut out);
        }
        for reference in references.0 {
            self.resolve(node.module, reference, &mut out);
        }
        out
    }

    /// Adds what a reference in a module leads to. Undeclared names are found when the expression is evaluated.
    fn resolve(&self, module: ModuleId, reference: &Reference, out: &mut Vec<BlockId>) {
        let info = &self.modules[module.index()];
        let Referent::Module(name) = &reference.referent else {
            out.extend(info.block(&reference.referent));
            return;
        };
        let Some((call, child)) = info.calls.get(&**name) else { return };
        out.push(*call);
        let outputs = &self.modules[child.index()].outputs;
        // Without a key, what comes behind a call with `for_each` is the key of an instance.
        let repeats = matches!(self.nodes[call.index()].block, Block::Call(call, _) if call.is_repeated());
        match reference.attributes.first() {
            Some(output) if !repeats || reference.key.is_some() => out.extend(outputs.get(&**output)),
            _ => out.extend(outputs.values()),
        }
    }

    /// Adds what `depends_on` says beyond references: of a module, all that is in it.
    fn explicit_edges(&self, module: ModuleId, depends_on: &[Reference], out: &mut Vec<BlockId>) {
        for reference in depends_on {
            if let Referent::Module(name) = &reference.referent
                && let Some((_, child)) = self.modules[module.index()].calls.get(&**name)
            {
                out.push(self.modules[child.index()].close);
            }
        }
    }

    /// Adds what the argument of a variable in the calling module refers to.
    fn argument_edges(&self, module: ModuleId, variable: &str, out: &mut Vec<BlockId>) {
        let Some((caller, call)) = self.modules[module.index()].call else { return };
        if let Some(expr) = argument(&self.nodes[call.index()].block, variable) {
            for reference in expr.references() {
                self.resolve(caller, reference, out);
            }
        }
    }

    fn import_edges(&self, config: &'c Config, found: &mut [Vec<BlockId>]) {
        for import in &config.root.imports {
            let resource = match &import.to {
                landfall_addr::Target::Resource(resource) => resource.clone(),
                landfall_addr::Target::Instance(instance) => instance.abs_resource(),
                landfall_addr::Target::Module(_) => continue,
            };
            let path = resource.module.path();
            let module = self.modules.iter().find(|module| module.config.path == path);
            let Some(node) = module.and_then(|module| module.resources.get(&resource.resource)) else { continue };
            let mut references = References::default();
            references.expr(&import.id);
            references.maybe(import.for_each.as_ref());
            references.maybe(import.to_key.as_ref());
            for reference in references.0 {
                self.resolve(ModuleId::ROOT, reference, &mut found[node.index()]);
            }
        }
    }

    fn close_edges(&self, found: &mut [Vec<BlockId>]) {
        for (i, node) in self.nodes.iter().enumerate() {
            let id = BlockId(i as u32);
            let info = &self.modules[node.module.index()];
            match node.block {
                Block::Provider | Block::Refresh(_) => {}
                Block::Close => {
                    if let Some((caller, _)) = info.call {
                        found[self.modules[caller.index()].close.index()].push(id);
                    }
                }
                _ => found[info.close.index()].push(id),
            }
        }
    }
}

/// Returns the argument that a call gives to a variable.
fn argument<'c>(call: &Block<'c>, variable: &str) -> Option<&'c landfall_lang::Expr> {
    let Block::Call(call, _) = call else { return None };
    let body: &'c Body = &call.body;
    body.attributes.get(variable).map(|attribute| &attribute.expr)
}

fn provider_name(block: &ResourceBlock) -> landfall_lang::config::ProviderName {
    match &block.provider {
        Some((name, alias, _)) => (name.clone(), alias.clone()),
        None => (block.address.implied_provider().into(), None),
    }
}

fn provider_span(block: &ResourceBlock) -> landfall_diag::Span {
    block.provider.as_ref().map_or(block.span, |(_, _, span)| *span)
}

fn orphaned(config: &ProviderConfig) -> Diagnostic {
    Diagnostic::error(
        "Provider configuration not present",
        format!(
            "The state has objects that `{config}` manages, but the configuration does not have that provider \
             configuration any more. To destroy or change these objects, put it back; take it out once they are gone."
        ),
    )
}
