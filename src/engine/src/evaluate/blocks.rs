//! How blocks without objects get their values: variables, locals, outputs, module calls, checks. The same for plan and
//! apply, one module instance at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_lang::config::{CheckBlock, Local, ModuleCall, Output, Variable};
use landfall_state::CheckKind;
use landfall_value::{Marks, Type, Value};

use super::conditions::{Checks, ConditionKind, evaluate_conditions};
use super::instances::{Instances, ModuleInstanceId, Repeated, Repetition};
use super::repetition::{Repetitions, repetitions};
use super::scope::Names;
use super::values::Values;
use crate::graph::{Block, BlockId, ConfigGraph, ModuleId};
use crate::{Context, VariableInput};

/// What evaluation knows so far.
pub(crate) struct Evaluation<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) graph: &'a ConfigGraph<'a>,
    pub(crate) inputs: &'a BTreeMap<Arc<str>, VariableInput>,
    pub(crate) instances: Instances,
    pub(crate) values: Values,
    pub(crate) checks: Checks,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) applying: bool,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        graph: &'a ConfigGraph<'a>,
        inputs: &'a BTreeMap<Arc<str>, VariableInput>,
        applying: bool,
    ) -> Self {
        Self {
            context,
            graph,
            inputs,
            instances: Instances::new(graph.modules.len()),
            values: Values::new(graph.nodes.len()),
            checks: Checks::default(),
            diagnostics: Diagnostics::new(),
            applying,
        }
    }

    pub(crate) fn names(&self) -> Names<'_> {
        Names {
            graph: self.graph,
            instances: &self.instances,
            values: &self.values,
            host: self.context.host,
            directories: self.context.directories,
            applying: self.applying,
        }
    }

    /// Returns the instances of the module that holds a block.
    pub(crate) fn instances_of(&self, block: BlockId) -> Vec<ModuleInstanceId> {
        self.instances.of(self.graph.node(block).module).to_vec()
    }

    pub(crate) fn set(&mut self, block: BlockId, instance: ModuleInstanceId, value: Value) {
        self.values.set(block, self.instances.get(instance).ordinal, value);
    }

    /// Passes findings on and returns whether none of them is an error.
    pub(crate) fn accept(&mut self, found: Diagnostics) -> bool {
        let ok = !found.has_errors();
        self.diagnostics.extend(found);
        ok
    }

    /// Returns an address within a module instance, as people write it.
    pub(crate) fn address(&self, instance: ModuleInstanceId, local: &str) -> String {
        let module = &self.instances.get(instance).address;
        if module.is_root() { local.to_owned() } else { format!("{module}.{local}") }
    }

    fn config_address(&self, module: ModuleId, local: &str) -> String {
        let path = &self.graph.module(module).config.path;
        if path.is_root() { local.to_owned() } else { format!("{path}.{local}") }
    }

    /// Evaluates a block that has no objects, in one module instance. Returns whether it has a value now.
    pub(crate) fn evaluate(&mut self, id: BlockId, instance: ModuleInstanceId) -> bool {
        match self.graph.node(id).block {
            Block::Call(call, child) => self.call(call, child, instance),
            Block::Variable(variable) => self.variable(id, variable, instance),
            Block::Local(local) => self.local(id, local, instance),
            Block::Output(output) => self.output(id, output, instance),
            Block::Check(check) => self.check(check, instance),
            Block::Provider | Block::Refresh(_) | Block::Resource(..) | Block::Close => true,
        }
    }

    fn call(&mut self, call: &ModuleCall, child: ModuleId, instance: ModuleInstanceId) -> bool {
        let mut found = Diagnostics::new();
        let expanded = {
            let names = self.names();
            repetitions(call.count.as_ref(), call.for_each.as_ref(), &names.scope(instance), &mut found)
        };
        let Repetitions { repeated, each } = expanded;
        let ok = self.accept(found);
        self.instances.expand(instance, child, &call.name, repeated, if ok { each } else { Vec::new() });
        ok
    }

    fn local(&mut self, id: BlockId, local: &Local, instance: ModuleInstanceId) -> bool {
        let mut found = Diagnostics::new();
        let value = local.expr.evaluate(&self.names().scope(instance), &mut found);
        self.set(id, instance, value);
        self.accept(found)
    }

    fn variable(&mut self, id: BlockId, variable: &Variable, instance: ModuleInstanceId) -> bool {
        let mut found = Diagnostics::new();
        let (value, span) = match self.graph.module(self.graph.node(id).module).call {
            None => {
                let written = self.inputs.get(&variable.name).and_then(|input| input.span);
                (self.given(variable), written.unwrap_or(variable.span))
            }
            Some((_, call)) => self.argument(variable, call, instance, &mut found),
        };
        if value.is_none() && variable.default.is_none() && self.graph.node(id).module != ModuleId::ROOT {
            // Reported without evaluation: the call lacks a required argument.
            return false;
        }
        if value.as_ref().is_some_and(|value| value.marks_deep().contains(Marks::EPHEMERAL)) && !variable.ephemeral {
            let detail = "This input variable is not declared as accepting ephemeral values, so it cannot be set to a \
                          result derived from an ephemeral value.";
            found.push(Diagnostic::error("Ephemeral value not allowed", detail).at(span));
        }
        let value = landfall_lang::prepare_variable(variable, value.as_ref(), span, &mut found);
        let mut ok = !found.has_errors();
        if ok && !variable.validations.is_empty() {
            let local = format!("var.{}", variable.name);
            let outcome = {
                let names = self.names();
                let scope = names.scope(instance).with_variable(&variable.name, &value);
                evaluate_conditions(&variable.validations, ConditionKind::Validation(span), &scope, &mut found)
            };
            let block = self.config_address(self.graph.node(id).module, &local);
            let address = self.address(instance, &local);
            self.checks.record(CheckKind::Variable, block, address, outcome);
            ok = !found.has_errors();
        }
        self.set(id, instance, value);
        self.accept(found) && ok
    }

    /// Returns the value that was given for a variable of the root module.
    fn given(&self, variable: &Variable) -> Option<Value> {
        self.inputs.get(&variable.name).map(|input| input.value.clone())
    }

    /// Evaluates the argument of a variable in the calling module; with its place, or the call's.
    fn argument(
        &self,
        variable: &Variable,
        call: BlockId,
        instance: ModuleInstanceId,
        found: &mut Diagnostics,
    ) -> (Option<Value>, Span) {
        let Block::Call(block, _) = self.graph.node(call).block else { return (None, variable.span) };
        let Some(argument) = block.body.attributes.get(&variable.name) else { return (None, block.span) };
        let node = self.instances.get(instance);
        let names = self.names();
        let scope = names.scope(node.caller).repeated(&node.repetition);
        (Some(argument.expr.evaluate(&scope, found)), argument.expr.span())
    }

    fn output(&mut self, id: BlockId, output: &Output, instance: ModuleInstanceId) -> bool {
        let mut found = Diagnostics::new();
        let module = self.graph.node(id).module;
        if !output.preconditions.is_empty() {
            let outcome = {
                let names = self.names();
                let scope = names.scope(instance);
                evaluate_conditions(&output.preconditions, ConditionKind::OutputPrecondition, &scope, &mut found)
            };
            let local = format!("output.{}", output.name);
            let (block, address) = (self.config_address(module, &local), self.address(instance, &local));
            self.checks.record(CheckKind::Output, block, address, outcome);
        }
        if found.has_errors() {
            return self.accept(found);
        }
        let mut value = output.expr.evaluate(&self.names().scope(instance), &mut found);
        if !found.has_errors() {
            found.extend(mark_problem(output, &value, module == ModuleId::ROOT));
        }
        if output.sensitive {
            value = value.with_marks(Marks::SENSITIVE);
        }
        if output.ephemeral {
            value = value.with_marks(Marks::EPHEMERAL);
        }
        self.set(id, instance, value);
        self.accept(found)
    }

    fn check(&mut self, check: &CheckBlock, instance: ModuleInstanceId) -> bool {
        let mut found = Diagnostics::new();
        let outcome = {
            let names = self.names();
            evaluate_conditions(&check.asserts, ConditionKind::Assertion, &names.scope(instance), &mut found)
        };
        let local = format!("check.{}", check.name);
        let module = self.instances.get(instance).module;
        let (block, address) = (self.config_address(module, &local), self.address(instance, &local));
        self.checks.record(CheckKind::Check, block, address, outcome);
        self.accept(found)
    }

    /// Declares the conditions of all blocks, so that those never evaluated are there too.
    pub(crate) fn declare_checks(&mut self) {
        for id in self.graph.ids() {
            let node = self.graph.node(id);
            let (kind, local) = match node.block {
                Block::Check(check) => (CheckKind::Check, format!("check.{}", check.name)),
                Block::Output(output) if !output.preconditions.is_empty() => {
                    (CheckKind::Output, format!("output.{}", output.name))
                }
                Block::Variable(variable) if !variable.validations.is_empty() => {
                    (CheckKind::Variable, format!("var.{}", variable.name))
                }
                Block::Resource(block, _)
                    if !block.lifecycle.preconditions.is_empty() || !block.lifecycle.postconditions.is_empty() =>
                {
                    (CheckKind::Resource, block.address.to_string())
                }
                _ => continue,
            };
            let address = self.config_address(node.module, &local);
            self.checks.declare(kind, address);
        }
    }

    /// Evaluates pre- or postconditions of an instance of a resource block. Returns whether work may go on.
    pub(crate) fn resource_conditions(
        &mut self,
        id: BlockId,
        instance: ModuleInstanceId,
        repetition: &Repetition,
        own: Option<&Value>,
    ) -> bool {
        let Block::Resource(block, in_check) = self.graph.node(id).block else { return true };
        let (conditions, kind) = match own {
            None => (&block.lifecycle.preconditions, ConditionKind::Precondition),
            Some(_) => (&block.lifecycle.postconditions, ConditionKind::Postcondition),
        };
        if conditions.is_empty() {
            return true;
        }
        let mut found = Diagnostics::new();
        let outcome = {
            let names = self.names();
            let mut scope = names.scope(instance).repeated(repetition);
            if let Some(own) = own {
                scope = scope.with_self(own);
            }
            evaluate_conditions(conditions, kind, &scope, &mut found)
        };
        let config = self.config_address(self.graph.node(id).module, &block.address.to_string());
        let address = format!("{}{}", self.address(instance, &block.address.to_string()), repetition.key());
        self.checks.record(CheckKind::Resource, config, address, outcome);
        if in_check {
            found = found.into_iter().map(into_warning).collect();
        }
        self.accept(found)
    }
}

