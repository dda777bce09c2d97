//! The expression tree, as the parser makes it. Read-only for everyone else.

use std::sync::Arc;

use landfall_diag::Span;
use landfall_value::{Kind, Value};

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its text.
    pub span: Span,
}

/// What a part of an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// What could not be parsed; an error was reported.
    Invalid,
    /// A number, `true`, `false`, `null`, or a quoted string without sequences.
    Literal(Value),
    /// A template of several parts: their texts joined.
    Template(Vec<Node>),
    /// A template that is one interpolation and nothing else: the value as it is.
    Wrapped(Box<Node>),
    /// `( … )`
    Parenthesized(Box<Node>),
    /// A root name.
    Name(Name),
    /// Attributes and elements of a value, step by step.
    Access(Box<Node>, Vec<AccessStep>),
    /// `source[*]each` or `source.*each`
    Splat(Box<Splat>),
    /// The element that the innermost splat is at, in its `each`.
    SplatItem(u32),
    /// `[ … ]`
    Tuple(Vec<Node>),
    /// `{ … }`
    Object(Vec<ObjectItem>),
    /// `[for …]`, `{for …}`
    For(Box<For>),
    /// A `%{ for }` directive: the texts of a tuple joined.
    Join(Box<Node>),
    /// A function call.
    Call(Box<Call>),
    /// `condition ? then : otherwise`, in this order.
    Conditional(Box<[Node; 3]>),
    /// `-x`, `!x`
    Unary(UnaryOperator, Box<Node>),
    /// Operators of one level of precedence, from left to right.
    Binary(Box<Node>, Vec<(BinaryOperator, Node)>),
}

/// A name that begins a traversal.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub text: Arc<str>,
    pub(crate) target: NameTarget,
}

/// What a root name was found to mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameTarget {
    /// Not known yet, or not a name here.
    Nothing,
    /// A name that a `for` of this expression introduces.
    Local(u32),
    /// A name that is given from outside at evaluation: iterator of a `dynamic` block, variable of a template.
    Outer(u32),
    /// A reference, with the number of steps that belong to its name.
    Reference { index: u32, steps: u32 },
}

/// One step of an access.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessStep {
    /// Where to.
    pub kind: AccessKind,
    /// Its text, with the dot or the brackets.
    pub span: Span,
}

/// Where a step of an access leads.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessKind {
    /// `.name`
    Attribute(Arc<str>),
    /// `[0]`, `["key"]`, `.0`
    Constant(Value),
    /// `[expression]`
    Computed(Node),
}

/// `source[*]each`
#[derive(Clone, Debug, PartialEq)]
pub struct Splat {
    /// What is gone through.
    pub source: Node,
    /// What is done with each element.
    pub each: Node,
    /// `[*]` or `.*`
    pub marker: Span,
    pub(crate) slot: u32,
}

/// `key = value` in an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectItem {
    /// The key. A bare name stands for itself.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// `for key, value in collection : …`
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// Name for the key, if there is one.
    pub key_name: Option<Arc<str>>,
    /// Name for the value.
    pub value_name: Arc<str>,
    /// What is gone through.
    pub collection: Node,
    /// Key of the result, where it is an object.
    pub key: Option<Node>,
    /// Value of the result.
    pub value: Node,
    /// `if`
    pub condition: Option<Node>,
    /// Whether values of equal keys are grouped (`...`).
    pub group: bool,
    pub(crate) slot: u32,
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Name, with its namespaces: `provider::terraform::encode_tfvars`.
    pub name: Arc<str>,
    /// Place of the name.
    pub name_span: Span,
    /// Arguments.
    pub arguments: Vec<Node>,
    /// Whether the last argument is expanded (`...`).
    pub expand: bool,
    /// Place of `(`.
    pub open: Span,
    /// Place of `)`.
    pub close: Span,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// A static traversal: a root name and steps with constant keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Traversal {
    /// Root name.
    pub root: Arc<str>,
    /// Place of the root name.
    pub root_span: Span,
    /// Steps, none of them computed.
    pub steps: Vec<AccessStep>,
    /// All of it.
    pub span: Span,
}

impl Node {
    /// Makes a node.
    pub(crate) fn new(kind: NodeKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// Returns the word, if the node is one bare word; `true`, `false` and `null` count.
    pub fn as_keyword(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Name(name) => Some(&name.text),
            NodeKind::Literal(value) => match value.kind() {
                Kind::Bool(true) => Some("true"),
                Kind::Bool(false) => Some("false"),
                Kind::Null(_) => Some("null"),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the text, if the node is a quoted string without sequences.
    pub fn as_constant_string(&self) -> Option<&Arc<str>> {
        match &self.kind {
            NodeKind::Literal(value) => match value.kind() {
                Kind::String(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the value, if the node is a literal.
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            NodeKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the traversal, if the node is one with constant keys only.
    pub fn as_traversal(&self) -> Option<Traversal> {
        let (root, steps) = match &self.kind {
            NodeKind::Access(root, steps) => (root.as_ref(), steps.as_slice()),
            _ => (self, [].as_slice()),
        };
        if steps.iter().any(|step| matches!(step.kind, AccessKind::Computed(_))) {
            return None;
        }
        let name = root.as_keyword()?;
        Some(Traversal { root: name.into(), root_span: root.span, steps: steps.to_vec(), span: self.span })
    }

    /// Returns the elements, if the node is `[ … ]`.
    pub fn as_tuple(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns the items, if the node is `{ … }`.
    pub fn as_object(&self) -> Option<&[ObjectItem]> {
        match &self.kind {
            NodeKind::Object(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the call, if the node is one.
    pub fn as_call(&self) -> Option<&Call> {
        match &self.kind {
            NodeKind::Call(call) => Some(call),
            _ => None,
        }
    }
}

impl Traversal {
    /// Returns the names, if every step is an attribute: `["aws", "west"]` for `aws.west`.
    pub fn names(&self) -> Option<Vec<&str>> {
        let steps = self.steps.iter().map(|step| match &step.kind {
            AccessKind::Attribute(name) => Some(&**name),
            AccessKind::Constant(_) | AccessKind::Computed(_) => None,
        });
        std::iter::once(Some(&*self.root)).chain(steps).collect()
    }
}
