//! The tree of a difference.

use landfall_value::Value;

/// What happens to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Nothing.
    Keep,
    /// It comes.
    Add,
    /// It goes.
    Remove,
    /// It becomes another.
    Change,
}

impl Sign {
    /// Returns what happens to a whole of which no part is known yet.
    pub(crate) fn of_whole<T>(before: Option<T>, after: Option<T>) -> Self {
        match (before, after) {
            (None, Some(_)) => Self::Add,
            (Some(_), None) => Self::Remove,
            (None, None) | (Some(_), Some(_)) => Self::Keep,
        }
    }

    /// Returns what happens to a whole when this happens to a further part of it.
    #[must_use]
    pub(crate) fn with_part(self, part: Self) -> Self {
        if part == Self::Keep || part == self { self } else { Self::Change }
    }
}

/// What happens to one part of an object.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub sign: Sign,
    /// Whether it forces the replacement of the object.
    pub replaces: bool,
    pub part: Part<'a>,
}

/// A part, by how it is shown.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    /// Truth value, number, string or null; `None` where there is none.
    Scalar { before: Option<&'a Value>, after: Option<&'a Value> },
    /// Known after apply, with what was there.
    Unknown(Option<Box<Node<'a>>>),
    /// Not shown: what happens to the hidden value, and whether it was and will be sensitive.
    Sensitive { hidden: Sign, before: bool, after: bool },
    /// Never stored.
    WriteOnly,
    /// What was there had another type.
    OtherType(Box<Node<'a>>, Box<Node<'a>>),
    /// Elements in brackets; with the neighbours of changed ones where their order means something.
    Elements { elements: Vec<Node<'a>>, neighbours: bool },
    /// Elements by key.
    Map { entries: Vec<(&'a str, Node<'a>)>, nested: bool },
    /// Attributes of an object.
    Object { attributes: Vec<(&'a str, Node<'a>)>, nested: bool },
    /// Attributes and nested blocks of a block.
    Block { attributes: Vec<(&'a str, Node<'a>)>, groups: Vec<Group<'a>> },
}

/// Nested blocks of one type.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub name: &'a str,
    /// With labels, where blocks are held by label.
    pub blocks: Vec<(Option<&'a str>, Node<'a>)>,
    /// Whether each of them forces the replacement.
    pub replaces: bool,
}
