//! Arguments: evaluated and converted.

use std::collections::BTreeSet;
use std::sync::Arc;

use landfall_diag::Diagnostic;
use landfall_value::schema::{self, AttributeType, Nesting};
use landfall_value::{ObjectType, Type, Value, convert};

use super::Decoder;
use crate::conversion::explain;
use crate::{Attribute, Body, Expr};

impl Decoder<'_> {
    /// Evaluates an expression with the iterators around it.
    pub(super) fn evaluate(&mut self, expr: &Expr) -> Value {
        expr.evaluate_with(self.scope, &self.iterators, self.diagnostics)
    }

    /// Returns the value of an argument, or null of its type.
    pub(super) fn attribute(&mut self, body: &Body, name: &Arc<str>, schema: &schema::Attribute) -> Value {
        match body.attributes.get(name) {
            Some(attribute) => self.argument(attribute, &schema.r#type),
            None if schema.as_block => self.attribute_as_blocks(body, name, &schema.r#type),
            None => Value::null(schema.r#type.value_type()),
        }
    }

    fn argument(&mut self, attribute: &Attribute, r#type: &AttributeType) -> Value {
        let value = self.evaluate(&attribute.expr);
        convert(&value, &written_type(r#type)).unwrap_or_else(|problem| {
            let detail = format!("Inappropriate value for attribute \"{}\": {}.", attribute.name, explain(&problem));
            let diagnostic = Diagnostic::error("Incorrect attribute value type", detail);
            self.diagnostics.push(diagnostic.at(attribute.expr.span()));
            Value::unknown(r#type.value_type())
        })
    }

    /// Reads blocks in place of an argument that is a list or set of objects.
    fn attribute_as_blocks(&mut self, body: &Body, name: &Arc<str>, r#type: &AttributeType) -> Value {
        match attribute_block(r#type) {
            Some(nested) if body.blocks.iter().any(|block| super::produced_type(block) == &**name) => {
                self.nested(body, name, &nested)
            }
            _ => Value::null(r#type.value_type()),
        }
    }
}

/// Returns the type that users may write: object attributes that need not be set may be left out.
fn written_type(r#type: &AttributeType) -> Type {
    match r#type {
        AttributeType::Plain(r#type) => r#type.clone(),
        AttributeType::Nested(nesting, block) => {
            let attributes =
                block.attributes.iter().map(|(name, attribute)| (name.clone(), written_type(&attribute.r#type)));
            let optional: BTreeSet<Arc<str>> = block
                .attributes
                .iter()
                .filter(|(_, attribute)| !attribute.required)
                .map(|(name, _)| name.clone())
                .collect();
            nesting.of(Type::Object(Arc::new(ObjectType { attributes: attributes.collect(), optional })))
        }
    }
}

/// Returns the nested block that an attribute is, when it is written as blocks.
pub(crate) fn attribute_block(r#type: &AttributeType) -> Option<schema::NestedBlock> {
    let (nesting, block) = match r#type {
        AttributeType::Nested(nesting, block) => (*nesting, block.as_ref().clone()),
        AttributeType::Plain(Type::List(element)) => (Nesting::List, block_of(element)?),
        AttributeType::Plain(Type::Set(element)) => (Nesting::Set, block_of(element)?),
        AttributeType::Plain(_) => return None,
    };
    Some(schema::NestedBlock { nesting, min_items: 0, max_items: 0, computed: false, replace: false, block })
}

fn block_of(element: &Type) -> Option<schema::Block> {
    let Type::Object(object) = element else { return None };
    let attribute = |r#type: &Type| {
        let mut attribute = schema::Attribute::plain(r#type.clone());
        attribute.optional = true;
        attribute.as_block =
            matches!(r#type, Type::List(inner) | Type::Set(inner) if matches!(**inner, Type::Object(_)));
        attribute
    };
    let attributes = object.attributes.iter().map(|(name, r#type)| (name.clone(), attribute(r#type))).collect();
    Some(schema::Block { attributes, ..schema::Block::default() })
}
