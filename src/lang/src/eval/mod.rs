//! Evaluation of the expression tree, with Terraform's semantics: unknown values and marks spread through everything.

mod access;
mod call;
mod conditional;
mod construct;
mod equal;
mod loops;
mod operator;
mod range;
#[cfg(test)]
mod tests;
mod took_part;

pub(crate) use equal::equal;
use landfall_diag::{Diagnostic, Diagnostics, Span, TookPart};
use landfall_value::{Type, Value};

use crate::expr::{Name, NameTarget, Node, NodeKind};
use crate::stack::with_room;
use crate::{Expr, Reference, Scope};

/// Evaluates an expression: first what it refers to, then the tree.
pub(crate) fn evaluate(expr: &Expr, scope: &dyn Scope, outer: &[Value], diagnostics: &mut Diagnostics) -> Value {
    if let Some(value) = expr.tree().as_literal() {
        return value.clone();
    }
    let mut failures: Vec<Diagnostic> = expr.reference_errors().to_vec();
    let mut values = Vec::with_capacity(expr.references().len());
    for reference in expr.references() {
        match scope.lookup(&reference.referent, reference) {
            Ok(value) => values.push(value),
            Err(failure) => failures.push(failure),
        }
    }
    // What is referred to must be there even if `try` or a condition would leave it out.
    if !failures.is_empty() {
        diagnostics.extend(failures);
        return dynamic();
    }
    let mut evaluator = Evaluator::new(scope, &values, outer);
    let value = evaluator.node(expr.tree());
    if evaluator.failures.is_empty() {
        return value;
    }
    diagnostics.extend(evaluator.failures);
    dynamic()
}

/// Returns what an expression refers to, with what that is: for a value that is well formed and yet not wanted.
pub(crate) fn took_part(expr: &Expr, scope: &dyn Scope) -> Vec<TookPart> {
    let value = |reference: &Reference| scope.lookup(&reference.referent, reference).unwrap_or_else(|_| dynamic());
    let values: Vec<Value> = expr.references().iter().map(value).collect();
    Evaluator { quiet: true, ..Evaluator::new(scope, &values, &[]) }.took_part(expr.tree())
}

/// Evaluates a template with its variables, in the order of [`Expr::outer_names`].
fn evaluate_template(template: &Expr, scope: &dyn Scope, variables: &[Value]) -> (Value, Vec<Diagnostic>) {
    let mut evaluator = Evaluator { quiet: true, template: true, ..Evaluator::new(scope, &[], variables) };
    let value = evaluator.node(template.tree());
    (value, evaluator.failures)
}

/// Returns what stands for a value of which nothing is known.
fn dynamic() -> Value {
    Value::unknown(Type::Dynamic)
}

struct Evaluator<'a> {
    scope: &'a dyn Scope,
    /// Values of the expression's references.
    values: &'a [Value],
    /// Values of names given from outside.
    outer: &'a [Value],
    /// Values of the names and splat elements around the present node.
    locals: Vec<Value>,
    failures: Vec<Diagnostic>,
    /// Whether failures are likely to be dropped, so that it is not worth saying which values took part.
    quiet: bool,
    /// Whether this is a template of `templatefile` or `templatestring`.
    template: bool,
}

impl<'a> Evaluator<'a> {
    fn new(scope: &'a dyn Scope, values: &'a [Value], outer: &'a [Value]) -> Self {
        Self { scope, values, outer, locals: Vec::new(), failures: Vec::new(), quiet: false, template: false }
    }
}

impl Evaluator<'_> {
    fn node(&mut self, node: &Node) -> Value {
        with_room(|| self.node_kind(node))
    }

    fn node_kind(&mut self, node: &Node) -> Value {
        match &node.kind {
            NodeKind::Invalid => dynamic(),
            NodeKind::Literal(value) => value.clone(),
            NodeKind::Name(name) => self.name(name),
            NodeKind::SplatItem(slot) => self.local(*slot),
            NodeKind::Wrapped(inner) | NodeKind::Parenthesized(inner) => self.node(inner),
            NodeKind::Access(base, steps) => self.access(node, base, steps),
            NodeKind::Template(parts) => self.template(node, parts),
            NodeKind::Tuple(elements) => self.tuple(elements),
            NodeKind::Object(items) => self.object(items),
            NodeKind::Conditional(parts) => self.conditional(node, parts),
            NodeKind::Unary(operator, operand) => self.unary(node, *operator, operand),
            NodeKind::Binary(first, rest) => self.binary(first, rest),
            NodeKind::For(parts) => self.for_expression(node, parts),
            NodeKind::Splat(splat) => self.splat(node, splat),
            NodeKind::Join(inner) => self.join(inner),
            NodeKind::Call(call) => self.call(node, call),
        }
    }

    fn name(&self, name: &Name) -> Value {
        match name.target {
            NameTarget::Nothing => dynamic(),
            NameTarget::Local(slot) => self.local(slot),
            NameTarget::Outer(index) => self.outer.get(index as usize).cloned().unwrap_or_else(dynamic),
            NameTarget::Reference { index, .. } => self.values.get(index as usize).cloned().unwrap_or_else(dynamic),
        }
    }

    fn local(&self, slot: u32) -> Value {
        self.locals.get(slot as usize).cloned().unwrap_or_else(dynamic)
    }

    /// Records a failure at a place. `about` is the node whose references are shown with their values.
    #[cold]
    #[inline(never)]
    fn fail(&mut self, about: &Node, summary: &str, detail: &str, at: Span, within: Option<Span>) -> Value {
        let mut diagnostic = Diagnostic::error(summary, detail).at(at);
        diagnostic.context = within;
        if !self.quiet {
            diagnostic.values = self.took_part(about);
        }
        self.failures.push(diagnostic);
        dynamic()
    }
}
