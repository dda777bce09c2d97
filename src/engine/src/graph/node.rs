//! Nodes of the static graph.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use landfall_addr::{Mode, ModulePath, ProviderConfig, Resource};
use landfall_diag::Span;
use landfall_lang::Referent;
use landfall_lang::config::{CheckBlock, Local, Module, ModuleCall, Output, ProviderBlock, ResourceBlock, Variable};

/// A block of the configuration. Ids follow the order of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockId(pub(crate) u32);

impl BlockId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A module of the configuration, without instance keys. The root is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub(crate) u32);

impl ModuleId {
    pub(crate) const ROOT: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Block<'c> {
    /// Expansion of a `module` block: everything in the called module waits for it.
    Call(&'c ModuleCall, ModuleId),
    /// A `variable` block, with the argument of the call being evaluated in the calling module.
    Variable(&'c Variable),
    /// An entry of a `locals` block.
    Local(&'c Local),
    /// A provider configuration: evaluation and configuration.
    Provider,
    /// Looking at all objects of the provider configuration (given by its block).
    Refresh(BlockId),
    /// A `resource`, `data` or `ephemeral` block; the flag says that it belongs to a `check` block.
    Resource(&'c ResourceBlock, bool),
    /// An `output` block.
    Output(&'c Output),
    /// A `check` block.
    Check(&'c CheckBlock),
    /// The end of a module: waits for everything in it.
    Close,
}

/// A block with what it depends on.
#[derive(Clone, Debug)]
pub(crate) struct Node<'c> {
    /// The module that holds the block. Of a module call: the calling module.
    pub(crate) module: ModuleId,
    /// The block.
    pub(crate) block: Block<'c>,
    /// What must come before, sorted, each once.
    pub(crate) dependencies: Vec<BlockId>,
}

impl<'c> Node<'c> {
    /// Returns the resource block, if the node is one.
    pub(crate) fn resource(&self) -> Option<&'c ResourceBlock> {
        match self.block {
            Block::Resource(block, _) => Some(block),
            _ => None,
        }
    }

    /// Returns the managed resource's block, if the node is one.
    pub(crate) fn managed(&self) -> Option<&'c ResourceBlock> {
        self.resource().filter(|block| block.address.mode == Mode::Managed)
    }

    /// Returns the place of the block's header, where it has one.
    pub(crate) fn span(&self) -> Option<Span> {
        match self.block {
            Block::Call(call, _) => Some(call.span),
            Block::Variable(variable) => Some(variable.span),
            Block::Local(local) => Some(local.span),
            Block::Resource(block, _) => Some(block.span),
            Block::Output(output) => Some(output.span),
            Block::Check(check) => Some(check.span),
            Block::Provider | Block::Refresh(_) | Block::Close => None,
        }
    }
}

/// What a provider node configures.
#[derive(Clone, Debug)]
pub(crate) struct ProviderNode<'c> {
    /// Its address.
    pub(crate) config: ProviderConfig,
    /// The `provider` block; none where the configuration is implied.
    pub(crate) block: Option<&'c ProviderBlock>,
    /// Where it is evaluated and configured.
    pub(crate) node: BlockId,
    /// Where its objects are looked at.
    pub(crate) refresh: BlockId,
}

/// A module with the ids of its blocks by name.
#[derive(Clone, Debug)]
pub(crate) struct ModuleInfo<'c> {
    /// The module.
    pub(crate) config: &'c Module,
    /// The calling module and the node of the call; none for the root.
    pub(crate) call: Option<(ModuleId, BlockId)>,
    pub(crate) variables: BTreeMap<&'c str, BlockId>,
    pub(crate) locals: BTreeMap<&'c str, BlockId>,
    pub(crate) outputs: BTreeMap<&'c str, BlockId>,
    pub(crate) resources: BTreeMap<&'c Resource, BlockId>,
    pub(crate) calls: BTreeMap<&'c str, (BlockId, ModuleId)>,
    /// The end of the module.
    pub(crate) close: BlockId,
}

impl ModuleInfo<'_> {
    /// Returns the block that a referent names, where it names exactly one; of a module, its expansion.
    pub(crate) fn block(&self, referent: &Referent) -> Option<BlockId> {
        match referent {
            Referent::Variable(name) => self.variables.get(&**name).copied(),
            Referent::Local(name) => self.locals.get(&**name).copied(),
            Referent::Output(name) => self.outputs.get(&**name).copied(),
            Referent::Resource(resource) => self.resources.get(resource).copied(),
            Referent::Module(name) => self.calls.get(&**name).map(|(block, _)| *block),
            Referent::CountIndex
            | Referent::EachKey
            | Referent::EachValue
            | Referent::SelfObject
            | Referent::PathModule
            | Referent::PathRoot
            | Referent::PathCwd
            | Referent::Workspace
            | Referent::Applying => None,
        }
    }
}

