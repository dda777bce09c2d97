//! Objects side by side with their schema: attributes and nested blocks.

use landfall_value::schema::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use landfall_value::{Type, Value};

use super::align::align;
use super::compare::{Shape, Side, alike, compare, keys, set_attribute, set_pairs, slice};
use super::focus::Focus;
use super::node::{Group, Node, Part, Sign};

/// Compares two objects. Without a schema every attribute is shown by what it is.
pub(crate) fn compare_object<'a>(
    block: Option<&'a Block>,
    before: Side<'a>,
    after: Side<'a>,
    focus: &Focus<'a>,
) -> Node<'a> {
    let (before, after) = (before.filter(|value| !value.is_null()), after.filter(|value| !value.is_null()));
    match block {
        Some(block) => compare_block(block, before, after, focus),
        None => {
            let attributes = keys(before, after).into_iter().filter_map(|name| {
                let (before, after) = (set_attribute(before, name), set_attribute(after, name));
                (before.or(after)).map(|_| (name, compare(Shape::Any, before, after, &focus.name(name))))
            });
            block_node(before, after, focus, attributes.collect(), Vec::new())
        }
    }
}

fn compare_block<'a>(block: &'a Block, before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Node<'a> {
    let attributes = block.attributes.iter().filter_map(|(name, attribute)| {
        compare_attribute(attribute, name, before, after, focus).map(|node| (&**name, node))
    });
    let groups = block.blocks.iter().filter_map(|(name, nested)| {
        let blocks = compare_nested(nested, set_attribute(before, name), set_attribute(after, name), &focus.name(name));
        let replaces = focus.name(name).replaces();
        (!blocks.is_empty()).then_some(Group { name, blocks, replaces })
    });
    block_node(before, after, focus, attributes.collect(), groups.collect())
}

fn block_node<'a>(
    before: Side<'a>,
    after: Side<'a>,
    focus: &Focus<'a>,
    attributes: Vec<(&'a str, Node<'a>)>,
    groups: Vec<Group<'a>>,
) -> Node<'a> {
    let blocks = groups.iter().flat_map(|group| group.blocks.iter().map(|(_, node)| node));
    let parts = attributes.iter().map(|(_, node)| node).chain(blocks);
    let sign = parts.fold(Sign::of_whole(before, after), |sign, node| sign.with_part(node.sign));
    Node { sign, replaces: focus.replaces(), part: Part::Block { attributes, groups } }
}

fn compare_attribute<'a>(
    attribute: &'a Attribute,
    name: &str,
    before: Side<'a>,
    after: Side<'a>,
    focus: &Focus<'a>,
) -> Option<Node<'a>> {
    let focus = focus.name(name);
    if attribute.write_only {
        // It is in neither object: it comes and goes with the block that it is in.
        let sign = Sign::of_whole(before, after);
        return Some(Node { sign, replaces: focus.replaces(), part: Part::WriteOnly });
    }
    // Older services do not tell an empty text from none.
    let is_text = matches!(attribute.r#type, AttributeType::Plain(Type::String));
    let there = |value: &&Value| !(is_text && value.as_str() == Some(""));
    let before = set_attribute(before, name).filter(there);
    let after = set_attribute(after, name).filter(there);
    before.or(after)?;
    Some(compare((&attribute.r#type).into(), before, after, &focus))
}

type Blocks<'a> = Vec<(Option<&'a str>, Node<'a>)>;

fn compare_nested<'a>(nested: &'a NestedBlock, before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Blocks<'a> {
    let after = if focus.is_relevant() { after } else { before };
    let is_whole = |value: &Value| value.is_sensitive() || !value.is_known();
    if before.is_some_and(is_whole) || after.is_some_and(is_whole) {
        let has_blocks = |side: Side<'_>| side.is_some_and(|value| !value.is_empty());
        let node = compare(Shape::Any, before.filter(|b| !b.is_empty()), after, focus);
        return if has_blocks(before) || has_blocks(after) { vec![(None, node)] } else { Vec::new() };
    }
    let one = |before: Side<'a>, after: Side<'a>, focus: &Focus<'a>| {
        if before.or(after).is_some_and(is_whole) || after.is_some_and(is_whole) {
            compare(Shape::Any, before, after, focus)
        } else {
            compare_block(&nested.block, before, after, focus)
        }
    };
    match nested.nesting {
        Nesting::Single => before.or(after).map(|_| (None, one(before, after, focus))).into_iter().collect(),
        Nesting::List => {
            let (was, is) = (slice(before), slice(after));
            align(was, is, alike, |_| true)
                .into_iter()
                .map(|(b, a)| {
                    let focus = a.or(b).map(|at| focus.index(at)).unwrap_or_default();
                    (None, one(b.map(|b| &was[b]), a.map(|a| &is[a]), &focus))
                })
                .collect()
        }
        Nesting::Set => {
            let members = focus.members();
            let pairs = set_pairs(slice(before), slice(after));
            pairs.into_iter().map(|(before, after)| (None, one(before, after, &members))).collect()
        }
        Nesting::Map => {
            let get = |side: Side<'a>, key: &str| side.and_then(|value| value.get(key));
            let labels = keys(before, after).into_iter();
            labels.map(|key| (Some(key), one(get(before, key), get(after, key), &focus.name(key)))).collect()
        }
    }
}
