//! Type constraints: `list(object({ name = string, size = optional(number, 1) }))`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use landfall_diag::Span;
use landfall_value::{ObjectType, Type, convert};

use crate::Expr;
use crate::config::TypeDefaults;
use crate::config::load::context::Context;
use crate::conversion::explain;
use crate::expr::{Call, Node, NodeKind};

/// A type with the defaults of its optional attributes.
pub(crate) type Constraint = (Type, TypeDefaults);

/// Reads the `type` argument of a variable.
pub(super) fn variable_type(expr: &Expr, context: &mut Context<'_>) -> Option<Constraint> {
    let node = expr.tree();
    let quoted = match &node.kind {
        NodeKind::Template(_) => Some(""),
        _ => node.as_constant_string().map(|text| &**text),
    };
    if let Some(text) = quoted {
        refuse_quoted(text, node.span, context);
        return None;
    }
    match node.as_keyword() {
        // Before 0.12 the element type could not be said.
        Some("list") => Some((Type::list(Type::Dynamic), TypeDefaults::default())),
        Some("map") => Some((Type::map(Type::Dynamic), TypeDefaults::default())),
        _ => Reader { context }.constraint(node),
    }
}

fn refuse_quoted(text: &str, span: Span, context: &mut Context<'_>) {
    let (r#type, instead) = match text {
        "string" => ("string", "."),
        "list" => {
            ("list", " and write list(string) instead to explicitly indicate that the list elements are strings.")
        }
        "map" => ("map", " and write map(string) instead to explicitly indicate that the map elements are strings."),
        _ => {
            context.error(
                "Invalid legacy variable type hint",
                "To provide a full type expression, remove the surrounding quotes and give the type expression directly.",
                span,
            );
            return;
        }
    };
    let detail = format!(
        "Terraform 0.11 and earlier required type constraints to be given in quotes, but that form is now deprecated \
         and will be removed in a future version of Terraform. Remove the quotes around \"{type}\"{instead}"
    );
    context.error("Invalid quoted type constraints", detail, span);
}

struct Reader<'a, 'c> {
    context: &'a mut Context<'c>,
}

impl Reader<'_, '_> {
    fn invalid<T>(&mut self, detail: impl Into<String>, span: Span) -> Option<T> {
        self.context.error("Invalid type specification", detail, span);
        None
    }

    fn constraint(&mut self, node: &Node) -> Option<Constraint> {
        if let Some(word) = node.as_keyword() {
            return self.keyword(word, node.span);
        }
        match node.as_call() {
            Some(call) => self.constructor(call, node.span),
            None => self.invalid(
                "A type specification is either a primitive type keyword (bool, number, string) or a complex type \
                 constructor call, like list(string).",
                node.span,
            ),
        }
    }

