//! `for` expressions, `%{ for }` directives and splats.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use landfall_value::{Kind, Marks, Number, Refinement, Type, Value, convert};

use super::range::{is_not_null, length_bounds};
use super::{Evaluator, dynamic};
use crate::expr::{For, Node, NodeKind, Splat};

const INVALID_CONDITION: &str = "Invalid 'for' condition";
const INVALID_KEY: &str = "Invalid object key";

/// What a `for` has made so far.
#[derive(Default)]
struct Made {
    elements: Vec<Value>,
    attributes: BTreeMap<Arc<str>, Value>,
    groups: BTreeMap<Arc<str>, Vec<Value>>,
    marks: Marks,
    /// Set when it is not known which elements there will be.
    unknown: bool,
}

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn for_expression(&mut self, node: &Node, parts: &For) -> Value {
        let collection = self.node(&parts.collection);
        let at = parts.collection.span;
        if collection.is_null() {
            let detail = "A null value cannot be used as the collection in a 'for' expression.";
            return self.fail(&parts.collection, "Iteration over null value", detail, at, Some(node.span));
        }
        let mut made = Made { marks: collection.marks(), ..Made::default() };
        let scalar = match collection.kind() {
            Kind::Unknown(Type::Dynamic, _) => return dynamic(),
            Kind::Unknown(r#type, _) => r#type.is_primitive(),
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => true,
            _ => false,
        };
        if scalar {
            let name = collection.r#type().friendly_name();
            let detail = format!("A value of type {name} cannot be used as the collection in a 'for' expression.");
            let summary = "Iteration over non-iterable value";
            return self.fail(&parts.collection, summary, &detail, at, Some(node.span));
        }
        if let Some(condition) = &parts.condition
            && !self.check_condition(node, parts, condition, &mut made)
        {
            return dynamic();
        }
        if !collection.is_known() {
            return dynamic().with_marks(made.marks);
        }
        self.each_element(node, parts, &collection, &mut made);
        if made.unknown {
            return dynamic().with_marks(made.marks);
        }
        let value = match (&parts.key, parts.group) {
            (None, _) => Value::tuple(made.elements),
            (Some(_), false) => Value::object(made.attributes),
            (Some(_), true) => Value::object_of(made.groups.into_iter().map(|(key, group)| (key, Value::tuple(group)))),
        };
        value.with_marks(made.marks)
    }

    /// Evaluates the condition for an element of which nothing is known: one that is wrong for every element is
    /// reported once.
    fn check_condition(&mut self, node: &Node, parts: &For, condition: &Node, made: &mut Made) -> bool {
        let failures = self.failures.len();
        let value = self.with_element(parts.slot, dynamic(), dynamic(), |this| this.node(condition));
        if self.failures.len() > failures {
            return false;
        }
        if value.is_null() {
            let detail = "The value of the 'if' clause must not be null.";
            self.fail(condition, "Condition is null", detail, condition.span, Some(node.span));
            return false;
        }
        made.marks |= value.marks();
        if let Err(failure) = convert(&value, &Type::Bool) {
            let detail = format!("The 'if' clause value is invalid: {failure}.");
            self.fail(condition, INVALID_CONDITION, &detail, condition.span, Some(node.span));
            return false;
        }
        true
    }

    fn with_element<T>(&mut self, slot: u32, key: Value, value: Value, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.locals.truncate(slot as usize);
        self.locals.push(key);
        self.locals.push(value);
        let result = inner(self);
        self.locals.truncate(slot as usize);
        result
    }

    fn each_element(&mut self, node: &Node, parts: &For, collection: &Value, made: &mut Made) {
        let wants_key = parts.key_name.is_some();
        let mut element = |key: Value, value: &Value| {
            self.with_element(parts.slot, key, value.clone(), |this| this.element(node, parts, made));
        };
        let number = |index: usize| if wants_key { Value::from(Number::from(index)) } else { Value::NULL };
        let string = |key: &Arc<str>| if wants_key { Value::from(key.clone()) } else { Value::NULL };
        match collection.kind() {
            Kind::List(_, elements) | Kind::Tuple(elements) => {
                elements.iter().enumerate().for_each(|(index, value)| element(number(index), value));
            }
            Kind::Set(_, elements) => elements.iter().for_each(|value| element(value.clone(), value)),
            Kind::Map(_, elements) | Kind::Object(elements) => {
                elements.iter().for_each(|(key, value)| element(string(key), value));
            }
            Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
        }
    }

    /// Adds what the present element gives.
    fn element(&mut self, node: &Node, parts: &For, made: &mut Made) {
        if let Some(condition) = &parts.condition
            && !self.is_included(node, condition, made)
        {
            return;
        }
        let Some(key_node) = &parts.key else {
            let value = self.node(&parts.value);
            made.elements.push(value);
            return;
        };
        let Some(key) = self.element_key(node, key_node, made) else {
            made.unknown = true;
            return;
        };
        let value = self.node(&parts.value);
        if parts.group {
            made.groups.entry(key).or_default().push(value);
            return;
        }
        if let Entry::Vacant(place) = made.attributes.entry(key) {
            place.insert(value);
            return;
        }
        let detail = "Two different items produced the same key in this 'for' expression. If duplicates are expected, use \
                      the ellipsis (...) after the value expression to enable grouping by key.";
        self.fail(key_node, "Duplicate object key", detail, key_node.span, Some(node.span));
    }

    fn is_included(&mut self, node: &Node, condition: &Node, made: &mut Made) -> bool {
        let value = self.node(condition);
        if value.is_null() {
            if !made.unknown {
                let detail = "The value of the 'if' clause must not be null.";
                self.fail(condition, INVALID_CONDITION, detail, condition.span, Some(node.span));
            }
            made.unknown = true;
            return false;
        }
        made.marks |= value.marks();
        match convert(&value, &Type::Bool) {
            Ok(value) => match value.as_bool() {
                Some(included) => included,
                None => {
                    made.unknown = true;
                    false
                }
            },
            Err(failure) => {
                if !made.unknown {
                    let detail = format!("The 'if' clause value is invalid: {failure}.");
                    self.fail(condition, INVALID_CONDITION, &detail, condition.span, Some(node.span));
                }
                made.unknown = true;
                false
            }
        }
    }

    /// Returns the key that the present element gives; `None` if it failed or is not known.
    fn element_key(&mut self, node: &Node, key_node: &Node, made: &mut Made) -> Option<Arc<str>> {
        let key = self.node(key_node);
        let why = if key.is_null() {
            "Key expression in 'for' expression must not produce a null value.".to_owned()
        } else {
            made.marks |= key.marks();
            match convert(&key, &Type::String) {
                Ok(key) => {
                    return match key.kind() {
                        Kind::String(text) => Some(text.clone()),
                        _ => None,
                    };
                }
                Err(_) if !key.is_known() => return None,
                Err(failure) => format!("The key expression produced an invalid result: {failure}."),
            }
        };
        if !made.unknown {
            self.fail(key_node, INVALID_KEY, &why, key_node.span, Some(node.span));
        }
        None
    }

    /// Joins the texts that a `%{ for }` directive made.
    #[inline(never)]
    pub(super) fn join(&mut self, inner: &Node) -> Value {
        let tuple = self.node(inner);
        let Kind::Tuple(elements) = tuple.kind() else { return Value::unknown(Type::String) };
        let mut marks = tuple.marks();
        let mut text = String::new();
        for element in elements {
            marks |= element.marks();
            match element.as_str() {
                Some(more) => text.push_str(more),
                // The body of the directive is a template, so what is not a string is not known.
                None => return Value::unknown(Type::String).with_marks(marks),
            }
        }
        Value::string(text).with_marks(marks)
    }

    #[inline(never)]
    pub(super) fn splat(&mut self, node: &Node, splat: &Splat) -> Value {
        let failures = self.failures.len();
        let source = self.node(&splat.source);
        if self.failures.len() > failures {
            return dynamic();
        }
        let marks = source.marks();
        let r#type = match source.kind() {
            Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => return self.splat_known(node, splat, &source),
            Kind::Unknown(Type::Dynamic, _) => return dynamic().with_marks(marks),
            Kind::Null(r#type) | Kind::Unknown(r#type, _) => r#type.clone(),
            _ => Type::Dynamic,
        };
        let is_sequence = matches!(r#type, Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if is_sequence && source.is_null() {
            let detail = "Splat expressions (with the * symbol) cannot be applied to null sequences.";
            let (at, within) = (splat.source.span, splat.source.span.to(splat.marker));
            return self.fail(&splat.source, "Splat of null value", detail, at, Some(within));
        }
        if is_sequence {
            return self.splat_unknown(splat, &source, &r#type);
        }
        // What is not a sequence is taken as one of one element, or of none for null.
        if source.is_null() {
            return Value::tuple(Vec::new()).with_marks(marks);
        }
        let may_be_null = !source.is_known() && !is_not_null(&source);
        let single = Value::tuple(vec![source]).with_marks(marks);
        let value = self.splat_known(node, splat, &single);
        if may_be_null { dynamic().with_marks(marks) } else { value }
    }

    fn splat_item(&mut self, splat: &Splat, item: Value) -> Value {
        if matches!(splat.each.kind, NodeKind::SplatItem(_)) {
            return item;
        }
        self.locals.truncate(splat.slot as usize);
        self.locals.push(item);
        let value = self.node(&splat.each);
        self.locals.truncate(splat.slot as usize);
        value
    }

    fn splat_known(&mut self, node: &Node, splat: &Splat, source: &Value) -> Value {
        let failures = self.failures.len();
        let marks = source.marks();
        let items = source.as_slice().unwrap_or_default();
        let values: Vec<Value> = items.iter().map(|item| self.splat_item(splat, item.clone())).collect();
        if self.failures.len() > failures {
            return dynamic();
        }
        let element = match source.kind() {
            Kind::List(element, _) | Kind::Set(element, _) => element,
            _ => return Value::tuple(values).with_marks(marks),
        };
        let r#type = match values.first() {
            Some(first) => first.r#type(),
            None => self.splat_item(splat, Value::unknown(element.clone())).r#type(),
        };
        if values.iter().skip(1).any(|value| !value.is_of_type(&r#type)) {
            return self.mixed_splat(node, splat, values);
        }
        Value::list(r#type, values).with_marks(marks)
    }

    /// Elements of different types make no list, unless one type fits where others are not known yet.
    fn mixed_splat(&mut self, node: &Node, splat: &Splat, values: Vec<Value>) -> Value {
        let types: Vec<Type> = values.iter().map(Value::r#type).collect();
        if types.iter().any(Type::has_dynamic) {
            return Value::unknown(Type::list(Type::Dynamic));
        }
        let detail = "The second level of splat expression produced elements of different types, so it isn't possible to \
                      construct a valid list to represent the top-level result. Use a 'for' expression instead.";
        self.fail(node, "Invalid nested splat expressions", detail, splat.each.span, Some(node.span))
    }

    fn splat_unknown(&mut self, splat: &Splat, source: &Value, r#type: &Type) -> Value {
        let mut refinement = Refinement::NOT_NULL;
        let mut element = |r#type: &Type| self.splat_item(splat, Value::unknown(r#type.clone())).r#type();
        let result = match r#type {
            Type::List(of) | Type::Set(of) => {
                let (least, most) = length_bounds(source);
                refinement.min_length = Some(least).filter(|least| *least > 0);
                refinement.max_length = most;
                Type::list(element(of))
            }
            Type::Tuple(elements) => Type::tuple(elements.iter().map(element)),
            _ => return dynamic(),
        };
        Value::refined(result, refinement).with_marks(source.marks())
    }
}
