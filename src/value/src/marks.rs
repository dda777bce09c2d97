//! Marks: properties that spread from a value to all that is computed from it.

use std::ops::{BitOr, BitOrAssign};

/// A small set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Self = Self(0);
    /// Never shown to people.
    pub const SENSITIVE: Self = Self(1);
    /// Never stored in a plan or a state.
    pub const EPHEMERAL: Self = Self(2);

    /// Returns whether there is no mark.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether every mark of `other` is set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the marks without those of `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for Marks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
