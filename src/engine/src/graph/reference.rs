//! What the expressions of a block refer to.

use landfall_lang::config::{Condition, ModuleCall, Provisioner, ResourceBlock};
use landfall_lang::{Body, Expr, Reference};

/// Collects references of expressions and bodies.
#[derive(Default)]
pub(super) struct References<'c>(pub(super) Vec<&'c Reference>);

impl<'c> References<'c> {
    pub(super) fn expr(&mut self, expr: &'c Expr) {
        self.0.extend(expr.references());
    }

    pub(super) fn maybe(&mut self, expr: Option<&'c Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    pub(super) fn body(&mut self, body: &'c Body) {
        let mut open = vec![body];
        while let Some(body) = open.pop() {
            for attribute in body.attributes.values() {
                self.expr(&attribute.expr);
            }
            open.extend(body.blocks.iter().map(|block| &block.body));
        }
    }

    pub(super) fn conditions(&mut self, conditions: &'c [Condition]) {
        for condition in conditions {
            self.expr(&condition.condition);
            self.expr(&condition.error_message);
        }
    }

    pub(super) fn call(&mut self, call: &'c ModuleCall) {
        self.maybe(call.count.as_ref());
        self.maybe(call.for_each.as_ref());
        self.0.extend(&call.depends_on);
    }

    pub(super) fn resource(&mut self, block: &'c ResourceBlock) {
        self.maybe(block.count.as_ref());
        self.maybe(block.for_each.as_ref());
        self.0.extend(&block.depends_on);
        self.body(&block.body);
        self.conditions(&block.lifecycle.preconditions);
        self.conditions(&block.lifecycle.postconditions);
        for expr in &block.lifecycle.replace_triggered_by {
            self.expr(expr);
        }
        for Provisioner { body, .. } in &block.provisioners {
            self.body(body);
        }
        if let Some(connection) = &block.connection {
            self.body(connection);
        }
    }
}
