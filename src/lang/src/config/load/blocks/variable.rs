//! `variable` blocks.

use std::sync::Arc;

use landfall_value::{Type, Value, convert};

use crate::config::load::blocks::condition::{condition, refers_to};
use crate::config::load::content::{Shape, content};
use crate::config::load::context::Context;
use crate::config::load::names::{check_label, label_span};
use crate::config::load::type_constraint::variable_type;
use crate::config::{TypeDefaults, Variable};
use crate::conversion::explain;
use crate::{Attribute, Block, Referent};

const VARIABLE: Shape = Shape {
    required: &[],
    optional: &["description", "default", "type", "sensitive", "ephemeral", "nullable"],
    blocks: &[("validation", &[])],
};

/// Names that mean something else in a `module` block.
const RESERVED: [&str; 8] =
    ["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];

/// Reads a `variable` block.
pub(crate) fn variable(block: &Block, context: &mut Context<'_>) -> Option<Variable> {
    let content = content(&block.body, &VARIABLE, context);
    check_label(block, 0, "Invalid variable name", context);
    let name = block.labels.first()?.clone();
    if RESERVED.contains(&&*name) {
        let detail =
            format!("The variable name \"{name}\" is reserved due to its special meaning inside module blocks.");
        context.error("Invalid variable name", detail, label_span(block, 0));
    }
    let description = content.attribute("description").and_then(|attribute| context.string(attribute));
    let (r#type, type_defaults) = content
        .attribute("type")
        .and_then(|attribute| variable_type(&attribute.expr, context))
        .unwrap_or((Type::Dynamic, TypeDefaults::default()));
    let sensitive = content.attribute("sensitive").and_then(|attribute| context.bool(attribute)).unwrap_or(false);
    let ephemeral = content.attribute("ephemeral").and_then(|attribute| context.bool(attribute)).unwrap_or(false);
    let nullable = content.attribute("nullable").and_then(|attribute| context.bool(attribute)).unwrap_or(true);
    let mut variable = Variable {
        name: name.clone(),
        span: block.header_span,
        text_is_value: content.attribute("type").is_none() || r#type.is_primitive(),
        r#type,
        type_defaults: (!type_defaults.is_empty()).then(|| Arc::new(type_defaults)),
        default: None,
        nullable,
        sensitive,
        ephemeral,
        description,
        validations: Vec::new(),
    };
    variable.default = content.attribute("default").and_then(|attribute| default(attribute, &variable, context));
    let own = Referent::Variable(name.clone());
    for block in content.blocks_of("validation") {
        let Some(attribute) = block.body.attributes.get("condition") else {
            condition(block, context);
            continue;
        };
        let validation = condition(block, context);
        if refers_to(&attribute.expr, &own).is_none() {
            let detail = format!(
                "The condition for variable \"{name}\" must refer to var.{name} in order to test incoming values."
            );
            context.error("Invalid variable validation condition", detail, attribute.expr.span());
        }
        variable.validations.extend(validation);
    }
    Some(variable)
}

fn default(attribute: &Attribute, variable: &Variable, context: &mut Context<'_>) -> Option<Value> {
    const SUMMARY: &str = "Invalid default value for variable";
    let span = attribute.expr.span();
    let before = context.diagnostics.len();
    let value = context.constant(&attribute.expr);
    if context.diagnostics.len() > before {
        // An error stands for it already; the variable must not count as required as well.
        return Some(Value::unknown(variable.r#type.without_optional()));
    }
    let value = variable.type_defaults.as_ref().map_or_else(|| value.clone(), |defaults| defaults.apply(&value));
    let value = match convert(&value, &variable.r#type) {
        Ok(value) => value,
        Err(problem) => {
            let detail = format!(
                "This default value is not compatible with the variable's type constraint: {}.",
                explain(&problem)
            );
            context.error(SUMMARY, detail, span);
            Value::unknown(variable.r#type.without_optional())
        }
    };
    if value.is_null() && !variable.nullable {
        context.error(SUMMARY, "A null default value is not valid when nullable=false.", span);
    }
    Some(value)
}
