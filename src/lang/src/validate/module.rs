//! A whole configuration: every block of every module.

use std::borrow::Cow;

use landfall_addr::Mode;
use landfall_diag::{Diagnostic, Diagnostics};

use super::call::check_call;
use super::reference::{Names, Repeat};
use super::resource::{check_provisioner, check_resource};
use super::{Schemas, validate_body};
use crate::config::load::with_schema;
use crate::config::{CheckBlock, Condition, Config, Module, ModuleCall, ResourceBlock};
use crate::{Body, Expr};

/// Checks a configuration against schemas, and its references against what is declared.
pub fn validate(config: &Config, schemas: &dyn Schemas) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for module in config.root.descendants() {
        Validation { module, schemas, diagnostics: &mut diagnostics }.module();
    }
    diagnostics
}

/// Returns the findings of `more` that `known` has not: of the same kind about a part of the same text. Evaluation finds
/// again what is wrong with references.
pub fn without_repeats(known: &Diagnostics, more: Diagnostics) -> Diagnostics {
    let is_known = |finding: &Diagnostic| {
        known.iter().any(|other| {
            other.summary == finding.summary
                && other
                    .subject
                    .zip(finding.subject)
                    .is_some_and(|(a, b)| a.source == b.source && a.start <= b.end && b.start <= a.end)
        })
    };
    more.into_iter().filter(|finding| !is_known(finding)).collect()
}

pub(super) struct Validation<'a> {
    pub(super) module: &'a Module,
    pub(super) schemas: &'a dyn Schemas,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl<'a> Validation<'a> {
    fn module(&mut self) {
        let module = self.module;
        for provider in module.providers.values() {
            let source = module.provider_source(&provider.name);
            match self.schemas.provider(&source) {
                Some(schema) => self.diagnostics.extend(validate_body(&provider.body, schema)),
                None => self.diagnostics.push(no_provider(&source.to_string()).at(provider.span)),
            }
            self.body(&provider.body, self.names(Repeat::None));
        }
        for variable in module.variables.values() {
            self.conditions(&variable.validations, self.names(Repeat::None));
        }
        for local in module.locals.values() {
            self.names(Repeat::None).check([&local.expr], self.diagnostics);
        }
        for output in module.outputs.values() {
            let names = self.names(Repeat::None);
            names.check([&output.expr], self.diagnostics);
            names.check_dependencies(&output.depends_on, self.diagnostics);
            self.conditions(&output.preconditions, names);
        }
        for resource in module.resources.values() {
            self.resource(resource, self.names(Repeat::of(&resource.count, &resource.for_each)));
        }
        for call in module.calls.values() {
            self.call(call);
        }
        for check in module.checks.values() {
            self.check(check);
        }
        for import in &module.imports {
            self.names(Repeat::None).check(&import.for_each, self.diagnostics);
            let names = self.names(Repeat::of(&None, &import.for_each));
            let exprs = import.to_key.iter().chain([&import.id]);
            names.check(exprs, self.diagnostics);
            if import.id.tree().as_constant_string().is_some_and(|id| id.is_empty()) {
                let detail = "The import ID value evaluates to an empty string, please provide a non-empty value.";
                self.diagnostics.push(Diagnostic::error("Invalid import id argument", detail).at(import.id.span()));
            }
        }
    }

    fn names(&self, repeat: Repeat) -> Names<'a> {
        Names::new(self.module, self.schemas, repeat)
    }

    fn body(&mut self, body: &Body, names: Names<'_>) {
        names.check(body_exprs(body), self.diagnostics);
    }

    fn conditions(&mut self, conditions: &[Condition], names: Names<'_>) {
        for condition in conditions {
            let exprs = [&condition.condition, &condition.error_message];
            names.check(exprs, self.diagnostics);
        }
    }

    fn resource(&mut self, resource: &ResourceBlock, names: Names<'_>) {
        check_resource(self, resource);
        let repetition = resource.count.iter().chain(&resource.for_each);
        let outside = self.names(Repeat::None);
        outside.check(repetition, self.diagnostics);
        names.check_dependencies(&resource.depends_on, self.diagnostics);
        self.body(&self.native(resource), names);
        self.conditions(&resource.lifecycle.preconditions, names);
        let inside = names.with_self();
        self.conditions(&resource.lifecycle.postconditions, inside);
        if let Some(connection) = &resource.connection {
            self.connection(connection, inside);
        }
        for provisioner in &resource.provisioners {
            check_provisioner(self, provisioner);
            self.body(&provisioner.body, inside);
            if let Some(connection) = &provisioner.connection {
                self.connection(connection, inside);
            }
        }
    }

    /// Returns the body of a resource, blocks told from arguments where it is JSON.
    fn native<'r>(&self, resource: &'r ResourceBlock) -> Cow<'r, Body> {
        let source = self.module.provider_source(&self.module.provider_of(resource).0);
        match self.schemas.resource(&source, resource.address.mode, &resource.address.r#type) {
            Some(schema) if resource.body.json => Cow::Owned(with_schema(&resource.body, schema)),
            _ => Cow::Borrowed(&resource.body),
        }
    }

    fn connection(&mut self, body: &Body, names: Names<'_>) {
        if let Some(schema) = self.schemas.connection() {
            self.diagnostics.extend(validate_body(body, schema));
        }
        self.body(body, names);
    }

    fn call(&mut self, call: &ModuleCall) {
        let repetition = call.count.iter().chain(&call.for_each);
        self.names(Repeat::None).check(repetition, self.diagnostics);
        let names = self.names(Repeat::of(&call.count, &call.for_each));
        names.check_dependencies(&call.depends_on, self.diagnostics);
        self.body(&call.body, names);
        if let Some(child) = self.module.children.get(&call.name) {
            check_call(call, child, self.diagnostics);
        }
    }

    fn check(&mut self, check: &CheckBlock) {
        let data = check.data.as_deref();
        let names = self.names(Repeat::None).within(data);
        if let Some(data) = data {
            debug_assert_eq!(data.address.mode, Mode::Data);
            self.resource(data, names);
        }
        self.conditions(&check.asserts, names);
    }
}

/// Returns all expressions of a body that are evaluated: `iterator` of a `dynamic` block is only a name.
fn body_exprs(body: &Body) -> Vec<&Expr> {
    let mut exprs: Vec<&Expr> = body.attributes.values().map(|attribute| &attribute.expr).collect();
    for block in &body.blocks {
        if &*block.r#type == "dynamic" {
            let evaluated = ["for_each", "labels"].iter().filter_map(|name| block.body.attributes.get(*name));
            exprs.extend(evaluated.map(|attribute| &attribute.expr));
            exprs.extend(block.body.blocks.iter().flat_map(|content| body_exprs(&content.body)));
        } else {
            exprs.extend(body_exprs(&block.body));
        }
    }
    exprs
}

/// Says that landfall has no such provider.
pub(super) fn no_provider(source: &str) -> Diagnostic {
    let detail = format!("landfall has no provider `{source}`: its providers are part of the program.");
    Diagnostic::error("Provider not available", detail)
}
