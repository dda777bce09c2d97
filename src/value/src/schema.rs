//! Schemas: which arguments and attributes a block has, and how their values behave.

mod check;
mod conform;
mod meaning;
mod policy;
mod propose;
mod sensitive;
mod validate;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Type, Value};

pub use conform::{conform, empty};
pub use meaning::{equal_with_schema, same_meaning};
pub use propose::{planned_unknowns, propose};
pub use sensitive::{hide_write_only, mark_sensitive, sensitive_paths};
pub use validate::{Problem, validate};

/// Schema of a resource type, data source or provider.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Version of the stored form.
    pub version: u64,
    /// The block.
    pub block: Block,
}

/// Attributes and nested blocks.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Attributes by name.
    pub attributes: BTreeMap<Arc<str>, Attribute>,
    /// Nested blocks by name.
    pub blocks: BTreeMap<Arc<str>, NestedBlock>,
    /// Why the block should not be used any more.
    pub deprecated: Option<Arc<str>>,
    /// Rules over several arguments of this block.
    pub rules: Vec<Rule>,
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Type of its value.
    pub r#type: AttributeType,
    /// Must be set.
    pub required: bool,
    /// May be set.
    pub optional: bool,
    /// The service sets it, if the user does not.
    pub computed: bool,
    /// Never shown.
    pub sensitive: bool,
    /// Never stored.
    pub write_only: bool,
    /// A change replaces the object.
    pub replace: bool,
    /// Used when not set.
    pub default: Option<Value>,
    /// Null and the zero value of the type are the same to the service (types of the older plugin SDK).
    pub zero_is_null: bool,
    /// Texts that differ and mean the same.
    pub equivalence: Option<Equivalence>,
    /// What values are allowed.
    pub checks: Vec<Check>,
    /// May also be written as blocks (`attr_as_block`): a list or set of objects.
    pub as_block: bool,
    /// Why it should not be used any more.
    pub deprecated: Option<Arc<str>>,
    /// What it is, from the doc comment.
    pub description: Arc<str>,
}

/// Type of an attribute.
#[derive(Clone, Debug)]
pub enum AttributeType {
    /// A plain type.
    Plain(Type),
    /// An object, or a collection of objects, whose members have flags of their own (`x = {...}`).
    Nested(Nesting, Arc<Block>),
}

/// How often a nested block occurs, and how its values are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most once; an object or null.
    Single,
    /// In order; a list of objects.
    List,
    /// A set of objects.
    Set,
    /// By label; a map of objects.
    Map,
}

/// A nested block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// How its values are held.
    pub nesting: Nesting,
    /// Least number.
    pub min_items: u64,
    /// Greatest number; 0 for any.
    pub max_items: u64,
    /// When omitted, keeps what the service returned.
    pub computed: bool,
    /// A change replaces the object.
    pub replace: bool,
    /// Its contents.
    pub block: Block,
}

/// When two texts mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equivalence {
    /// Same JSON document.
    Json,
    /// Same policy document: order of actions, single element and list, and principals do not matter.
    Policy,
    /// Same but for case.
    CaseInsensitive,
    /// Same network.
    Cidr,
    /// Base64 of the text, or the text.
    Base64,
    /// Same number or truth value in text form.
    Scalar,
    /// Same but for a trailing dot, slash or blank.
    Trimmed,
}

/// What a value must meet. Unknown values and null pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// One of these texts; of numbers, in decimal.
    OneOf(Vec<Arc<str>>),
    /// One of these texts, in any case.
    OneOfIgnoreCase(Vec<Arc<str>>),
    /// A number not below.
    Min(i64),
    /// A number not above.
    Max(i64),
    /// A text not shorter.
    MinLength(u64),
    /// A text not longer.
    MaxLength(u64),
    /// A collection not smaller.
    MinItems(u64),
    /// A collection not larger.
    MaxItems(u64),
    /// A text that a regular expression matches, with what to say if it does not.
    Pattern(Arc<str>, Arc<str>),
    /// A text of a known form.
    Format(Format),
    /// Each element of a list, set or map.
    Each(Vec<Check>),
}

/// Forms of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An ARN.
    Arn,
    /// A network in CIDR notation.
    Cidr,
    /// An IPv4 network in CIDR notation.
    Ipv4Cidr,
    /// An IPv6 network in CIDR notation.
    Ipv6Cidr,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A JSON document.
    Json,
    /// Not empty.
    NonEmpty,
    /// An RFC 3339 time.
    Rfc3339,
    /// An account number of twelve digits.
    AccountId,
    /// Base64.
    Base64,
    /// A duration such as `10m`.
    Duration,
    /// Empty, or a whole number in text form.
    NullableInt,
    /// Empty, or a truth value in text form.
    NullableBool,
}

/// A rule over several arguments. Names are paths from the block that carries the rule, written with dots.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// At most one is set.
    Conflicts(Vec<Arc<str>>),
    /// Exactly one is set.
    ExactlyOne(Vec<Arc<str>>),
    /// At least one is set.
    AtLeastOne(Vec<Arc<str>>),
    /// If the first is set, so are the others.
    Requires(Arc<str>, Vec<Arc<str>>),
}

impl Attribute {
    /// Returns an attribute of a type without any flag.
    pub fn new(r#type: AttributeType) -> Self {
        Self {
            r#type,
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            replace: false,
            default: None,
            zero_is_null: false,
            equivalence: None,
            checks: Vec::new(),
            as_block: false,
            deprecated: None,
            description: "".into(),
        }
    }

    /// Returns an attribute of a plain type without any flag.
    pub fn plain(r#type: Type) -> Self {
        Self::new(AttributeType::Plain(r#type))
    }
}

impl AttributeType {
    /// Returns the type of values.
    pub fn value_type(&self) -> Type {
        match self {
            Self::Plain(r#type) => r#type.clone(),
            Self::Nested(nesting, block) => nesting.of(block.value_type()),
        }
    }
}

impl Nesting {
    /// Returns the type that holds values of type `element`.
    pub fn of(self, element: Type) -> Type {
        match self {
            Self::Single => element,
            Self::List => Type::list(element),
            Self::Set => Type::set(element),
            Self::Map => Type::map(element),
        }
    }
}

impl Block {
    /// Returns the object type of values of this block.
    pub fn value_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.r#type.value_type()));
        let blocks =
            self.blocks.iter().map(|(name, nested)| (name.clone(), nested.nesting.of(nested.block.value_type())));
        Type::object(attributes.chain(blocks))
    }
}
