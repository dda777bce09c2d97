//! Expressions and bodies, with byte spans. Opaque to the engine: it asks for references and values.

mod body;
mod node;
mod refer;
mod resolve;

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, Span, TookPart};
use landfall_value::Value;

pub use body::{Attribute, Block, Body};
pub(crate) use node::NameTarget;
pub use node::{
    AccessKind, AccessStep, BinaryOperator, Call, For, Name, Node, NodeKind, ObjectItem, Splat, Traversal,
    UnaryOperator,
};

use crate::{Reference, Scope};

/// A parsed expression, compiled once: references are known, names of local iterators are resolved.
#[derive(Clone, Debug)]
pub struct Expr {
    inner: Arc<Compiled>,
}

#[derive(Debug, Default)]
pub(crate) struct Compiled {
    root: Option<Node>,
    references: Vec<Reference>,
    reference_errors: Vec<Diagnostic>,
    nameless: Vec<(Arc<str>, Span)>,
    outer: Vec<Arc<str>>,
}

impl Expr {
    /// Compiles a tree. `iterators` are names that are given from outside at evaluation, the innermost last.
    pub(crate) fn compile(root: Node, iterators: &[Arc<str>]) -> Self {
        Self { inner: Arc::new(resolve::resolve(root, iterators, false)) }
    }

    /// Compiles a tree whose root names are all given from outside.
    pub(crate) fn compile_free(root: Node) -> Self {
        Self { inner: Arc::new(resolve::resolve(root, &[], true)) }
    }

    /// Returns a literal.
    pub fn literal(value: Value, span: Span) -> Self {
        Self::compile(Node::new(NodeKind::Literal(value), span), &[])
    }

    /// Returns the text's place.
    pub fn span(&self) -> Span {
        self.tree().span
    }

    /// Returns what the expression refers to, in order of appearance.
    pub fn references(&self) -> &[Reference] {
        &self.inner.references
    }

    /// Returns what is wrong with references whatever their values are, such as `var` without a name. Evaluation
    /// reports them too; they are kept apart since texts such as type constraints are not meant to be evaluated.
    pub fn reference_errors(&self) -> &[Diagnostic] {
        &self.inner.reference_errors
    }

    /// Returns the first words of what is not a reference, such as `var` without a name.
    pub(crate) fn nameless(&self) -> &[(Arc<str>, Span)] {
        &self.inner.nameless
    }

    /// Returns the names that are given from outside: iterators of the `dynamic` blocks around the expression, the
    /// outermost first, or the variables of a template.
    pub fn outer_names(&self) -> &[Arc<str>] {
        &self.inner.outer
    }

    /// Returns the tree, for what is read and not evaluated: type constraints, addresses, keywords.
    pub fn tree(&self) -> &Node {
        self.inner.root.as_ref().expect("every compiled expression has a tree")
    }

    /// Returns the elements as expressions of their own, if the expression is `[ … ]`.
    pub fn elements(&self) -> Option<Vec<Self>> {
        let elements = self.tree().as_tuple()?;
        Some(elements.iter().map(|element| Self::compile(element.clone(), &self.inner.outer)).collect())
    }

    /// Evaluates. On errors the value is unknown of dynamic type, and `diagnostics` has them all.
    pub fn evaluate(&self, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
        self.evaluate_with(scope, &[], diagnostics)
    }

    /// Returns what the expression refers to, with what that is, without secrets.
    pub fn took_part(&self, scope: &dyn Scope) -> Vec<TookPart> {
        crate::eval::took_part(self, scope)
    }

    /// Evaluates with the values of [`Self::outer_names`]; those that are missing are not known.
    pub fn evaluate_with(&self, scope: &dyn Scope, outer: &[Value], diagnostics: &mut Diagnostics) -> Value {
        crate::eval::evaluate(self, scope, outer, diagnostics)
    }
}
