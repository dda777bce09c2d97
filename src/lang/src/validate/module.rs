//! A whole configuration: every block of every module.

use std::borrow::Cow;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::schema;

use super::body::{READ_ONLY, nested_schema};
use super::call::check_call;
use super::import::{import_id_problem, import_target_problem};
use super::own::own_local;
use super::providers::missing_providers;
use super::reference::{EACH_VALUE, Names, Repeat};
use super::resource::{check_provisioner, check_resource};
use super::{Schemas, validate_body};
use crate::config::load::with_schema;
use crate::config::{
    CheckBlock, Condition, Config, Local, Module, ModuleCall, Output, ProviderBlock, ResourceBlock, Variable,
};
use crate::decode::produced_type;
use crate::{Body, Expr};

/// Returns what is wrong with the arguments of module calls. Nothing else is worth looking at before these are right:
/// they say what the modules work on.
pub fn validate_calls(config: &Config) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for module in config.root.descendants() {
        for call in module.calls.values() {
            if let Some(child) = module.children.get(&call.name) {
                check_call(call, child, &mut diagnostics);
            }
        }
    }
    diagnostics
}

/// Checks every block of a configuration against schemas, and its references against what is declared.
pub fn validate(config: &Config, schemas: &dyn Schemas) -> Diagnostics {
    if config.deferred.has_errors() {
        return config.deferred.clone();
    }
    let mut found = validate_calls(config);
    if found.has_errors() {
        return found;
    }
    found.extend(missing_providers(config, schemas));
    for module in config.root.descendants() {
        let blocks = BlockValidation::new(module, schemas);
        module.providers.values().for_each(|block| found.extend(blocks.provider(block)));
        module.variables.values().for_each(|block| found.extend(blocks.variable(block)));
        module.locals.values().for_each(|local| found.extend(blocks.local(local)));
        module.outputs.values().for_each(|block| found.extend(blocks.output(block)));
        module.resources.values().for_each(|block| found.extend(blocks.resource(block)));
        module.calls.values().for_each(|call| found.extend(blocks.call(call)));
        for check in module.checks.values() {
            check.data.iter().for_each(|data| found.extend(blocks.checked_data(data)));
            found.extend(blocks.check(check));
        }
        found.extend(blocks.imports());
    }
    found
}

/// Returns the findings of evaluation that are not known yet. What is wrong with references is known, and makes evaluation
/// fail once more.
pub fn without_repeats(known: &Diagnostics, evaluated: Diagnostics) -> Diagnostics {
    let has_errors = known.has_errors();
    let is_known = |finding: &Diagnostic| {
        let of_empty_name = finding.subject.is_none() && finding.summary.starts_with("Invalid \"");
        let needs_no_value = of_empty_name
            || finding.summary.starts_with("Reference to ")
            || [EACH_VALUE, READ_ONLY].contains(&&*finding.summary);
        let is_told = |other: &Diagnostic| match (other.subject, finding.subject) {
            (Some(a), Some(b)) => a.source == b.source && a.start <= b.end && b.start <= a.end,
            (None, None) => other.summary == finding.summary && other.detail == finding.detail,
            _ => false,
        };
        (needs_no_value && has_errors) || known.iter().any(|other| other.is_error() && is_told(other))
    };
    evaluated.into_iter().filter(|finding| !is_known(finding)).collect()
}

/// Checks blocks of one module, each on its own: so whoever walks the graph can leave out what depends on a failure.
#[derive(Clone, Copy)]
pub struct BlockValidation<'a> {
    module: &'a Module,
    schemas: &'a dyn Schemas,
}

impl<'a> BlockValidation<'a> {
    /// Returns the checks for the blocks of a module.
    pub fn new(module: &'a Module, schemas: &'a dyn Schemas) -> Self {
        Self { module, schemas }
    }

