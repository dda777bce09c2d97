//! Values side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use landfall_value::schema::{AttributeType, Block, Nesting};
use landfall_value::{Kind, Type, Value};

use super::align::align;
use super::focus::Focus;
use super::node::{Node, Part, Sign};

/// What a schema says of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'a> {
    /// Nothing: the value is shown by what it is.
    Any,
    /// A type.
    Plain(&'a Type),
    /// Objects with a schema of their own, written as a value.
    Nested(Nesting, &'a Block),
    /// One such object.
    NestedObject(&'a Block),
}

impl<'a> From<&'a AttributeType> for Shape<'a> {
    fn from(r#type: &'a AttributeType) -> Self {
        match r#type {
            AttributeType::Plain(r#type) => Self::Plain(r#type),
            AttributeType::Nested(Nesting::Single, block) => Self::NestedObject(block),
            AttributeType::Nested(nesting, block) => Self::Nested(*nesting, block),
        }
    }
}

/// One side of a comparison: `None` where there is nothing, which is not the same as null.
pub(super) type Side<'a> = Option<&'a Value>;

type Entries = BTreeMap<Arc<str>, Value>;

/// Compares two values.
pub(crate) fn compare<'a>(shape: Shape<'a>, before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Node<'a> {
    let after = if focus.is_relevant() { after } else { before };
    let node = |sign, part| Node { sign, replaces: focus.replaces(), part };
    let is_sensitive = |side: Side<'_>| side.is_some_and(Value::is_sensitive);
    if is_sensitive(before) || is_sensitive(after) {
        let hidden = sign_of_values(before, after);
        let (was, will_be) = (is_sensitive(before), is_sensitive(after));
        let sign = if hidden == Sign::Keep && was != will_be { Sign::Change } else { hidden };
        return node(sign, Part::Sensitive { hidden, before: was, after: will_be });
    }
    if after.is_some_and(|after| !after.is_known()) {
        let before = before.filter(|before| !before.is_null());
        let sign = if before.is_some() { Sign::Change } else { Sign::Add };
        let was = before.map(|before| Box::new(compare(shape, Some(before), None, &Focus::default())));
        return node(sign, Part::Unknown(was));
    }
    match shape {
        Shape::Any | Shape::Plain(Type::Dynamic) => any(before, after),
        Shape::Plain(Type::Bool | Type::Number | Type::String) => scalar(before, after, focus),
        Shape::Plain(Type::List(element)) => list(Shape::Plain(element), before, after, focus),
        Shape::Plain(Type::Set(element)) => set(Shape::Plain(element), before, after, focus),
        Shape::Plain(Type::Map(element)) => map(Shape::Plain(element), before, after, focus),
        Shape::Plain(Type::Tuple(elements)) => tuple(elements, before, after, focus),
        Shape::Plain(Type::Object(object)) => {
            let attributes = object.attributes.iter().map(|(name, r#type)| (&**name, Shape::Plain(r#type)));
            object_of(attributes, false, before, after, focus)
        }
        Shape::NestedObject(block) => {
            let attributes = block.attributes.iter().map(|(name, attribute)| (&**name, (&attribute.r#type).into()));
            object_of(attributes, true, before, after, focus)
        }
        Shape::Nested(Nesting::Set, block) => set(Shape::NestedObject(block), before, after, focus),
        Shape::Nested(Nesting::Map, block) => map(Shape::NestedObject(block), before, after, focus),
        Shape::Nested(Nesting::List | Nesting::Single, block) => list(Shape::NestedObject(block), before, after, focus),
    }
}

fn scalar<'a>(before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Node<'a> {
    Node { sign: sign_of_values(before, after), replaces: focus.replaces(), part: Part::Scalar { before, after } }
}

/// Compares values of which no schema tells the type, as the JSON that they are.
fn any<'a>(before: Side<'a>, after: Side<'a>) -> Node<'a> {
    let node = |sign, part| Node { sign, replaces: false, part };
    match (before.map(Form::of), after.map(Form::of)) {
        (Some(was), Some(is)) if was != is => {
            node(Sign::Change, Part::OtherType(Box::new(any(before, None)), Box::new(any(None, after))))
        }
        (Some(Form::Array), _) | (_, Some(Form::Array)) => {
            let (was, is) = (slice(before), slice(after));
            let pairs = align(was, is, alike, |value| Form::of(value) == Form::Object);
            let elements: Vec<Node<'a>> = pairs
                .into_iter()
                .map(|(b, a)| compare(Shape::Any, b.map(|b| &was[b]), a.map(|a| &is[a]), &Focus::default()))
                .collect();
            node(sign_of_parts(before, after, &elements), Part::Elements { elements, neighbours: true })
        }
        (Some(Form::Object), _) | (_, Some(Form::Object)) => {
            let attributes: Vec<(&str, Node<'a>)> = keys(before, after)
                .into_iter()
                .map(|name| (name, compare(Shape::Any, get(before, name), get(after, name), &Focus::default())))
                .collect();
            let sign = sign_of_parts(before, after, attributes.iter().map(|(_, node)| node));
            node(sign, Part::Object { attributes, nested: false })
        }
        (_, _) => node(sign_of_values(before, after), Part::Scalar { before, after }),
    }
}

fn list<'a>(element: Shape<'a>, before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Node<'a> {
    let (was, is) = (slice(before), slice(after));
    let of_objects = matches!(element, Shape::NestedObject(_) | Shape::Plain(Type::Object(_)));
    let elements: Vec<Node<'a>> = align(was, is, alike, |_| of_objects)
        .into_iter()
        .map(|(b, a)| {
            let focus = a.or(b).map(|at| focus.index(at)).unwrap_or_default();
            compare(element, b.map(|b| &was[b]), a.map(|a| &is[a]), &focus)
        })
        .collect();
    let neighbours = !matches!(element, Shape::NestedObject(_));
    Node {
        sign: sign_of_parts(before, after, &elements),
        replaces: focus.replaces(),
        part: Part::Elements { elements, neighbours },
    }
}

fn tuple<'a>(types: &'a [Type], before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Node<'a> {
    let (was, is) = (slice(before), slice(after));
    let elements: Vec<Node<'a>> = types
        .iter()
        .enumerate()
        .map(|(at, r#type)| compare(Shape::Plain(r#type), was.get(at), is.get(at), &focus.index(at)))
        .collect();
    Node {
        sign: sign_of_parts(before, after, &elements),
        replaces: focus.replaces(),
        part: Part::Elements { elements, neighbours: true },
    }
}

fn set<'a>(element: Shape<'a>, before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Node<'a> {
    let members = focus.members();
    let elements: Vec<Node<'a>> = set_pairs(slice(before), slice(after))
        .into_iter()
        .map(|(before, after)| compare(element, before, after, &members))
        .collect();
    Node {
        sign: sign_of_parts(before, after, &elements),
        replaces: focus.replaces(),
        part: Part::Elements { elements, neighbours: false },
    }
}

/// Pairs the members of two sets: those that were there, then those that come.
pub(super) fn set_pairs<'a>(before: &'a [Value], after: &'a [Value]) -> Vec<(Side<'a>, Side<'a>)> {
    let partner = |value: &Value, others: &'a [Value]| others.iter().find(|other| alike(value, other));
    let kept_or_gone = before.iter().map(|value| (Some(value), partner(value, after)));
    let new = after.iter().filter(|value| partner(value, before).is_none()).map(|value| (None, Some(value)));
    kept_or_gone.chain(new).collect()
}

fn map<'a>(element: Shape<'a>, before: Side<'a>, after: Side<'a>, focus: &Focus<'a>) -> Node<'a> {
    let entries: Vec<(&str, Node<'a>)> = keys(before, after)
        .into_iter()
        .map(|key| (key, compare(element, get(before, key), get(after, key), &focus.name(key))))
        .collect();
    let nested = matches!(element, Shape::NestedObject(_));
    Node {
        sign: sign_of_parts(before, after, entries.iter().map(|(_, node)| node)),
        replaces: focus.replaces(),
        part: Part::Map { entries, nested },
    }
}

/// Compares objects attribute by attribute; attributes that are null on both sides are left out.
fn object_of<'a>(
    schema: impl Iterator<Item = (&'a str, Shape<'a>)>,
    nested: bool,
    before: Side<'a>,
    after: Side<'a>,
    focus: &Focus<'a>,
) -> Node<'a> {
    let attributes: Vec<(&str, Node<'a>)> = schema
        .filter_map(|(name, shape)| {
            let (before, after) = (set_attribute(before, name), set_attribute(after, name));
            (before.is_some() || after.is_some()).then(|| (name, compare(shape, before, after, &focus.name(name))))
        })
        .collect();
    Node {
        sign: sign_of_parts(before, after, attributes.iter().map(|(_, node)| node)),
        replaces: focus.replaces(),
        part: Part::Object { attributes, nested },
    }
}

/// Returns an attribute that is there and not null.
pub(super) fn set_attribute<'a>(object: Side<'a>, name: &str) -> Side<'a> {
    get(object, name).filter(|value| !value.is_null())
}

/// Returns the elements of a list, set or tuple; none of anything else.
pub(super) fn slice(side: Side<'_>) -> &[Value] {
    side.and_then(Value::as_slice).unwrap_or_default()
}

fn get<'a>(side: Side<'a>, name: &str) -> Side<'a> {
    side?.get(name)
}