    fn keyword(&mut self, word: &str, span: Span) -> Option<Constraint> {
        let r#type = match word {
            "bool" => Type::Bool,
            "string" => Type::String,
            "number" => Type::Number,
            "any" => Type::Dynamic,
            "list" | "set" | "map" => {
                let detail = format!("The {word} type constructor requires one argument specifying the element type.");
                return self.invalid(detail, span);
            }
            "object" | "tuple" => return self.invalid(needs_members(word), span),
            "optional" => return self.invalid(MISPLACED_OPTIONAL, span),
            _ => return self.invalid(format!("The keyword \"{word}\" is not a valid type specification."), span),
        };
        Some((r#type, TypeDefaults::default()))
    }

    fn constructor(&mut self, call: &Call, span: Span) -> Option<Constraint> {
        let name = &*call.name;
        match name {
            "bool" | "string" | "number" => {
                let detail = format!("Primitive type keyword \"{name}\" does not expect arguments.");
                return self.invalid(detail, call.arguments.first().map_or(call.open, |node| node.span));
            }
            "any" => {
                let detail = "Type constraint keyword \"any\" does not expect arguments.";
                return self.invalid(detail, call.arguments.first().map_or(call.open, |node| node.span));
            }
            "optional" => return self.invalid(MISPLACED_OPTIONAL, span),
            "list" | "set" | "map" | "object" | "tuple" => {}
            _ => return self.invalid(format!("Keyword \"{name}\" is not a valid type constructor."), span),
        }
        let argument = match call.arguments.as_slice() {
            [argument] => argument,
            arguments => {
                let place = arguments.get(1).map_or(call.open.to(call.close), |node| node.span);
                let detail = match name {
                    "object" | "tuple" => needs_members(name),
                    _ => format!("The {name} type constructor requires one argument specifying the element type."),
                };
                return self.invalid(detail, place);
            }
        };
        match name {
            "object" => self.object(argument),
            "tuple" => self.tuple(argument),
            _ => {
                let (element, defaults) = self.constraint(argument)?;
                let r#type = match name {
                    "list" => Type::list(element),
                    "set" => Type::set(element),
                    _ => Type::map(element),
                };
                Some((r#type, nested([("".into(), defaults)])))
            }
        }
    }

    fn tuple(&mut self, node: &Node) -> Option<Constraint> {
        let Some(elements) = node.as_tuple() else {
            return self.invalid("Tuple type constructor requires a list of element types.", node.span);
        };
        let found: Option<Vec<Constraint>> = elements.iter().map(|element| self.constraint(element)).collect();
        let (types, defaults): (Vec<Type>, Vec<TypeDefaults>) = found?.into_iter().unzip();
        let defaults = defaults.into_iter().enumerate().map(|(index, defaults)| (index.to_string().into(), defaults));
        Some((Type::tuple(types), nested(defaults)))
    }

    fn object(&mut self, node: &Node) -> Option<Constraint> {
        let Some(items) = node.as_object() else {
            return self.invalid(
                "Object type constructor requires a map whose keys are attribute names and whose values are the \
                 corresponding attribute types.",
                node.span,
            );
        };
        let mut object = ObjectType { attributes: BTreeMap::new(), optional: BTreeSet::new() };
        let mut defaults = TypeDefaults::default();
        let mut valid = true;
        for item in items {
            let key = item.key.as_keyword().map(Arc::from);
            let Some(name) = key else {
                self.invalid::<()>("Object constructor map keys must be attribute names.", item.key.span);
                valid = false;
                continue;
            };
            if object.attributes.contains_key(&name) {
                self.invalid::<()>("Object constructor map keys must be unique.", item.key.span);
                valid = false;
                continue;
            }
            let optional = item.value.as_call().filter(|call| &*call.name == "optional");
            let found = match optional {
                Some(call) => self.optional(call, &name, &mut defaults),
                None => self.constraint(&item.value),
            };
            let Some((r#type, inner)) = found else {
                valid = false;
                continue;
            };
            if optional.is_some() {
                object.optional.insert(name.clone());
            }
            if !inner.is_empty() {
                defaults.children.insert(name.clone(), inner);
            }
            object.attributes.insert(name, r#type);
        }
        valid.then(|| (Type::Object(Arc::new(object)), defaults))
    }

    fn optional(&mut self, call: &Call, name: &Arc<str>, defaults: &mut TypeDefaults) -> Option<Constraint> {
        let (argument, default) = match call.arguments.as_slice() {
            [] => {
                let detail = "Optional attribute modifier requires the attribute type as its argument.";
                return self.invalid(detail, call.open.to(call.close));
            }
            [argument] => (argument, None),
            [argument, default] => (argument, Some(default)),
            [_, _, extra, ..] => {
                let detail = "Optional attribute modifier expects at most two arguments: the attribute type, and a \
                              default value.";
                return self.invalid(detail, extra.span);
            }
        };
        let (r#type, inner) = self.constraint(argument)?;
        if let Some(default) = default {
            let before = self.context.diagnostics.len();
            let value = self.context.constant(&Expr::compile(default.clone(), &[]));
            if self.context.diagnostics.len() > before {
                return None;
            }
            let value = inner.apply(&value);
            match convert(&value, &r#type) {
                Ok(value) => {
                    defaults.attributes.insert(name.clone(), value);
                }
                Err(problem) => {
                    let problem = explain(&problem);
                    let detail = format!(
                        "This default value is not compatible with the attribute's type constraint: {problem}."
                    );
                    self.context.error("Invalid default value for optional attribute", detail, default.span);
                    return None;
                }
            }
        }
        Some((r#type, inner))
    }
}

const MISPLACED_OPTIONAL: &str = "Keyword \"optional\" is valid only as a modifier for object type attributes.";

fn needs_members(constructor: &str) -> String {
    let members = match constructor {
        "object" => "attribute types and values as a map",
        _ => "element types as a list",
    };
    format!("The {constructor} type constructor requires one argument specifying the {members}.")
}

fn nested(children: impl IntoIterator<Item = (Arc<str>, TypeDefaults)>) -> TypeDefaults {
    let children = children.into_iter().filter(|(_, defaults)| !defaults.is_empty());
    TypeDefaults { attributes: BTreeMap::new(), children: children.collect() }
}
