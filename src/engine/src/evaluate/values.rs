//! Values of blocks by module instance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use landfall_value::{ObjectType, Type, Value};

use super::instances::{Instances, ModuleInstanceId, Repeated};
use crate::graph::{Block, BlockId, ConfigGraph, ModuleId};

/// The calling instance, the called module, and the output that is asked for.
type ModulePlace = (ModuleInstanceId, ModuleId, Option<BlockId>);

/// Values of blocks by module instance. Shared parts make a copy cheap.
#[derive(Debug)]
pub(crate) struct Values {
    by_block: Vec<Vec<Option<Value>>>,
    /// Objects of module outputs, made once.
    modules: Mutex<BTreeMap<ModulePlace, Value>>,
}

impl Values {
    pub(crate) fn new(blocks: usize) -> Self {
        Self { by_block: vec![Vec::new(); blocks], modules: Mutex::default() }
    }

    /// Sets the value of a block in a module instance (given by its ordinal).
    pub(crate) fn set(&mut self, block: BlockId, ordinal: u32, value: Value) {
        let values = &mut self.by_block[block.index()];
        if values.len() <= ordinal as usize {
            values.resize(ordinal as usize + 1, None);
        }
        values[ordinal as usize] = Some(value);
    }

    /// Returns the value of a block in a module instance.
    pub(crate) fn get(&self, block: BlockId, ordinal: u32) -> Option<&Value> {
        self.by_block[block.index()].get(ordinal as usize)?.as_ref()
    }

    /// Returns the value of a module call: an object of the outputs (of `only` one output, if given), a tuple of such
    /// objects under `count`, an object of them by key under `for_each`.
    pub(crate) fn module(
        &self,
        graph: &ConfigGraph<'_>,
        instances: &Instances,
        caller: ModuleInstanceId,
        module: ModuleId,
        only: Option<BlockId>,
    ) -> Value {
        let place = (caller, module, only);
        let mut cache = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        cache.entry(place).or_insert_with(|| self.outputs(graph, instances, caller, module, only)).clone()
    }

    fn outputs(
        &self,
        graph: &ConfigGraph<'_>,
        instances: &Instances,
        caller: ModuleInstanceId,
        module: ModuleId,
        only: Option<BlockId>,
    ) -> Value {
        let outputs = &graph.module(module).outputs;
        let object = |id: &ModuleInstanceId| {
            let ordinal = instances.get(*id).ordinal;
            let value =
                |block: BlockId| self.get(block, ordinal).cloned().unwrap_or_else(|| Value::unknown(Type::Dynamic));
            let wanted = outputs.iter().filter(|(_, block)| only.is_none_or(|only| only == **block));
            Value::object(wanted.map(|(name, block)| (Arc::from(*name), value(*block))).collect())
        };
        let Some((repeated, called)) = instances.called(caller, module) else { return Value::unknown(Type::Dynamic) };
        match repeated {
            Repeated::Not => called.first().map_or_else(|| Value::unknown(Type::Dynamic), object),
            Repeated::Count => Value::tuple(called.iter().map(object).collect()),
            Repeated::ForEach => Value::object(
                called
                    .iter()
                    .filter_map(|id| match instances.get(*id).repetition.key() {
                        landfall_addr::InstanceKey::Name(name) => Some((name, object(id))),
                        landfall_addr::InstanceKey::None | landfall_addr::InstanceKey::Index(_) => None,
                    })
                    .collect(),
            ),
            Repeated::Unknown => {
                let names = outputs.keys().map(|name| (Arc::from(*name), Type::Dynamic)).collect();
                let one = Type::Object(Arc::new(ObjectType { attributes: names, ..ObjectType::default() }));
                let call = graph.module(module).call.map(|(_, call)| graph.node(call).block);
                Value::unknown(match call {
                    Some(Block::Call(call, _)) if call.count.is_some() => Type::list(one),
                    Some(Block::Call(call, _)) if call.for_each.is_some() => Type::map(one),
                    _ => one,
                })
            }
        }
    }
}
