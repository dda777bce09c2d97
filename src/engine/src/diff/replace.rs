//! Which differences only a new object can make.

use landfall_provider::Overrides;
use landfall_value::schema::{Attribute, AttributeType, Block};
use landfall_value::{AttributePath, Step};

/// Returns the paths whose difference replaces the object.
pub(super) fn replacing(block: &Block, differences: &[AttributePath], overrides: &Overrides) -> Vec<AttributePath> {
    let replaces = |path: &&AttributePath| {
        let kept = overrides.keep.iter().any(|kept| path.starts_with(kept));
        let asked = overrides.replace.iter().any(|asked| path.starts_with(asked) || asked.starts_with(path));
        !kept && (asked || in_block(block, &path.0))
    };
    differences.iter().filter(replaces).cloned().collect()
}

fn in_block(block: &Block, path: &[Step]) -> bool {
    let Some((Step::Attribute(name), rest)) = path.split_first() else {
        return block.any_attribute(&|attribute| attribute.replace);
    };
    if let Some(attribute) = block.attributes.get(name) {
        return in_attribute(attribute, rest);
    }
    let Some(nested) = block.blocks.get(name) else { return false };
    nested.replace || in_block(&nested.block, past_element(rest))
}

fn in_attribute(attribute: &Attribute, rest: &[Step]) -> bool {
    match &attribute.r#type {
        _ if attribute.replace => true,
        AttributeType::Plain(_) => false,
        AttributeType::Nested(_, block) => in_block(block, past_element(rest)),
    }
}

/// Leaves out the step from a collection to its element.
fn past_element(path: &[Step]) -> &[Step] {
    match path {
        [Step::Index(_), rest @ ..] => rest,
        path => path,
    }
}
