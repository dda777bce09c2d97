//! Expressions that are read instead of evaluated: constants, and references in quotes.

use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_value::{Type, Value};

use crate::config::load::names::is_identifier;
use crate::expr::{AccessKind, AccessStep, Node, NodeKind, Traversal};
use crate::{Expr, Host, NoHost, Reference, Referent, Scope};

/// A scope without names.
struct Nothing;

impl Scope for Nothing {
    fn lookup(&self, _referent: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        Err(not_allowed(reference.span))
    }

    fn host(&self) -> &dyn Host {
        &NoHost
    }
}

fn not_allowed(span: Span) -> Diagnostic {
    Diagnostic::error("Variables not allowed", "Variables may not be used here.").at(span)
}

/// Evaluates an expression that may use neither names nor functions.
pub(crate) fn constant(expr: &Expr, diagnostics: &mut Diagnostics) -> Value {
    let calls = function_calls(expr.tree());
    let names = expr.references().iter().map(|reference| reference.span);
    let wrong = expr.reference_errors().iter().filter_map(|problem| problem.subject);
    let is_argument = |span: &Span| calls.iter().any(|call| call.start <= span.start && span.end <= call.end);
    // Arguments of what may not be called do not matter.
    let names: Vec<Span> = names.chain(wrong).filter(|span| !is_argument(span)).collect();
    diagnostics.extend(names.iter().map(|span| not_allowed(*span)));
    diagnostics.extend(
        calls
            .iter()
            .map(|span| Diagnostic::error("Function calls not allowed", "Functions may not be called here.").at(*span)),
    );
    if names.is_empty() && calls.is_empty() {
        return expr.evaluate(&Nothing, diagnostics);
    }
    Value::unknown(Type::Dynamic)
}

/// Reads the text of a quoted reference, such as `"aws_vpc.main"`.
pub(crate) fn quoted_traversal(text: &str, span: Span) -> Result<Traversal, Diagnostic> {
    let mut parts = text.split('.');
    let mut at = span.start + 1;
    let mut place = |part: &str| {
        let place = Span { start: at, end: at + part.len() as u32, ..span };
        at = place.end + 1;
        place
    };
    let invalid = |span| Diagnostic::error("Variable name required", "Must begin with a variable name.").at(span);
    let root = parts.next().unwrap_or_default();
    let root_span = place(root);
    if !is_identifier(root) {
        return Err(invalid(root_span));
    }
    let steps = parts.map(|part| {
        let span = place(part);
        let valid = is_identifier(part);
        valid.then(|| AccessStep { kind: AccessKind::Attribute(part.into()), span }).ok_or_else(|| invalid(span))
    });
    Ok(Traversal { root: root.into(), root_span, steps: steps.collect::<Result<_, _>>()?, span })
}

/// Returns the places of all calls of functions in an expression, those in arguments of others left out.
fn function_calls(node: &Node) -> Vec<Span> {
    let mut calls = Vec::new();
    collect_calls(node, &mut calls);
    calls
}

fn collect_calls(node: &Node, calls: &mut Vec<Span>) {
    let mut all = |nodes: &[&Node]| nodes.iter().for_each(|node| collect_calls(node, calls));
    match &node.kind {
        NodeKind::Invalid | NodeKind::Literal(_) | NodeKind::Name(_) | NodeKind::SplatItem(_) => {}
        NodeKind::Template(parts) | NodeKind::Tuple(parts) => all(&parts.iter().collect::<Vec<_>>()),
        NodeKind::Wrapped(inner) | NodeKind::Parenthesized(inner) | NodeKind::Join(inner) => all(&[inner]),
        NodeKind::Unary(_, inner) => all(&[inner]),
        NodeKind::Access(base, steps) => {
            all(&[base]);
            for step in steps {
                if let AccessKind::Computed(key) = &step.kind {
                    all(&[key]);
                }
            }
        }
        NodeKind::Splat(splat) => all(&[&splat.source, &splat.each]),
        NodeKind::Object(items) => items.iter().for_each(|item| all(&[&item.key, &item.value])),
        NodeKind::For(parts) => {
            all(&[&parts.collection, &parts.value]);
            all(&parts.key.iter().chain(&parts.condition).collect::<Vec<_>>());
        }
        NodeKind::Call(call) => {
            calls.push(call.name_span.to(call.close));
        }
        NodeKind::Conditional(parts) => all(&parts.iter().collect::<Vec<_>>()),
        NodeKind::Binary(first, rest) => {
            all(&[first]);
            rest.iter().for_each(|(_, operand)| all(&[operand]));
        }
    }
}
