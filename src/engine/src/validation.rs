//! What is wrong with a configuration whatever its values are: first without evaluating, then evaluated with every value
//! that comes from outside not known.

use std::collections::{BTreeMap, BTreeSet};

use landfall_addr::{Mode, ProviderConfig, ProviderSource};
use landfall_diag::Diagnostics;
use landfall_lang::config::{Condition, Import, ResourceBlock};
use landfall_lang::{BlockValidation, Config, Expr, Schemas, expand_count, expand_for_each, without_repeats};
use landfall_value::{Marks, Type, Value, schema};

use crate::evaluate::{
    Evaluation, Findings, ModuleInstanceId, Repeated, Repetition, decode_config, ephemeral_problem, import_id_problem,
    import_repetitions,
};
use crate::graph::{self, Block, BlockId, ConfigGraph, ModuleId};
use crate::types::Types;
use crate::{Context, Providers, provisioner};

/// Returns what is wrong with a configuration whatever its values are.
pub fn validate(context: Context<'_>) -> Diagnostics {
    let graph = match checked_graph(context.config, &BTreeSet::new()) {
        Ok(graph) => graph,
        Err(found) => return found,
    };
    check(context, &graph)
}

/// Returns the graph of a configuration.
///
/// # Errors
/// What is wrong with the configuration as it was read, or with its graph.
pub(crate) fn checked_graph<'c>(
    config: &'c Config,
    managers: &BTreeSet<ProviderConfig>,
) -> Result<ConfigGraph<'c>, Diagnostics> {
    if config.deferred.has_errors() {
        return Err(config.deferred.clone());
    }
    graph::build(config, managers)
}

/// Returns what is wrong with the configuration of a graph.
///
/// Blocks are looked at in the order of the graph. What depends on a block with an error is left out: what would be
/// said of it may be a mere consequence.
pub(crate) fn check(context: Context<'_>, graph: &ConfigGraph<'_>) -> Diagnostics {
    let wrong_calls = landfall_lang::validate_calls(context.config);
    if wrong_calls.has_errors() {
        return wrong_calls;
    }
    let missing = landfall_lang::missing_providers(context.config, context.providers);
    let inputs = BTreeMap::new();
    let mut validation = Validation {
        evaluation: Evaluation::new(context, graph, &inputs, false),
        types: Types::new(context.providers),
        graph,
    };
    validation.evaluation.diagnostics.extend(wrong_calls);
    validation.evaluation.diagnostics.extend(missing);
    let mut failed = vec![false; graph.nodes.len()];
    for id in graph.order.iter().copied() {
        let behind_failure = graph.node(id).dependencies.iter().any(|dependency| failed[dependency.index()]);
        failed[id.index()] = behind_failure || !validation.block(id);
    }
    let imports = BlockValidation::new(&context.config.root, context.providers).imports();
    validation.evaluation.diagnostics.extend(imports);
    context.config.root.imports.iter().for_each(|import| validation.import(import));
    validation.evaluation.diagnostics
}

struct Validation<'a> {
    evaluation: Evaluation<'a>,
    types: Types<'a>,
    graph: &'a ConfigGraph<'a>,
}

