//! Arguments and nested blocks of a block.

use std::collections::BTreeMap;

use landfall_lang::{Block as LangBlock, Body};
use landfall_value::schema::{Block, Nesting};
use serde::Serialize;

use super::expression::ExpressionJson;

/// Expressions by argument, and nested blocks by type.
pub(super) type Expressions<'a> = BTreeMap<&'a str, PartJson<'a>>;

/// What a block has under one name.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum PartJson<'a> {
    /// An argument.
    Argument(ExpressionJson),
    /// A block that occurs once.
    One(Expressions<'a>),
    /// Blocks in order.
    Many(Vec<Expressions<'a>>),
    /// Blocks by label.
    ByLabel(BTreeMap<&'a str, Expressions<'a>>),
}

/// Returns the expressions of a body. What `dynamic` blocks make is not known here, so they are left out.
pub(super) fn expressions<'a>(body: &'a Body, schema: Option<&Block>) -> Expressions<'a> {
    let arguments = body.attributes.iter();
    let mut parts: Expressions<'a> =
        arguments.map(|(name, attribute)| (&**name, PartJson::Argument(ExpressionJson::of(&attribute.expr)))).collect();
    for block in body.blocks.iter().filter(|block| &*block.r#type != "dynamic") {
        let nested = schema.and_then(|schema| schema.blocks.get(&block.r#type));
        let inner = expressions(&block.body, nested.map(|nested| &nested.block));
        add(&mut parts, block, nested.map_or(Nesting::List, |nested| nested.nesting), inner);
    }
    parts
}

fn add<'a>(parts: &mut Expressions<'a>, block: &'a LangBlock, nesting: Nesting, inner: Expressions<'a>) {
    let name = &*block.r#type;
    match nesting {
        Nesting::Single => {
            parts.insert(name, PartJson::One(inner));
        }
        Nesting::List | Nesting::Set => {
            if let PartJson::Many(all) = parts.entry(name).or_insert_with(|| PartJson::Many(Vec::new())) {
                all.push(inner);
            }
        }
        Nesting::Map => {
            let label = block.labels.first().map_or("", |label| &**label);
            if let PartJson::ByLabel(all) = parts.entry(name).or_insert_with(|| PartJson::ByLabel(BTreeMap::new())) {
                all.insert(label, inner);
            }
        }
    }
}
