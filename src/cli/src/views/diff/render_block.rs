//! Writes blocks: attributes, then nested blocks in groups.

use super::node::{Group, Node, Part, Sign};
use super::quote::{attribute_name, quoted};
use super::render::Pen;

/// Writes a block from its opening brace on. `replaces` says so for the whole group that it is in.
pub(super) fn write_block(
    pen: &mut Pen<'_>,
    node: &Node<'_>,
    attributes: &[(&str, Node<'_>)],
    groups: &[Group<'_>],
    replaces: bool,
) {
    let replaces = replaces || node.replaces;
    if attributes.is_empty() && groups.is_empty() {
        pen.out.push_str("{}");
        return pen.replacement(replaces);
    }
    pen.out.push('{');
    pen.replacement(replaces);
    pen.out.push('\n');
    let look = pen.look;
    let mut inside = pen.inside(look);
    inside.attributes(attributes);
    let mut hidden = 0;
    for group in groups {
        hidden += write_group(&mut inside, group, !attributes.is_empty());
    }
    if hidden > 0 {
        inside.out.push('\n');
        inside.hidden("block", hidden);
    }
    pen.begin(Sign::Keep);
    pen.out.push('}');
}

/// Writes nested blocks; returns how many were left out.
fn write_group(pen: &mut Pen<'_>, group: &Group<'_>, set_apart: bool) -> usize {
    let is_shown = |node: &Node<'_>| node.sign != Sign::Keep || pen.look.unchanged;
    let hidden = group.blocks.iter().filter(|(_, node)| !is_shown(node)).count();
    let shown: Vec<_> = group.blocks.iter().filter(|(_, node)| is_shown(node)).collect();
    if !shown.is_empty() && set_apart {
        pen.out.push('\n');
    }
    for (label, node) in shown {
        pen.warnings(node, "block");
        pen.begin(node.sign);
        pen.out.push_str(&attribute_name(group.name));
        pen.out.push(' ');
        if let Some(label) = label {
            pen.out.push_str(&quoted(label));
            pen.out.push(' ');
        }
        match &node.part {
            Part::Block { attributes, groups } => write_block(pen, node, attributes, groups, group.replaces),
            Part::Sensitive { .. } => write_hidden_block(pen, group.replaces || node.replaces),
            Part::Unknown(_) => pen.out.push_str("(known after apply)"),
            Part::Scalar { .. }
            | Part::WriteOnly
            | Part::OtherType(..)
            | Part::Elements { .. }
            | Part::Map { .. }
            | Part::Object { .. } => pen.write(node),
        }
        pen.out.push('\n');
    }
    hidden
}

fn write_hidden_block(pen: &mut Pen<'_>, replaces: bool) {
    pen.out.push('{');
    pen.replacement(replaces);
    pen.out.push('\n');
    for line in
        ["At least one attribute in this block is (or was) sensitive,", "so its contents will not be displayed."]
    {
        pen.indent(6);
        pen.out.push_str("# ");
        pen.out.push_str(line);
        pen.out.push('\n');
    }
    pen.begin(Sign::Keep);
    pen.out.push('}');
}