pub(super) fn keys<'a>(before: Side<'a>, after: Side<'a>) -> BTreeSet<&'a str> {
    let of = |side: Side<'a>| side.and_then(Value::as_map).into_iter().flat_map(Entries::keys).map(|key| &**key);
    of(before).chain(of(after)).collect()
}

fn sign_of_parts<'n, 'a: 'n>(before: Side<'_>, after: Side<'_>, parts: impl IntoIterator<Item = &'n Node<'a>>) -> Sign {
    let present = |side: Side<'_>| side.is_some_and(|value| !value.is_null()).then_some(());
    parts.into_iter().fold(Sign::of_whole(present(before), present(after)), |sign, node| sign.with_part(node.sign))
}

fn sign_of_values(before: Side<'_>, after: Side<'_>) -> Sign {
    match (before, after) {
        (Some(before), Some(after)) if !alike(before, after) => Sign::Change,
        (_, _) => Sign::of_whole(before, after),
    }
}

/// Returns whether two values look the same, marks and the kinds of collections left aside.
pub(super) fn alike(a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (Kind::Null(_), Kind::Null(_)) | (Kind::Unknown(..), Kind::Unknown(..)) => true,
        (Kind::Bool(a), Kind::Bool(b)) => a == b,
        (Kind::Number(a), Kind::Number(b)) => a == b,
        (Kind::String(a), Kind::String(b)) => a == b,
        (Kind::List(_, a) | Kind::Set(_, a) | Kind::Tuple(a), Kind::List(_, b) | Kind::Set(_, b) | Kind::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (Kind::Map(_, a) | Kind::Object(a), Kind::Map(_, b) | Kind::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && alike(a, b))
        }
        (_, _) => false,
    }
}

/// What a value is as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Form {
    fn of(value: &Value) -> Self {
        match value.kind() {
            Kind::Null(_) | Kind::Unknown(..) => Self::Null,
            Kind::Bool(_) => Self::Bool,
            Kind::Number(_) => Self::Number,
            Kind::String(_) => Self::String,
            Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => Self::Array,
            Kind::Map(..) | Kind::Object(_) => Self::Object,
        }
    }
}