impl Validation<'_> {
    /// Checks a block, first without evaluating. Returns whether it is right.
    fn block(&mut self, id: BlockId) -> bool {
        let unevaluated = self.unevaluated(id);
        let mut ok = !unevaluated.has_errors();
        let before = std::mem::take(&mut self.evaluation.diagnostics);
        for instance in self.evaluation.instances_of(id) {
            ok &= self.visit(id, instance);
        }
        let evaluated = std::mem::replace(&mut self.evaluation.diagnostics, before);
        let evaluated = without_repeats(&unevaluated, evaluated);
        self.evaluation.diagnostics.extend(unevaluated);
        self.evaluation.diagnostics.extend(evaluated);
        ok
    }

    fn unevaluated(&self, id: BlockId) -> Diagnostics {
        let node = self.graph.node(id);
        let module = self.graph.module(node.module).config;
        let validation = BlockValidation::new(module, self.evaluation.context.providers);
        match node.block {
            Block::Call(call, _) => validation.call(call),
            Block::Variable(variable) => validation.variable(variable),
            Block::Local(local) => validation.local(local),
            Block::Output(output) => validation.output(output),
            Block::Check(check) => validation.check(check),
            Block::Resource(block, true) => validation.checked_data(block),
            Block::Resource(block, false) => validation.resource(block),
            Block::Provider => {
                let block = self.graph.provider(id).and_then(|provider| provider.block);
                block.map(|block| validation.provider(block)).unwrap_or_default()
            }
            Block::Refresh(_) | Block::Close => Diagnostics::new(),
        }
    }

    fn visit(&mut self, id: BlockId, instance: ModuleInstanceId) -> bool {
        let graph = self.graph;
        let node = graph.node(id);
        match node.block {
            Block::Call(call, child) => {
                let (_, ok) = self.repeated(call.count.as_ref(), call.for_each.as_ref(), instance);
                // One instance stands for all, and what it gives is not known even where there is only one.
                let each = vec![Repetition::Unknown];
                self.evaluation.instances.expand(instance, child, &call.name, Repeated::Unknown, each);
                ok
            }
            Block::Variable(variable) => {
                // An argument is checked on its own; the module is, for whatever it may be given.
                let given = node.module == ModuleId::ROOT || self.evaluation.evaluate(id, instance);
                let mut value = Value::unknown(variable.r#type.without_optional());
                if variable.sensitive {
                    value = value.with_marks(Marks::SENSITIVE);
                }
                if variable.ephemeral {
                    value = value.with_marks(Marks::EPHEMERAL);
                }
                self.evaluation.set(id, instance, value);
                given
                    && (node.module != ModuleId::ROOT
                        || self.conditions(&variable.validations, instance, &Repetition::None, None))
            }
            Block::Local(_) | Block::Output(_) => self.evaluation.evaluate(id, instance),
            Block::Check(check) => self.conditions(&check.asserts, instance, &Repetition::None, None),
            Block::Provider => self.provider(id, instance),
            Block::Resource(block, _) => self.resource(id, block, instance),
            Block::Refresh(_) | Block::Close => true,
        }
    }

    /// Returns one repetition that stands for all, and whether what repeats is right.
    fn repeated(
        &mut self,
        count: Option<&Expr>,
        for_each: Option<&Expr>,
        instance: ModuleInstanceId,
    ) -> (Repetition, bool) {
        let mut found = Diagnostics::new();
        {
            let names = self.evaluation.names();
            let scope = names.scope(instance);
            match (count, for_each) {
                (Some(count), _) => drop(expand_count(count, &scope, &mut found)),
                (None, Some(for_each)) => drop(expand_for_each(for_each, &scope, &mut found)),
                (None, None) => {}
            }
        }
        let repeats = count.is_some() || for_each.is_some();
        let each = if repeats { Repetition::Unknown } else { Repetition::None };
        (each, self.evaluation.accept(found))
    }

    /// Checks the types of what an `import` block evaluates.
    fn import(&mut self, import: &Import) {
        let mut found = Diagnostics::new();
        {
            let names = self.evaluation.names();
            let scope = names.scope(ModuleInstanceId::ROOT);
            match &import.for_each {
                Some(for_each) => drop(import_repetitions(for_each, &scope, &mut found)),
                None => {
                    let id = import.id.evaluate(&scope, &mut found);
                    found.extend(import_id_problem(&id).map(|problem| problem.at(import.id.span())));
                }
            }
        }
        let known = std::mem::take(&mut self.evaluation.diagnostics);
        let found = without_repeats(&known, found);
        self.evaluation.diagnostics = known;
        self.evaluation.accept(found);
    }

    fn provider(&mut self, id: BlockId, instance: ModuleInstanceId) -> bool {
        let Some(node) = self.graph.provider(id) else { return true };
        let (Some(block), Some(provider)) = (node.block, self.evaluation.context.providers.get(&node.config.source))
        else {
            return true;
        };
        let mut found = Diagnostics::new();
        let names = self.evaluation.names();
        decode_config(&block.body, &provider.schema().block, &names.scope(instance), Findings::All, &mut found);
        self.evaluation.accept(found)
    }

    fn resource(&mut self, id: BlockId, block: &ResourceBlock, instance: ModuleInstanceId) -> bool {
        let Some(provider) = self.graph.provider(id) else { return false };
        let Ok(info) = self.types.get(&provider.config.source, &block.address) else {
            // Reported without evaluation.
            return false;
        };
        let (each, mut ok) = self.repeated(block.count.as_ref(), block.for_each.as_ref(), instance);
        let mut found = Diagnostics::new();
        {
            let names = self.evaluation.names();
            let scope = names.scope(instance).repeated(&each);
            let config = decode_config(&block.body, &info.schema.block, &scope, Findings::All, &mut found);
            if !found.has_errors() && block.address.mode != Mode::Ephemeral {
                found.extend(ephemeral_problem(&config, block, &info.schema.block));
            }
        }
        ok &= self.evaluation.accept(found);
        let own = Value::unknown(info.value_type.clone());
        ok &= self.provisioners(block, instance, &each);
        let own = if block.address.mode == Mode::Ephemeral { own.with_marks(Marks::EPHEMERAL) } else { own };
        ok &= self.conditions(&block.lifecycle.preconditions, instance, &each, None);
        ok &= self.conditions(&block.lifecycle.postconditions, instance, &each, Some(&own));
        // Of what attributes hold, references tell; others see nothing, as in Terraform.
        self.evaluation.set(id, instance, Value::unknown(Type::Dynamic).with_marks(own.marks()));
        ok
    }

    /// Checks what provisioners and connections evaluate.
    fn provisioners(&mut self, block: &ResourceBlock, instance: ModuleInstanceId, repetition: &Repetition) -> bool {
        let mut found = Diagnostics::new();
        {
            let own = Value::unknown(Type::Dynamic);
            let names = self.evaluation.names();
            let scope = names.scope(instance).repeated(repetition).with_self(&own);
            for provisioner in &block.provisioners {
                if found.has_errors() {
                    break;
                }
                if let Some(schema) = provisioner::schema(&provisioner.r#type) {
                    decode_config(&provisioner.body, schema, &scope, Findings::All, &mut found);
                }
                if let Some(connection) = provisioner.connection_over(block.connection.as_ref()) {
                    decode_config(&connection, provisioner::connection(), &scope, Findings::All, &mut found);
                }
            }
        }
        self.evaluation.accept(found)
    }

    /// Evaluates conditions for what is wrong with them, whether they hold or not.
    fn conditions(
        &mut self,
        conditions: &[Condition],
        instance: ModuleInstanceId,
        repetition: &Repetition,
        own: Option<&Value>,
    ) -> bool {
        let mut found = Diagnostics::new();
        {
            let names = self.evaluation.names();
            let mut scope = names.scope(instance).repeated(repetition);
            if let Some(own) = own {
                scope = scope.with_self(own);
            }
            for condition in conditions {
                condition.condition.evaluate(&scope, &mut found);
                condition.error_message.evaluate(&scope, &mut found);
            }
        }
        self.evaluation.accept(found)
    }
}

impl Schemas for Providers {
    fn provider(&self, source: &ProviderSource) -> Option<&schema::Block> {
        self.get(source).map(|provider| &provider.schema().block)
    }

    fn resource(&self, source: &ProviderSource, mode: Mode, r#type: &str) -> Option<&schema::Block> {
        let provider = self.get(source)?;
        match mode {
            Mode::Managed => provider.resource(r#type).map(|resource| &resource.schema().block),
            Mode::Data => provider.data_source(r#type).map(|source| &source.schema().block),
            Mode::Ephemeral => provider.ephemeral(r#type).map(|ephemeral| &ephemeral.schema().block),
        }
    }

    fn types(&self, source: &ProviderSource, mode: Mode) -> Vec<String> {
        let Some(provider) = self.get(source) else { return Vec::new() };
        let names = match mode {
            Mode::Managed => provider.resource_types(),
            Mode::Data => provider.data_source_types(),
            Mode::Ephemeral => provider.ephemeral_types(),
        };
        names.into_iter().map(str::to_owned).collect()
    }

    fn provisioner(&self, r#type: &str) -> Option<&schema::Block> {
        provisioner::schema(r#type)
    }

    fn connection(&self) -> Option<&schema::Block> {
        Some(provisioner::connection())
    }
}
