//! The value of an expression.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::convert::set_length_is_known;
use crate::number::Number;
use crate::{Marks, ObjectType, Refinement, Step, Type};

/// A value: known, null or unknown, with marks. Cheap to clone; parts are shared.
#[derive(Clone, PartialEq)]
pub struct Value {
    data: Data,
    marks: Marks,
}

#[derive(Clone, PartialEq)]
enum Data {
    Null(Type),
    Unknown(Arc<(Type, Refinement)>),
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    List(Arc<(Type, Vec<Value>)>),
    Set(Arc<(Type, Vec<Value>)>),
    Map(Arc<(Type, BTreeMap<Arc<str>, Value>)>),
    Tuple(Arc<Vec<Value>>),
    Object(Arc<BTreeMap<Arc<str>, Value>>),
}

/// A borrowed view of what a value is, marks left aside.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'a> {
    /// No value, of a type that may be dynamic.
    Null(&'a Type),
    /// Known only after apply.
    Unknown(&'a Type, &'a Refinement),
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// A text in Unicode normal form C.
    String(&'a Arc<str>),
    /// Elements of one type (given) in order.
    List(&'a Type, &'a [Value]),
    /// Elements of one type (given), each once, in Terraform's order.
    Set(&'a Type, &'a [Value]),
    /// Elements of one type (given) by key.
    Map(&'a Type, &'a BTreeMap<Arc<str>, Value>),
    /// Elements of different types.
    Tuple(&'a [Value]),
    /// Attributes by name.
    Object(&'a BTreeMap<Arc<str>, Value>),
}

impl Value {
    /// Null of no type yet.
    pub const NULL: Self = Self::of(Data::Null(Type::Dynamic));
    /// The truth value true.
    pub const TRUE: Self = Self::of(Data::Bool(true));
    /// The truth value false.
    pub const FALSE: Self = Self::of(Data::Bool(false));

    const fn of(data: Data) -> Self {
        Self { data, marks: Marks::NONE }
    }

    /// Returns null of a type.
    pub fn null(r#type: Type) -> Self {
        Self::of(Data::Null(r#type))
    }

    /// Returns an unknown value of a type; `Type::Dynamic` where even that is not known.
    pub fn unknown(r#type: Type) -> Self {
        Self::refined(r#type, Refinement::default())
    }

    /// Returns an unknown value of which something is known; a known one if that leaves only one possibility.
    pub fn refined(r#type: Type, refinement: Refinement) -> Self {
        if let Some(known) = refinement.only_value(&r#type) {
            return known;
        }
        Self::of(Data::Unknown(Arc::new((r#type, refinement))))
    }

    /// Returns a string, brought to normal form C.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => Self::of(Data::String(text)),
            IsNormalized::No | IsNormalized::Maybe => Self::of(Data::String(text.nfc().collect::<String>().into())),
        }
    }

    /// Returns a list. Every element must be of type `element`.
    pub fn list(element: Type, elements: Vec<Self>) -> Self {
        Self::of(Data::List(Arc::new((element, elements))))
    }

    /// Returns a set: elements sorted as Terraform sorts them, doubles dropped. Marks of elements move to the set.
    pub fn set(element: Type, elements: Vec<Self>) -> Self {
        let mut marks = Marks::NONE;
        let mut members = Vec::with_capacity(elements.len());
        for value in elements {
            marks |= value.marks_deep();
            members.push(value.unmarked_deep());
        }
        crate::set_order::sort_and_dedup(&mut members);
        Self { data: Data::Set(Arc::new((element, members))), marks }
    }

    /// Returns a map. Every element must be of type `element`.
    pub fn map(element: Type, elements: BTreeMap<Arc<str>, Self>) -> Self {
        Self::of(Data::Map(Arc::new((element, elements))))
    }

    /// Returns a tuple.
    pub fn tuple(elements: Vec<Self>) -> Self {
        Self::of(Data::Tuple(Arc::new(elements)))
    }

    /// Returns an object.
    pub fn object(attributes: BTreeMap<Arc<str>, Self>) -> Self {
        Self::of(Data::Object(Arc::new(attributes)))
    }

    /// Returns an object from names and values.
    pub fn object_of<N: Into<Arc<str>>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::object(attributes.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// Returns what the value is, marks left aside.
    pub fn kind(&self) -> Kind<'_> {
        match &self.data {
            Data::Null(r#type) => Kind::Null(r#type),
            Data::Unknown(unknown) => Kind::Unknown(&unknown.0, &unknown.1),
            Data::Bool(value) => Kind::Bool(*value),
            Data::Number(number) => Kind::Number(number),
            Data::String(text) => Kind::String(text),
            Data::List(list) => Kind::List(&list.0, &list.1),
            Data::Set(set) => Kind::Set(&set.0, &set.1),
            Data::Map(map) => Kind::Map(&map.0, &map.1),
            Data::Tuple(elements) => Kind::Tuple(elements),
            Data::Object(attributes) => Kind::Object(attributes),
        }
    }

    /// Returns the type. Costs as much as the value is deep where it holds objects or tuples.
    pub fn r#type(&self) -> Type {
        match &self.data {
            Data::Null(r#type) => r#type.clone(),
            Data::Unknown(unknown) => unknown.0.clone(),
            Data::Bool(_) => Type::Bool,
            Data::Number(_) => Type::Number,
            Data::String(_) => Type::String,
            Data::List(list) => Type::list(list.0.clone()),
            Data::Set(set) => Type::set(set.0.clone()),
            Data::Map(map) => Type::map(map.0.clone()),
            Data::Tuple(elements) => Type::tuple(elements.iter().map(Self::r#type)),
            Data::Object(attributes) => Type::Object(Arc::new(ObjectType {
                attributes: attributes.iter().map(|(name, value)| (name.clone(), value.r#type())).collect(),
                optional: Default::default(),
            })),
        }
    }

    /// Returns whether the value's type is exactly `type`, without making that type.
    pub fn is_of_type(&self, r#type: &Type) -> bool {
        match (&self.data, r#type) {
            (Data::Null(own), _) => own == r#type,
            (Data::Unknown(unknown), _) => unknown.0 == *r#type,
            (Data::Bool(_), Type::Bool) | (Data::Number(_), Type::Number) | (Data::String(_), Type::String) => true,
            (Data::List(list), Type::List(element)) => list.0 == **element,
            (Data::Set(set), Type::Set(element)) => set.0 == **element,
            (Data::Map(map), Type::Map(element)) => map.0 == **element,
            (Data::Tuple(values), Type::Tuple(types)) => {
                values.len() == types.len() && values.iter().zip(types.iter()).all(|(value, t)| value.is_of_type(t))
            }
            (Data::Object(values), Type::Object(object)) => {
                object.optional.is_empty()
                    && values.len() == object.attributes.len()
                    && values.iter().zip(&object.attributes).all(|((a, value), (b, t))| a == b && value.is_of_type(t))
            }
            _ => false,
        }
    }

    /// Returns whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null(_))
    }

    /// Returns whether the value itself is known (null is known); parts of it may not be.
    pub fn is_known(&self) -> bool {
        !matches!(self.data, Data::Unknown(_))
    }

    /// Returns whether the value and all its parts are known.
    pub fn is_wholly_known(&self) -> bool {
        match self.kind() {
            Kind::Unknown(..) => false,
            Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => true,
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                elements.iter().all(Self::is_wholly_known)
            }
            Kind::Map(_, elements) | Kind::Object(elements) => elements.values().all(Self::is_wholly_known),
        }
    }

    /// Returns the marks of the value itself.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// Returns the marks of the value and all its parts.
    pub fn marks_deep(&self) -> Marks {
        let parts = match self.kind() {
            Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Marks::NONE,
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                elements.iter().fold(Marks::NONE, |marks, value| marks | value.marks_deep())
            }
            Kind::Map(_, elements) | Kind::Object(elements) => {
                elements.values().fold(Marks::NONE, |marks, value| marks | value.marks_deep())
            }
        };
        self.marks | parts
    }

    /// Returns whether the value itself is sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.marks.contains(Marks::SENSITIVE)
    }

    /// Returns the value with further marks.
    #[must_use]
    pub fn with_marks(mut self, marks: Marks) -> Self {
        self.marks |= marks;
        self
    }

    /// Returns the value with these marks of its own removed; parts keep theirs.
    #[must_use]
    pub fn without_marks(mut self, marks: Marks) -> Self {
        self.marks = self.marks.without(marks);
        self
    }

    /// Returns the value and all its parts without marks.
    #[must_use]
    pub fn unmarked_deep(&self) -> Self {
        if self.marks_deep().is_empty() {
            return self.clone();
        }
        let mut plain = self.map_parts(Self::unmarked_deep);
        plain.marks = Marks::NONE;
        plain
    }

    /// Returns a value of the same shape with each direct part replaced; marks are kept. Elements of sets are sorted anew.
    #[must_use]
    pub fn map_parts(&self, mut part: impl FnMut(&Self) -> Self) -> Self {
        let data = match &self.data {
            Data::List(list) => Data::List(Arc::new((list.0.clone(), list.1.iter().map(part).collect()))),
            Data::Set(set) => {
                let changed = Self::set(set.0.clone(), set.1.iter().map(part).collect());
                return changed.with_marks(self.marks);
            }
            Data::Tuple(elements) => Data::Tuple(Arc::new(elements.iter().map(part).collect())),
            Data::Map(map) => {
                Data::Map(Arc::new((map.0.clone(), map.1.iter().map(|(k, v)| (k.clone(), part(v))).collect())))
            }
            Data::Object(attributes) => {
                Data::Object(Arc::new(attributes.iter().map(|(k, v)| (k.clone(), part(v))).collect()))
            }
            Data::Null(_) | Data::Unknown(_) | Data::Bool(_) | Data::Number(_) | Data::String(_) => self.data.clone(),
        };
        Self { data, marks: self.marks }
    }

    /// Returns the truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the number, if it is one.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.data {
            Data::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the elements of a list, set or tuple.
    pub fn as_slice(&self) -> Option<&[Self]> {
        match self.kind() {
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns the elements of a map or the attributes of an object.
    pub fn as_map(&self) -> Option<&BTreeMap<Arc<str>, Self>> {
        match self.kind() {
            Kind::Map(_, elements) | Kind::Object(elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns an attribute of an object or an element of a map; `None` if there is none or the value is not one.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_map()?.get(name)
    }

    /// Returns the number of elements of a known list, set, tuple, map or object.
    pub fn len(&self) -> Option<usize> {
        self.as_slice().map(<[Self]>::len).or_else(|| self.as_map().map(BTreeMap::len))
    }

    /// Returns whether the number of elements is known: those of a set may turn out equal.
    pub fn is_length_known(&self) -> bool {
        match self.kind() {
            Kind::Set(_, elements) => set_length_is_known(elements),
            _ => self.is_known(),
        }
    }

    /// Returns whether the value is a known list, set, tuple, map or object without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Returns the part that a step leads to.
    pub fn step(&self, step: &Step) -> Option<&Self> {
        match step {
            Step::Attribute(name) => self.get(name),
            Step::Index(key) => match self.kind() {
                Kind::Map(_, elements) | Kind::Object(elements) => elements.get(key.as_str()?),
                Kind::List(_, elements) | Kind::Tuple(elements) => elements.get(key.as_number()?.to_usize()?),
                Kind::Set(_, elements) => elements.iter().find(|element| *element == key),
                Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => None,
            },
        }
    }

    /// Returns an object or map with one attribute set.
    #[must_use]
    pub fn with_attribute(&self, name: &str, value: Self) -> Self {
        let mut changed = self.clone();
        match &mut changed.data {
            Data::Object(attributes) => {
                Arc::make_mut(attributes).insert(name.into(), value);
            }
            Data::Map(map) => {
                Arc::make_mut(map).1.insert(name.into(), value);
            }
            _ => {}
        }
        changed
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::of(Data::Bool(value))
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::of(Data::Number(number))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::of(Data::Number(Number::from(number)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::string(text)
    }
}

impl fmt::Debug for Value {
    /// Writes the value as an expression; sensitive parts as `(sensitive)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.marks.is_empty() {
            return f.write_str("(sensitive)");
        }
        match self.kind() {
            Kind::Null(_) => f.write_str("null"),
            Kind::Unknown(r#type, _) => write!(f, "unknown({type:?})"),
            Kind::Bool(value) => write!(f, "{value}"),
            Kind::Number(number) => write!(f, "{number}"),
            Kind::String(text) => write!(f, "{text:?}"),
            Kind::List(_, elements) | Kind::Tuple(elements) => f.debug_list().entries(elements).finish(),
            Kind::Set(_, elements) => f.debug_set().entries(elements).finish(),
            Kind::Map(_, elements) | Kind::Object(elements) => f.debug_map().entries(elements).finish(),
        }
    }
}
