//! `-target` and `-exclude`: which blocks take part.

use std::collections::BTreeSet;

use landfall_addr::{AbsResource, ConfigResource, ModuleInstance, ModulePath, ResourceInstance, Target};

use landfall_state::State;

use super::node::{Block, BlockId, ConfigGraph, ModuleId};

/// Which blocks and instances take part.
pub(crate) struct Selection {
    /// By block; `None` when everything does.
    blocks: Option<Vec<bool>>,
    /// Resource blocks that take part only as far as a target names their instances.
    narrowed: BTreeSet<BlockId>,
    /// Blocks are those that must be evaluated; objects are chosen by targets alone.
    destroying: bool,
    /// `targets` name what does not take part.
    excluding: bool,
    targets: Vec<Target>,
}

impl Selection {
    /// Returns what `targets` select: the blocks that they name, all that these depend on, and the outputs of the root
    /// module that depend on nothing else; of objects whose block is gone, the provider configurations.
    pub(crate) fn new(graph: &ConfigGraph<'_>, state: &State, targets: &[Target]) -> Self {
        if targets.is_empty() {
            return Self {
                blocks: None,
                narrowed: BTreeSet::new(),
                destroying: false,
                excluding: false,
                targets: Vec::new(),
            };
        }
        let named: Vec<BlockId> =
            graph.ids().filter(|id| targets.iter().any(|target| names(graph, target, *id))).collect();
        let mut blocks = vec![false; graph.nodes.len()];
        let mut wanted_by_others = BTreeSet::new();
        let mut open = named.clone();
        open.extend(orphans(graph, state, targets));
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut blocks[id.index()], true) {
                open.extend(&graph.node(id).dependencies);
                wanted_by_others.extend(graph.node(id).dependencies.iter().copied());
            }
        }
        let narrowed = named.into_iter().filter(|id| !wanted_by_others.contains(id)).collect();
        select_outputs(graph, &mut blocks);
        // Values given for variables are checked whatever the targets are.
        graph.module(ModuleId::ROOT).variables.values().for_each(|id| blocks[id.index()] = true);
        Self { blocks: Some(blocks), narrowed, destroying: false, excluding: false, targets: targets.to_vec() }
    }

    /// Returns everything but what `excluded` names and what depends on it. Of an excluded instance, its siblings take
    /// part.
    pub(crate) fn without(graph: &ConfigGraph<'_>, excluded: &[Target]) -> Self {
        let mut blocks = vec![true; graph.nodes.len()];
        let mut behind = vec![false; graph.nodes.len()];
        for id in graph.order.iter().copied() {
            let depends = graph.node(id).dependencies.iter().any(|dependency| behind[dependency.index()]);
            let is_named = |target: &Target| names(graph, target, id);
            behind[id.index()] = depends || excluded.iter().any(is_named);
            let is_whole = |target: &Target| !matches!(target, Target::Instance(_)) && is_named(target);
            blocks[id.index()] = !depends && !excluded.iter().any(is_whole);
        }
        let targets = excluded.to_vec();
        Self { blocks: Some(blocks), narrowed: BTreeSet::new(), destroying: false, excluding: true, targets }
    }

    /// Returns what destroying needs evaluated: the provider configurations of the objects that are there, and all that
    /// these depend on.
    pub(crate) fn for_destroy(graph: &ConfigGraph<'_>, state: &State, targets: &[Target]) -> Self {
        let used: BTreeSet<_> = state.resources().values().map(|resource| &resource.provider).collect();
        let mut blocks = vec![false; graph.nodes.len()];
        let providers = graph.providers.iter().filter(|provider| used.contains(&provider.config));
        let mut open: Vec<BlockId> = providers.map(|provider| provider.refresh).collect();
        open.extend(graph.module(ModuleId::ROOT).variables.values());
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut blocks[id.index()], true) {
                open.extend(&graph.node(id).dependencies);
            }
        }
        let mut targets = targets.to_vec();
        if !targets.is_empty() {
            targets.extend(dependants(state, &targets));
        }
        Self { blocks: Some(blocks), narrowed: BTreeSet::new(), destroying: true, excluding: false, targets }
    }

    /// Returns whether objects without a block take part unless they are excluded.
    pub(crate) fn is_excluding(&self) -> bool {
        self.excluding
    }

    /// Returns whether everything takes part.
    pub(crate) fn is_everything(&self) -> bool {
        self.blocks.is_none() || (self.destroying && self.targets.is_empty())
    }

    /// Returns whether a block takes part.
    pub(crate) fn has(&self, id: BlockId) -> bool {
        self.blocks.as_ref().is_none_or(|blocks| blocks[id.index()])
    }

    /// Returns whether an instance of a block takes part; without a block, it must be named by a target.
    pub(crate) fn has_instance(&self, block: Option<BlockId>, address: &ResourceInstance) -> bool {
        match (&self.blocks, block) {
            (None, _) => true,
            (Some(blocks), block) if self.excluding => {
                block.is_none_or(|id| blocks[id.index()]) && !self.targets.iter().any(|target| target.contains(address))
            }
            _ if self.destroying => {
                self.targets.is_empty() || self.targets.iter().any(|target| target.contains(address))
            }
            (Some(blocks), Some(id)) if !blocks[id.index()] => false,
            (Some(_), Some(id)) if !self.narrowed.contains(&id) => true,
            (Some(_), _) => self.targets.iter().any(|target| target.contains(address)),
        }
    }
}