/// The static graph.
#[derive(Clone, Debug)]
pub(crate) struct ConfigGraph<'c> {
    pub(crate) modules: Vec<ModuleInfo<'c>>,
    pub(crate) nodes: Vec<Node<'c>>,
    /// Every block after its dependencies; ties by id.
    pub(crate) order: Vec<BlockId>,
    /// Provider configurations in order of address.
    pub(crate) providers: Vec<ProviderNode<'c>>,
    /// For each block, the place in `providers` of the configuration that it uses or is.
    pub(crate) provider_of: Vec<Option<u32>>,
    by_path: BTreeMap<ModulePath, ModuleId>,
}

impl<'c> ConfigGraph<'c> {
    pub(super) fn new(
        modules: Vec<ModuleInfo<'c>>,
        nodes: Vec<Node<'c>>,
        order: Vec<BlockId>,
        providers: Vec<ProviderNode<'c>>,
        provider_of: Vec<Option<u32>>,
    ) -> Self {
        let by_path =
            modules.iter().enumerate().map(|(i, module)| (module.config.path.clone(), ModuleId(i as u32))).collect();
        Self { modules, nodes, order, providers, provider_of, by_path }
    }

    pub(crate) fn node(&self, id: BlockId) -> &Node<'c> {
        &self.nodes[id.index()]
    }

    pub(crate) fn module(&self, id: ModuleId) -> &ModuleInfo<'c> {
        &self.modules[id.index()]
    }

    /// Returns the module at a path.
    pub(crate) fn module_at(&self, path: &ModulePath) -> Option<ModuleId> {
        self.by_path.get(path).copied()
    }

    /// Returns the provider configuration that a block uses or is.
    pub(crate) fn provider(&self, id: BlockId) -> Option<&ProviderNode<'c>> {
        self.provider_of[id.index()].map(|index| &self.providers[index as usize])
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = BlockId> + use<> {
        (0..self.nodes.len() as u32).map(BlockId)
    }

    /// Returns how people know a block: its address, or what it is.
    pub(crate) fn name(&self, id: BlockId) -> String {
        let node = self.node(id);
        let prefix = &self.module(node.module).config.path;
        let local: Arc<str> = match node.block {
            Block::Call(call, _) => format!("module.{} (expand)", call.name).into(),
            Block::Variable(variable) if prefix.is_root() => format!("var.{}", variable.name).into(),
            Block::Variable(variable) => format!("var.{} (expand)", variable.name).into(),
            Block::Local(local) => format!("local.{} (expand)", local.name).into(),
            Block::Provider => {
                return self.provider(id).map_or_else(String::new, |provider| provider.config.to_string());
            }
            Block::Refresh(provider) => return format!("{} (refresh)", self.name(provider)),
            Block::Resource(block, _) => block.address.to_string().into(),
            Block::Output(output) => format!("output.{} (expand)", output.name).into(),
            Block::Check(check) => format!("check.{}", check.name).into(),
            Block::Close => "(close)".into(),
        };
        QualifiedName(prefix, &local).to_string()
    }
}

struct QualifiedName<'a>(&'a ModulePath, &'a str);

impl fmt::Display for QualifiedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.is_root() {
            true => f.write_str(self.1),
            false => write!(f, "{}.{}", self.0, self.1),
        }
    }
}