/// Turns an error into a warning: what happens inside a `check` block stops nothing.
pub(crate) fn into_warning(mut finding: Diagnostic) -> Diagnostic {
    finding.severity = landfall_diag::Severity::Warning;
    finding
}

/// Finds sensitive or ephemeral values in an output that does not say so.
fn mark_problem(output: &Output, value: &Value, is_root: bool) -> Option<Diagnostic> {
    let marks = value.marks_deep();
    if is_root && !output.sensitive && marks.contains(Marks::SENSITIVE) {
        return Some(
            Diagnostic::error(
                "Output refers to sensitive values",
                "To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, an \
                 output of the root module that holds sensitive values must say so. If you do intend to export this \
                 data, add this argument to the output:\n    sensitive = true",
            )
            .at(output.span),
        );
    }
    if !output.ephemeral && marks.contains(Marks::EPHEMERAL) {
        return Some(
            Diagnostic::error(
                "Ephemeral value not allowed",
                "This output value is not declared as returning an ephemeral value, so it cannot be set to one.",
            )
            .at(output.expr.span()),
        );
    }
    None
}

/// Returns a value that stands for one that could not be found out.
pub(crate) fn not_found_out() -> Value {
    Value::unknown(Type::Dynamic)
}

impl Repeated {
    /// Returns how a block is repeated by its arguments.
    pub(crate) fn of(count: bool, for_each: bool) -> Self {
        match (count, for_each) {
            (true, _) => Self::Count,
            (false, true) => Self::ForEach,
            (false, false) => Self::Not,
        }
    }
}
