//! Sets of any values.

use std::ops::Deref;

/// Members without order, each once. Members need only be comparable: sets of configuration are small.
///
/// Read from a value, members come in the order of the value.
#[derive(Clone, Debug)]
pub struct Set<T>(Vec<T>);

impl<T> Set<T> {
    /// Returns an empty set.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns a set of members known to differ.
    pub(crate) fn from_ordered(members: Vec<T>) -> Self {
        Self(members)
    }

    /// Returns the members.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T: PartialEq> Set<T> {
    /// Returns the members that are not in `other`.
    pub fn minus<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> {
        self.0.iter().filter(|member| !other.0.contains(member))
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for Set<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: PartialEq> PartialEq for Set<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.0.len() == other.0.len() && self.0.iter().all(|member| other.0.contains(member)))
    }
}

impl<T: Eq> Eq for Set<T> {}

impl<T: PartialEq> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        let mut set = Vec::new();
        for member in members {
            if !set.contains(&member) {
                set.push(member);
            }
        }
        Self(set)
    }
}

impl<T: PartialEq> From<Vec<T>> for Set<T> {
    fn from(members: Vec<T>) -> Self {
        members.into_iter().collect()
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_doubles_do_not_matter() {
        let one: Set<i32> = [1, 2, 2, 3].into_iter().collect();
        let other = Set::from(vec![3, 1, 2]);
        assert_eq!(one, other);
        assert_ne!(one, Set::from(vec![1, 2, 4]));
    }

    #[test]
    fn minus_keeps_what_the_other_lacks() {
        let before = Set::from(vec!["a", "b"]);
        let after = Set::from(vec!["b", "c"]);
        assert_eq!(after.minus(&before).collect::<Vec<_>>(), [&"c"]);
    }
}