    /// Checks a provider configuration.
    pub fn provider(&self, provider: &ProviderBlock) -> Diagnostics {
        let mut found = Diagnostics::new();
        let source = self.module.provider_source(&provider.name);
        // That a provider is missing is said once, of the configuration.
        let Some(schema) = self.schemas.provider(&source) else { return found };
        if !self.names(Repeat::None).check_all(&body_exprs(&provider.body, schema), &mut found) {
            found.extend(validate_body(&provider.body, schema));
        }
        found
    }

    /// Checks a variable.
    pub fn variable(&self, variable: &Variable) -> Diagnostics {
        let mut found = Diagnostics::new();
        let names = self.names(Repeat::None);
        for condition in &variable.validations {
            names.check([&condition.condition, &condition.error_message], &mut found);
        }
        found
    }

    /// Checks a local value.
    pub fn local(&self, local: &Local) -> Diagnostics {
        let mut found = Diagnostics::new();
        self.names(Repeat::None).check([&local.expr], &mut found);
        found.extend(own_local(local));
        found
    }

    /// Checks an output value.
    pub fn output(&self, output: &Output) -> Diagnostics {
        let mut found = Diagnostics::new();
        let names = self.names(Repeat::None);
        names.check([&output.expr], &mut found);
        names.check_dependencies(&output.depends_on, &mut found);
        assertions(&output.preconditions, names, both_exprs, &mut found);
        found
    }

    /// Checks a module call, but for its arguments' names: [`validate_calls`] has done that.
    pub fn call(&self, call: &ModuleCall) -> Diagnostics {
        let mut found = Diagnostics::new();
        let repetition = call.count.iter().chain(&call.for_each);
        self.names(Repeat::None).check(repetition, &mut found);
        // Whether there is a `count` or `each` shows when the arguments are evaluated.
        let names = self.names(Repeat::Unknown);
        names.check_dependencies(&call.depends_on, &mut found);
        names.check(arguments(&call.body), &mut found);
        found
    }

    /// Checks the assertions of a `check` block; its data source is a block of its own.
    pub fn check(&self, check: &CheckBlock) -> Diagnostics {
        let mut found = Diagnostics::new();
        let names = self.names(Repeat::None).within(check.data.as_deref());
        assertions(&check.asserts, names, message_expr, &mut found);
        found
    }

    /// Checks the data source of a `check` block.
    pub fn checked_data(&self, data: &ResourceBlock) -> Diagnostics {
        self.resource_with(data, self.names(Repeat::None).within(Some(data)))
    }

    /// Checks a resource, data source or ephemeral resource.
    pub fn resource(&self, resource: &ResourceBlock) -> Diagnostics {
        self.resource_with(resource, self.names(Repeat::of(&resource.count, &resource.for_each)))
    }

    fn resource_with(&self, resource: &ResourceBlock, names: Names<'_>) -> Diagnostics {
        let mut found = Diagnostics::new();
        let repetition = resource.count.iter().chain(&resource.for_each);
        self.names(Repeat::None).check(repetition, &mut found);
        names.check_dependencies(&resource.depends_on, &mut found);
        // The body of a type that there is not means nothing.
        let wrong_names = self.schema_of(resource).is_some_and(|schema| {
            let body = native(&resource.body, schema);
            names.check_all(&body_exprs(&body, schema), &mut found)
        });
        check_resource(self.module, self.schemas, resource, wrong_names, &mut found);
        conditions(&resource.lifecycle.preconditions, names, &mut found);
        let inside = names.with_self(resource);
        conditions(&resource.lifecycle.postconditions, inside, &mut found);
        for provisioner in &resource.provisioners {
            if found.has_errors() {
                break;
            }
            let schema = self.schemas.provisioner(&provisioner.r#type);
            let wrong_names =
                schema.is_some_and(|schema| inside.check_all(&body_exprs(&provisioner.body, schema), &mut found));
            if let Some(connection) = provisioner.connection_over(resource.connection.as_ref()) {
                self.connection(&connection, inside, &mut found);
            }
            if !wrong_names && !found.has_errors() {
                check_provisioner(self.schemas, provisioner, &mut found);
            }
        }
        found
    }

    /// Checks `import` blocks.
    pub fn imports(&self) -> Diagnostics {
        let mut found = Diagnostics::new();
        for import in &self.module.imports {
            self.names(Repeat::None).check(&import.for_each, &mut found);
            let names = self.names(Repeat::of(&None, &import.for_each));
            names.check(import.to_key.iter().chain([&import.id]), &mut found);
            found.extend(import_id_problem(import));
            found.extend(import_target_problem(self.module, import));
        }
        found
    }

    fn names(&self, repeat: Repeat) -> Names<'a> {
        Names::new(self.module, self.schemas, repeat)
    }

