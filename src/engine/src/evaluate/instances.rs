//! Instances of modules, made as calls are expanded.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{InstanceKey, ModuleInstance};
use landfall_value::{Type, Value};

use crate::graph::{ConfigGraph, ModuleId};

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
    /// `for_each` of an import, whose keys need not be texts.
    Item(Value, Value),
    /// One instance stands for all, whatever repeats the block: `count.index`, `each.key` and `each.value`, none of them
    /// known.
    Unknown,
}

impl Repetition {
    /// Returns the key of the instance.
    pub(crate) fn key(&self) -> InstanceKey {
        match self {
            Self::None | Self::Item(..) | Self::Unknown => InstanceKey::None,
            Self::Index(index) => InstanceKey::Index(*index),
            Self::Each(key, _) => InstanceKey::Name(key.clone()),
        }
    }

    pub(super) fn count_index(&self) -> Option<Value> {
        match self {
            Self::Index(index) => Some(Value::from(i64::try_from(*index).unwrap_or(i64::MAX))),
            Self::Unknown => Some(Value::unknown(Type::Number)),
            Self::None | Self::Each(..) | Self::Item(..) => None,
        }
    }

    pub(super) fn each_key(&self) -> Option<Value> {
        match self {
            Self::Each(key, _) => Some(Value::from(key.clone())),
            Self::Item(key, _) => Some(key.clone()),
            Self::Unknown => Some(Value::unknown(Type::String)),
            Self::None | Self::Index(_) => None,
        }
    }

    pub(super) fn each_value(&self) -> Option<Value> {
        match self {
            Self::Each(_, value) | Self::Item(_, value) => Some(value.clone()),
            Self::Unknown => Some(Value::unknown(Type::Dynamic)),
            Self::None | Self::Index(_) => None,
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
    by_address: BTreeMap<ModuleInstance, ModuleInstanceId>,
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
        let by_address = BTreeMap::from([(ModuleInstance::root(), ModuleInstanceId::ROOT)]);
        Self { nodes: vec![root], by_module, called: BTreeMap::new(), by_address }
    }

    pub(crate) fn get(&self, id: ModuleInstanceId) -> &ModuleInstanceNode {
        &self.nodes[id.index()]
    }

    /// Returns the instances of a module.
    pub(crate) fn of(&self, module: ModuleId) -> &[ModuleInstanceId] {
        &self.by_module[module.index()]
    }

    /// Returns the instances that one instance calls, in order of key.
    pub(crate) fn called(
        &self,
        caller: ModuleInstanceId,
        module: ModuleId,
    ) -> Option<&(Repeated, Vec<ModuleInstanceId>)> {
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
            self.by_address.insert(address.clone(), id);
            self.nodes.push(ModuleInstanceNode { module, address, caller, repetition, ordinal });
            ids.push(id);
        }
        self.called.insert((caller, module), (repeated, ids));
    }

    /// Returns the instances at these addresses, callers before what they call. What repetition gives is not known yet.
    pub(crate) fn at(graph: &ConfigGraph<'_>, addresses: &[ModuleInstance]) -> Self {
        let mut made = Self::new(graph.modules.len());
        let mut groups: BTreeMap<(ModuleInstance, Arc<str>), Vec<Repetition>> = BTreeMap::new();
        let mut order = Vec::new();
        for address in addresses {
            let Some((caller, step)) = address.split_last() else { continue };
            let group = (caller, step.name.clone());
            if !groups.contains_key(&group) {
                order.push(group.clone());
            }
            groups.entry(group).or_default().push(match &step.key {
                InstanceKey::None => Repetition::None,
                InstanceKey::Index(index) => Repetition::Index(*index),
                InstanceKey::Name(name) => Repetition::Each(name.clone(), Value::unknown(Type::Dynamic)),
            });
        }
        for group in order {
            let (caller, name) = &group;
            let Some(module) = graph.module_at(&caller.path()) else { continue };
            let Some((call, child)) = graph.module(module).calls.get(&**name).copied() else { continue };
            let Some(caller) = made.find(module, caller) else { continue };
            let crate::graph::Block::Call(block, _) = graph.node(call).block else { continue };
            let repeated = Repeated::of(block.count.is_some(), block.for_each.is_some());
            made.expand(caller, child, name, repeated, groups.remove(&group).unwrap_or_default());
        }
        made
    }

    /// Returns the addresses of all instances but the root, callers before what they call.
    pub(crate) fn addresses(&self) -> Vec<ModuleInstance> {
        self.nodes.iter().skip(1).map(|node| node.address.clone()).collect()
    }

    /// Returns the instance at an address.
    pub(crate) fn find(&self, module: ModuleId, address: &ModuleInstance) -> Option<ModuleInstanceId> {
        self.by_address.get(address).copied().filter(|id| self.get(*id).module == module)
    }

    /// Gives the instances of a call, made before, what repetition gives. Returns whether they are the same instances.
    pub(crate) fn repeat(
        &mut self,
        caller: ModuleInstanceId,
        module: ModuleId,
        repeated: Repeated,
        repetitions: Vec<Repetition>,
    ) -> bool {
        let (_, ids) = self.called.entry((caller, module)).or_insert((repeated, Vec::new()));
        let nodes = &mut self.nodes;
        let same = ids.len() == repetitions.len()
            && ids.iter().zip(&repetitions).all(|(id, new)| nodes[id.index()].repetition.key() == new.key());
        if same {
            for (id, new) in ids.iter().zip(repetitions) {
                nodes[id.index()].repetition = new;
            }
        }
        same
    }
}
