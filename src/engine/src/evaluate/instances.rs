//! Instances of modules, made as calls are expanded.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{InstanceKey, ModuleInstance};
use landfall_value::{Type, Value};

use crate::graph::ModuleId;

/// An instance of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModuleInstanceId(u32);

impl ModuleInstanceId {
    pub(crate) const ROOT: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What `count.index`, `each.key` and `each.value` are in one instance of a block.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Repetition {
    /// The block is not repeated.
    #[default]
    None,
    /// `count`
    Index(u64),
    /// `for_each`
    Each(Arc<str>, Value),
    /// `count`, index not known: one instance stands for all.
    UnknownIndex,
    /// `for_each`, key not known: one instance stands for all.
    UnknownEach(Value),
}

impl Repetition {
    /// Returns the key of the instance.
    pub(crate) fn key(&self) -> InstanceKey {
        match self {
            Self::None | Self::UnknownIndex | Self::UnknownEach(_) => InstanceKey::None,
            Self::Index(index) => InstanceKey::Index(*index),
            Self::Each(key, _) => InstanceKey::Name(key.clone()),
        }
    }

    pub(super) fn count_index(&self) -> Option<Value> {
        match self {
            Self::Index(index) => Some(Value::from(i64::try_from(*index).unwrap_or(i64::MAX))),
            Self::UnknownIndex => Some(Value::unknown(Type::Number)),
            Self::None | Self::Each(..) | Self::UnknownEach(_) => None,
        }
    }

    pub(super) fn each_key(&self) -> Option<Value> {
        match self {
            Self::Each(key, _) => Some(Value::from(key.clone())),
            Self::UnknownEach(_) => Some(Value::unknown(Type::String)),
            Self::None | Self::Index(_) | Self::UnknownIndex => None,
        }
    }

    pub(super) fn each_value(&self) -> Option<Value> {
        match self {
            Self::Each(_, value) | Self::UnknownEach(value) => Some(value.clone()),
            Self::None | Self::Index(_) | Self::UnknownIndex => None,
        }
    }
}

/// How the instances of a block are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// It is not repeated.
    Not,
    /// By `count`.
    Count,
    /// By `for_each`.
    ForEach,
    /// It is repeated, but keys are not known.
    Unknown,
}

/// One instance of a module.
#[derive(Clone, Debug)]
pub(crate) struct ModuleInstanceNode {
    pub(crate) module: ModuleId,
    pub(crate) address: ModuleInstance,
    /// The calling instance; the root calls itself.
    pub(crate) caller: ModuleInstanceId,
    /// What the call's repetition gives.
    pub(crate) repetition: Repetition,
    /// Place among all instances of the module.
    pub(crate) ordinal: u32,
}

/// All instances of modules that are known so far.
#[derive(Clone, Debug)]
pub(crate) struct Instances {
    nodes: Vec<ModuleInstanceNode>,
    by_module: Vec<Vec<ModuleInstanceId>>,
    called: BTreeMap<(ModuleInstanceId, ModuleId), (Repeated, Vec<ModuleInstanceId>)>,
}

impl Instances {
    /// Returns only the root.
    pub(crate) fn new(modules: usize) -> Self {
        let root = ModuleInstanceNode {
            module: ModuleId::ROOT,
            address: ModuleInstance::root(),
            caller: ModuleInstanceId::ROOT,
            repetition: Repetition::None,
            ordinal: 0,
        };
        let mut by_module = vec![Vec::new(); modules];
        by_module[0].push(ModuleInstanceId::ROOT);
        Self { nodes: vec![root], by_module, called: BTreeMap::new() }
    }

    pub(crate) fn get(&self, id: ModuleInstanceId) -> &ModuleInstanceNode {
        &self.nodes[id.index()]
    }

    /// Returns the instances of a module.
    pub(crate) fn of(&self, module: ModuleId) -> &[ModuleInstanceId] {
        &self.by_module[module.index()]
    }

    /// Returns the instances that one instance calls, in order of key.
    pub(crate) fn called(&self, caller: ModuleInstanceId, module: ModuleId) -> Option<&(Repeated, Vec<ModuleInstanceId>)> {
        self.called.get(&(caller, module))
    }

    /// Adds the instances of a call.
    pub(crate) fn expand(
        &mut self,
        caller: ModuleInstanceId,
        module: ModuleId,
        name: &Arc<str>,
        repeated: Repeated,
        repetitions: Vec<Repetition>,
    ) {
        let mut ids = Vec::with_capacity(repetitions.len());
        for repetition in repetitions {
            let id = ModuleInstanceId(self.nodes.len() as u32);
            let address = self.get(caller).address.child(name.clone(), repetition.key());
            let instances = &mut self.by_module[module.index()];
            let ordinal = instances.len() as u32;
            instances.push(id);
            self.nodes.push(ModuleInstanceNode { module, address, caller, repetition, ordinal });
            ids.push(id);
        }
        self.called.insert((caller, module), (repeated, ids));
    }

    /// Returns the instance at an address.
    pub(crate) fn at(&self, module: ModuleId, address: &ModuleInstance) -> Option<ModuleInstanceId> {
        self.of(module).iter().copied().find(|id| self.get(*id).address == *address)
    }
}
