//! The key that tells the instances of a repeated block apart.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Key of one instance: none without `count` or `for_each`, an index with `count`, a name with `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum InstanceKey {
    /// The only instance of a block that is not repeated.
    #[default]
    None,
    /// Position under `count`.
    Index(u64),
    /// Key under `for_each`.
    Name(Arc<str>),
}

impl InstanceKey {
    /// Returns the key for a name under `for_each`.
    pub fn name(name: impl Into<Arc<str>>) -> Self {
        Self::Name(name.into())
    }

    fn rank(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Index(_) => 1,
            Self::Name(_) => 2,
        }
    }
}

impl Ord for InstanceKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Index(a), Self::Index(b)) => a.cmp(b),
            (Self::Name(a), Self::Name(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

impl PartialOrd for InstanceKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Name(name) => {
                f.write_str("[\"")?;
                write_escaped(f, name)?;
                f.write_str("\"]")
            }
        }
    }
}

/// Writes `text` with the escapes of a quoted template, as Terraform renders keys in addresses.
fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '$' | '%' if rest.peek() == Some(&'{') => write!(f, "{c}{c}")?,
            c => write!(f, "{c}")?,
        }
    }
    Ok(())
}