    fn schema_of(&self, resource: &ResourceBlock) -> Option<&'a schema::Block> {
        let source = self.module.provider_source(&self.module.provider_of(resource).0);
        self.schemas.resource(&source, resource.address.mode, &resource.address.r#type)
    }

    fn connection(&self, body: &Body, names: Names<'_>, found: &mut Diagnostics) {
        if let Some(schema) = self.schemas.connection()
            && !names.check_all(&body_exprs(body, schema), found)
        {
            found.extend(validate_body(body, schema));
        }
    }
}

/// Returns a body, blocks told from arguments where it is JSON.
pub(super) fn native<'b>(body: &'b Body, schema: &schema::Block) -> Cow<'b, Body> {
    if body.json { Cow::Owned(with_schema(body, schema)) } else { Cow::Borrowed(body) }
}

/// Checks pre- and postconditions of a resource.
fn conditions(conditions: &[Condition], names: Names<'_>, found: &mut Diagnostics) {
    for expr in conditions.iter().flat_map(|condition| [&condition.condition, &condition.error_message]) {
        if names.check_all(&[expr], found) {
            found.extend(names.unknown(expr, names.has_wrong_objects(&[expr])));
        }
    }
}

/// Checks conditions whose references are looked up together with those of the message. Of a condition
/// with errors, `told` says what is evaluated all the same.
fn assertions(conditions: &[Condition], names: Names<'_>, told: fn(&Condition) -> Vec<&Expr>, found: &mut Diagnostics) {
    for condition in conditions {
        let exprs = [&condition.condition, &condition.error_message];
        if names.check_all(&exprs, found) {
            let all = names.has_wrong_objects(&exprs);
            found.extend(told(condition).into_iter().flat_map(|expr| names.unknown(expr, all)));
        }
    }
}

fn both_exprs(condition: &Condition) -> Vec<&Expr> {
    vec![&condition.condition, &condition.error_message]
}

fn message_expr(condition: &Condition) -> Vec<&Expr> {
    vec![&condition.error_message]
}

/// Returns the arguments of a module call: all of them are evaluated.
fn arguments(body: &Body) -> impl Iterator<Item = &Expr> {
    body.attributes.values().map(|attribute| &attribute.expr)
}

/// Returns all expressions of a body that are evaluated: those of arguments that the schema has. What it does not have is
/// reported for that alone.
pub(super) fn body_exprs<'b>(body: &'b Body, schema: &schema::Block) -> Vec<&'b Expr> {
    let known = body.attributes.values().filter(|attribute| schema.attributes.contains_key(&attribute.name));
    let mut exprs: Vec<&Expr> = known.map(|attribute| &attribute.expr).collect();
    for block in &body.blocks {
        let Some(nested) = nested_schema(schema, produced_type(block)) else { continue };
        if &*block.r#type == "dynamic" {
            // `iterator` is only a name.
            let evaluated = ["for_each", "labels"].iter().filter_map(|name| block.body.attributes.get(*name));
            exprs.extend(evaluated.map(|attribute| &attribute.expr));
            // The content is evaluated for each element: not at all where there is none, which is seen while planning.
            if block.body.attributes.get("for_each").is_some_and(|each| each.expr.references().is_empty()) {
                exprs.extend(block.body.blocks.iter().flat_map(|content| body_exprs(&content.body, &nested.block)));
            }
        } else {
            exprs.extend(body_exprs(&block.body, &nested.block));
        }
    }
    exprs
}
