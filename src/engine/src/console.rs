//! Names of the root module for expressions that a person asks about: as the state has them, or as a plan would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use landfall_addr::InstanceKey;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::Scope;
use landfall_lang::config::ResourceBlock;
use landfall_state::State;
use landfall_value::{Type, Value};

use crate::evaluate::{Evaluation, ModuleInstanceId, Repeated};
use crate::graph::{Block, BlockId, ConfigGraph};
use crate::planning::{planned_values, whole, with_schema_marks};
use crate::prior::{decode, managers};
use crate::types::Types;
use crate::{Context, PlanOptions, VariableInput};

/// Where the values of resources come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleValues {
    /// From the state.
    State,
    /// From a plan.
    Plan,
}

/// Evaluates the root module and passes on its names, with what went wrong: names may still be worth asking for then.
/// Variables without a value are not known.
///
/// # Errors
/// What keeps evaluation from beginning.
pub async fn console(
    context: Context<'_>,
    state: State,
    options: &PlanOptions,
    values: ConsoleValues,
    talk: impl FnOnce(&dyn Scope, Diagnostics),
) -> Result<(), Diagnostics> {
    let options = PlanOptions { variables: with_unset(context, &options.variables), ..options.clone() };
    let also = match values {
        ConsoleValues::State => BTreeSet::new(),
        ConsoleValues::Plan => managers(context.config, &state),
    };
    let graph = crate::validation::checked_graph(context.config, &also)?;
    let mut evaluation = match values {
        ConsoleValues::State => {
            let evaluation = Evaluation::new(context, &graph, &options.variables, false);
            Stored { evaluation, types: Types::new(context.providers), graph: &graph, state: &state }.evaluated()
        }
        ConsoleValues::Plan => planned_values(context, &graph, state, &options).await?,
    };
    let found = std::mem::take(&mut evaluation.diagnostics);
    talk(&evaluation.names().scope(ModuleInstanceId::ROOT), found);
    Ok(())
}

/// Gives variables without a value one that is not known.
fn with_unset(context: Context<'_>, given: &BTreeMap<Arc<str>, VariableInput>) -> BTreeMap<Arc<str>, VariableInput> {
    let mut all = given.clone();
    for variable in context.config.root.variables.values().filter(|variable| variable.default.is_none()) {
        let unknown = || VariableInput { value: Value::unknown(variable.r#type.without_optional()), span: None };
        all.entry(variable.name.clone()).or_insert_with(unknown);
    }
    all
}

/// Evaluation of all blocks, with resources as the state has them.
struct Stored<'a> {
    evaluation: Evaluation<'a>,
    types: Types<'a>,
    graph: &'a ConfigGraph<'a>,
    state: &'a State,
}

impl<'a> Stored<'a> {
    fn evaluated(mut self) -> Evaluation<'a> {
        let graph = self.graph;
        for id in graph.order.iter().copied() {
            for instance in self.evaluation.instances_of(id) {
                match graph.node(id).block {
                    Block::Resource(block, _) => self.resource(id, block, instance),
                    // Checks concern what is applied.
                    Block::Check(_) => {}
                    _ => _ = self.evaluation.evaluate(id, instance),
                }
            }
        }
        self.evaluation
    }

    fn resource(&mut self, id: BlockId, block: &ResourceBlock, instance: ModuleInstanceId) {
        let address = block.address.within(self.evaluation.instances.get(instance).address.clone());
        let provider = self.graph.provider(id);
        let info = provider.and_then(|provider| self.types.get(&provider.config.source, &block.address).ok());
        let (Some(info), Some(there)) = (info, self.state.resource(&address)) else {
            self.evaluation.set(id, instance, Value::unknown(Type::Dynamic));
            return;
        };
        let repeated = Repeated::of(block.count.is_some(), block.for_each.is_some());
        let mut values = Vec::new();
        for (key, found) in &there.instances {
            let fits = match repeated {
                Repeated::Not => *key == InstanceKey::None,
                Repeated::Count => matches!(key, InstanceKey::Index(_)),
                Repeated::ForEach => matches!(key, InstanceKey::Name(_)),
                Repeated::Unknown => false,
            };
            let (true, Some(object)) = (fits, &found.current) else { continue };
            let value = decode(object, &info.value_type).map(|value| with_schema_marks(&value, &info));
            let value = value.unwrap_or_else(|error| {
                let detail =
                    format!("The state of `{}` does not fit its type: {error}.", address.instance(key.clone()));
                self.evaluation.diagnostics.push(Diagnostic::error("Failed to decode resource from state", detail));
                Value::unknown(Type::Dynamic)
            });
            values.push((key.clone(), value));
        }
        let value = if values.is_empty() { Value::unknown(Type::Dynamic) } else { whole(repeated, values) };
        self.evaluation.set(id, instance, value);
    }
}
