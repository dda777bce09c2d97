//! Bodies in JSON syntax, where only a schema tells arguments from blocks.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use landfall_value::schema::{self, Nesting};

use crate::decode::attribute_block;
use crate::expr::{Node, NodeKind, ObjectItem};
use crate::syntax::{json_as_expressions, parse_json};
use crate::{Attribute, Block, Body, Expr};

/// What a body holds that is not a plain argument.
struct Shape {
    /// Arguments that are references or types: their strings are read as expressions.
    expressions: &'static [&'static str],
    /// Nested blocks: type, number of labels, what they hold.
    blocks: &'static [(&'static str, usize, &'static Shape)],
}

const PLAIN: Shape = Shape { expressions: &[], blocks: &[] };
const CONDITIONS: Shape = Shape {
    expressions: &["depends_on"],
    blocks: &[("precondition", 0, &PLAIN), ("postcondition", 0, &PLAIN), ("validation", 0, &PLAIN)],
};
const LIFECYCLE: Shape = Shape {
    expressions: &["ignore_changes", "replace_triggered_by"],
    blocks: &[("precondition", 0, &PLAIN), ("postcondition", 0, &PLAIN)],
};
const PROVISIONER: Shape = Shape { expressions: &["when", "on_failure"], blocks: &[("connection", 0, &PLAIN)] };
const RESOURCE: Shape = Shape {
    expressions: &["depends_on", "provider"],
    blocks: &[("lifecycle", 0, &LIFECYCLE), ("connection", 0, &PLAIN), ("provisioner", 1, &PROVISIONER)],
};
const DATA: Shape = Shape { expressions: &["depends_on", "provider"], blocks: &[("lifecycle", 0, &LIFECYCLE)] };
const FILE: Shape = Shape {
    expressions: &[],
    blocks: &[
        (
            "terraform",
            0,
            &Shape {
                expressions: &["experiments", "language"],
                blocks: &[
                    ("backend", 1, &PLAIN),
                    ("cloud", 0, &PLAIN),
                    ("required_providers", 0, &PLAIN),
                    ("provider_meta", 1, &PLAIN),
                ],
            },
        ),
        ("provider", 1, &PLAIN),
        ("variable", 1, &Shape { expressions: &["type"], blocks: CONDITIONS.blocks }),
        ("locals", 0, &PLAIN),
        ("output", 1, &CONDITIONS),
        ("module", 1, &Shape { expressions: &["depends_on", "providers"], blocks: &[] }),
        ("resource", 2, &RESOURCE),
        ("data", 2, &DATA),
        ("ephemeral", 2, &DATA),
        ("moved", 0, &Shape { expressions: &["from", "to"], blocks: &[] }),
        (
            "removed",
            0,
            &Shape { expressions: &["from"], blocks: &[("lifecycle", 0, &PLAIN), ("provisioner", 1, &PROVISIONER)] },
        ),
        ("import", 0, &Shape { expressions: &["to", "provider"], blocks: &[] }),
        ("check", 1, &Shape { expressions: &[], blocks: &[("data", 2, &DATA), ("assert", 0, &PLAIN)] }),
    ],
};

/// Parses a `.tf.json` file.
pub(crate) fn parse_json_file(sources: &SourceMap, source: SourceId, diagnostics: &mut Diagnostics) -> Body {
    let root = parse_json(sources, source, diagnostics);
    let objects: Vec<&[ObjectItem]> = match root.as_ref().map(|node| &node.kind) {
        Some(NodeKind::Object(items)) => vec![items],
        Some(NodeKind::Tuple(elements)) => elements.iter().filter_map(Node::as_object).collect(),
        _ => {
            let at = Span { source, start: 0, end: 1.min(sources.text(source).len() as u32) };
            let detail = "The root value in a JSON-based configuration must be either a JSON object or a JSON array of \
                          objects.";
            diagnostics.push(Diagnostic::error("Root value must be object", detail).at(at));
            Vec::new()
        }
    };
    let mut body = Body { json: true, ..Body::default() };
    for items in objects {
        add_items(&mut body, items, &FILE, diagnostics);
    }
    body
}

