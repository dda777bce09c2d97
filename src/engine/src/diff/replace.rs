//! Which differences only a new object can make.

use landfall_provider::Overrides;
use landfall_value::schema::{Attribute, AttributeType, Block};
use landfall_value::{AttributePath, Step};

/// Returns the attributes whose difference replaces the object: those that the schema says so of, or that the resource type
/// asks for.
pub(super) fn replacing(block: &Block, differences: &[AttributePath], overrides: &Overrides) -> Vec<AttributePath> {
    let mut paths: Vec<AttributePath> = Vec::new();
    for path in differences {
        if overrides.keep.iter().any(|kept| path.starts_with(kept)) {
            continue;
        }
        let asked = overrides.replace.iter().find(|asked| path.starts_with(asked) || asked.starts_with(path));
        let flagged = in_block(block, &path.0).map(|length| AttributePath(path.0[..length].to_vec()));
        let found = flagged.or_else(|| asked.map(|asked| if path.starts_with(asked) { asked } else { path }.clone()));
        paths.extend(found.filter(|found| !paths.contains(found)));
    }
    paths
}

/// Returns how many steps lead to the attribute or block whose change replaces, if there is one on the path or below.
fn in_block(block: &Block, path: &[Step]) -> Option<usize> {
    let Some((Step::Attribute(name), rest)) = path.split_first() else {
        return block.any_attribute(&|attribute| attribute.replace).then_some(path.len());
    };
    if let Some(attribute) = block.attributes.get(name) {
        return in_attribute(attribute, rest).map(|length| length + 1);
    }
    let nested = block.blocks.get(name)?;
    if nested.replace { Some(1) } else { in_element(&nested.block, rest).map(|length| length + 1) }
}

fn in_attribute(attribute: &Attribute, rest: &[Step]) -> Option<usize> {
    match &attribute.r#type {
        _ if attribute.replace => Some(0),
        AttributeType::Plain(_) => None,
        AttributeType::Nested(_, block) => in_element(block, rest),
    }
}

/// Goes past the step from a collection to its element.
fn in_element(block: &Block, path: &[Step]) -> Option<usize> {
    match path {
        [Step::Index(_), rest @ ..] => in_block(block, rest).map(|length| length + 1),
        path => in_block(block, path),
    }
}