/// Returns the provider configurations of objects that targets name and whose block is gone.
fn orphans(graph: &ConfigGraph<'_>, state: &State, targets: &[Target]) -> Vec<BlockId> {
    let named = state.objects().filter(|(id, _, _)| targets.iter().any(|target| target.contains(&id.address)));
    let orphaned = named.filter(|(id, _, _)| {
        let module = graph.module_at(&id.address.module.path());
        module.is_none_or(|module| !graph.module(module).resources.contains_key(&id.address.resource))
    });
    let used: BTreeSet<_> = orphaned.map(|(_, provider, _)| provider).collect();
    let providers = graph.providers.iter().filter(|provider| used.contains(&provider.config));
    providers.map(|provider| provider.refresh).collect()
}

/// Returns the resources whose objects depend, as the state says, on objects that targets name.
fn dependants(state: &State, targets: &[Target]) -> Vec<Target> {
    let mut wanted: BTreeSet<ConfigResource> = BTreeSet::new();
    loop {
        let before = wanted.len();
        for (id, _, object) in state.objects() {
            let named = targets.iter().any(|target| target.contains(&id.address));
            if named || object.dependencies.iter().any(|dependency| wanted.contains(dependency)) {
                wanted.insert(id.address.config());
            }
        }
        if wanted.len() == before {
            break;
        }
    }
    let named = |address: &AbsResource| {
        targets.iter().any(|target| match target {
            Target::Instance(instance) => instance.abs_resource() == *address,
            Target::Resource(resource) => resource == address,
            Target::Module(_) => false,
        })
    };
    state
        .resources()
        .keys()
        .filter(|address| wanted.contains(&address.config()) && !named(address))
        .map(|address| Target::Resource(address.clone()))
        .collect()
}

fn names(graph: &ConfigGraph<'_>, target: &Target, id: BlockId) -> bool {
    let node = graph.node(id);
    let Some(resource) = node.resource() else { return false };
    let path = &graph.module(node.module).config.path;
    match target {
        Target::Module(module) => is_within(path, module),
        Target::Resource(AbsResource { module, resource: named }) => {
            *named == resource.address && is_path_of(path, module)
        }
        Target::Instance(instance) => {
            instance.config() == ConfigResource { module: path.clone(), resource: resource.address.clone() }
        }
    }
}

fn is_within(path: &ModulePath, outer: &ModuleInstance) -> bool {
    let steps = outer.steps();
    path.names().len() >= steps.len() && steps.iter().zip(path.names()).all(|(step, name)| step.name == *name)
}

fn is_path_of(path: &ModulePath, module: &ModuleInstance) -> bool {
    path.names().len() == module.steps().len() && is_within(path, module)
}

/// Adds the outputs of the root module whose resources all take part already, with what lies between.
fn select_outputs(graph: &ConfigGraph<'_>, blocks: &mut [bool]) {
    for output in graph.module(ModuleId::ROOT).outputs.values() {
        let mut between = BTreeSet::new();
        let mut open = vec![*output];
        let (mut resources, mut missing) = (0, false);
        while let Some(id) = open.pop() {
            if !between.insert(id) {
                continue;
            }
            match graph.node(id).block {
                Block::Resource(..) => {
                    resources += 1;
                    missing |= !blocks[id.index()];
                }
                _ => open.extend(&graph.node(id).dependencies),
            }
        }
        if resources > 0 && !missing {
            between.into_iter().for_each(|id| blocks[id.index()] = true);
        }
    }
}