fn add_items(body: &mut Body, items: &[ObjectItem], shape: &Shape, diagnostics: &mut Diagnostics) {
    for item in items {
        let Some(name) = item.key.as_constant_string().filter(|name| &***name != "//") else { continue };
        if let Some((r#type, labels, inner)) = shape.blocks.iter().find(|(r#type, _, _)| *r#type == &**name) {
            let mut found = Vec::new();
            unpack(r#type, &item.value, *labels, std::slice::from_ref(&item.key), &mut found, diagnostics);
            for (keys, items, span) in found {
                let mut nested = Body { json: true, span: Some(span), ..Body::default() };
                add_items(&mut nested, items, inner, diagnostics);
                body.blocks.push(block(r#type, &keys, nested));
            }
            continue;
        }
        let value = if shape.expressions.contains(&&**name) {
            json_as_expressions(&item.value, diagnostics)
        } else {
            with_aliases(&item.value, diagnostics)
        };
        add_attribute(body, name, item.key.span, Expr::compile(value, &[]), diagnostics);
    }
}

/// Reads `configuration_aliases` of an entry of `required_providers` as references.
fn with_aliases(node: &Node, diagnostics: &mut Diagnostics) -> Node {
    let is_aliases =
        |item: &ObjectItem| item.key.as_constant_string().is_some_and(|key| &**key == "configuration_aliases");
    let Some(items) = node.as_object().filter(|items| items.iter().any(is_aliases)) else { return node.clone() };
    let item = |item: &ObjectItem| match is_aliases(item) {
        true => ObjectItem { key: item.key.clone(), value: json_as_expressions(&item.value, diagnostics) },
        false => item.clone(),
    };
    Node { kind: NodeKind::Object(items.iter().map(item).collect()), span: node.span }
}

fn add_attribute(body: &mut Body, name: &Arc<str>, span: Span, expr: Expr, diagnostics: &mut Diagnostics) {
    if body.attributes.contains_key(name) {
        let detail = format!("The argument \"{name}\" was already set in this object. Each may be set only once.");
        diagnostics.push(Diagnostic::error("Duplicate argument", detail).at(span));
        return;
    }
    body.attributes.insert(name.clone(), Attribute { name: name.clone(), name_span: span, expr });
}

fn block(r#type: &str, keys: &[Node], body: Body) -> Block {
    let (first, labels) = keys.split_first().expect("the type of the block is the first key");
    Block {
        r#type: r#type.into(),
        type_span: first.span,
        labels: labels.iter().filter_map(|key| key.as_constant_string().cloned()).collect(),
        label_spans: labels.iter().map(|key| key.span).collect(),
        header_span: labels.last().map_or(first.span, |last| last.span),
        body,
    }
}

type Unpacked<'n> = Vec<(Vec<Node>, &'n [ObjectItem], Span)>;

/// Finds the blocks that a property holds: below one object for each label, alone or in arrays.
fn unpack<'n>(
    r#type: &str,
    node: &'n Node,
    labels: usize,
    keys: &[Node],
    found: &mut Unpacked<'n>,
    diagnostics: &mut Diagnostics,
) {
    match &node.kind {
        NodeKind::Object(items) if labels == 0 => {
            found.push((keys.to_vec(), items, Span { end: node.span.start, ..node.span }));
        }
        NodeKind::Object(items) => {
            for item in items.iter().filter(|item| item.key.as_constant_string().is_some_and(|key| &**key != "//")) {
                let keys: Vec<Node> = keys.iter().cloned().chain([item.key.clone()]).collect();
                unpack(r#type, &item.value, labels - 1, &keys, found, diagnostics);
            }
        }
        NodeKind::Tuple(elements) => {
            elements.iter().for_each(|element| unpack(r#type, element, labels, keys, found, diagnostics));
        }
        _ if node.as_keyword() == Some("null") => {}
        _ => {
            let detail = format!(
                "Either a JSON object or a JSON array is required, representing the contents of one or more \"{type}\" \
                 blocks."
            );
            diagnostics.push(Diagnostic::error("Incorrect JSON value type", detail).at(node.span));
        }
    }
}

/// Returns a body in JSON syntax with the properties that a schema says are blocks as blocks, at every depth.
pub(crate) fn with_schema(body: &Body, schema: &schema::Block) -> Body {
    let mut native = Body { attributes: Default::default(), ..body.clone() };
    for (name, attribute) in &body.attributes {
        let tree = attribute.expr.tree();
        let outer = attribute.expr.outer_names();
        let key = Node { kind: NodeKind::Invalid, span: attribute.name_span };
        if &**name == "dynamic" && !schema.blocks.is_empty() {
            native.blocks.extend(dynamic_blocks(tree, &key, outer, schema));
        } else if let Some(nested) = schema.blocks.get(name) {
            native.blocks.extend(nested_blocks(name, tree, &key, outer, nested));
        } else {
            native.attributes.insert(name.clone(), attribute.clone());
        }
    }
    native
}

fn nested_blocks(name: &str, node: &Node, key: &Node, outer: &[Arc<str>], schema: &schema::NestedBlock) -> Vec<Block> {
    let labels = usize::from(schema.nesting == Nesting::Map);
    let mut found = Vec::new();
    unpack(name, node, labels, std::slice::from_ref(key), &mut found, &mut Diagnostics::new());
    let inner = |(keys, items, span): (Vec<Node>, &[ObjectItem], Span)| {
        block(name, &keys, with_schema(&plain_body(items, span, outer), &schema.block))
    };
    found.into_iter().map(inner).collect()
}

fn plain_body(items: &[ObjectItem], span: Span, outer: &[Arc<str>]) -> Body {
    let mut body = Body { json: true, span: Some(span), ..Body::default() };
    for item in items {
        if let Some(name) = item.key.as_constant_string().filter(|name| &***name != "//") {
            let expr = Expr::compile(item.value.clone(), outer);
            add_attribute(&mut body, name, item.key.span, expr, &mut Diagnostics::new());
        }
    }
    body
}

/// Reads `"dynamic": {"TYPE": {"for_each": …, "content": {…}}}`.
fn dynamic_blocks(node: &Node, key: &Node, outer: &[Arc<str>], schema: &schema::Block) -> Vec<Block> {
    let mut found = Vec::new();
    unpack("dynamic", node, 1, std::slice::from_ref(key), &mut found, &mut Diagnostics::new());
    let mut blocks = Vec::new();
    for (keys, items, span) in found {
        let Some(label) = keys.get(1).and_then(Node::as_constant_string) else { continue };
        let nested = schema.blocks.get(label).cloned();
        let nested = nested.or_else(|| attribute_block(&schema.attributes.get(label)?.r#type));
        let mut body = plain_body(items, span, outer);
        let iterator = body.attributes.get_mut("iterator").map(|attribute| {
            let tree = json_as_expressions(attribute.expr.tree(), &mut Diagnostics::new());
            attribute.expr = Expr::compile(tree.clone(), outer);
            tree
        });
        let name = iterator.as_ref().and_then(Node::as_keyword).unwrap_or(label);
        let inner: Vec<Arc<str>> = outer.iter().cloned().chain([name.into()]).collect();
        if let (Some(content), Some(nested)) = (body.attributes.shift_remove("content"), nested) {
            let key = Node { kind: NodeKind::Invalid, span: content.name_span };
            let plain = schema::NestedBlock { nesting: Nesting::List, ..nested };
            body.blocks = nested_blocks("content", content.expr.tree(), &key, &inner, &plain);
        }
        body.json = false;
        blocks.push(block("dynamic", &keys, body));
    }
    blocks
}
