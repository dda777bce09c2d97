//! Paths into an object, narrowed while one goes down.

use landfall_value::{AttributePath, Step};

/// Which parts force a replacement, and which parts are to be looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Focus<'a> {
    replace: Vec<&'a [Step]>,
    /// `None` for all.
    relevant: Option<Vec<&'a [Step]>>,
}

impl<'a> Focus<'a> {
    /// Returns a focus on everything.
    pub(crate) fn replacing(paths: &'a [AttributePath]) -> Self {
        Self { replace: paths.iter().map(|path| path.0.as_slice()).collect(), relevant: None }
    }

    /// Returns a focus on some attributes.
    pub(crate) fn relevant(paths: impl Iterator<Item = &'a AttributePath>) -> Self {
        Self { replace: Vec::new(), relevant: Some(paths.map(|path| path.0.as_slice()).collect()) }
    }

    /// Returns whether this part forces the replacement.
    pub(crate) fn replaces(&self) -> bool {
        self.replace.iter().any(|path| path.is_empty())
    }

    /// Returns whether changes in this part are to be shown.
    pub(crate) fn is_relevant(&self) -> bool {
        self.relevant.as_ref().is_none_or(|paths| !paths.is_empty())
    }

    /// Returns the focus on an attribute or an element by key.
    pub(crate) fn name(&self, name: &str) -> Self {
        self.narrow(|step| match step {
            Step::Attribute(attribute) => &**attribute == name,
            Step::Index(key) => key.as_str() == Some(name),
        })
    }

    /// Returns the focus on an element by position.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.narrow(|step| match step {
            Step::Attribute(_) => false,
            Step::Index(key) => key.as_number().and_then(|number| number.to_usize()) == Some(index),
        })
    }

    /// Returns the focus on the elements of a set, which no path tells apart.
    pub(crate) fn members(&self) -> Self {
        self.narrow(|step| matches!(step, Step::Index(_)))
    }

    fn narrow(&self, matches: impl Fn(&Step) -> bool) -> Self {
        let tail = |path: &&'a [Step]| path.split_first().filter(|(step, _)| matches(step)).map(|(_, tail)| tail);
        Self {
            replace: self.replace.iter().filter_map(tail).collect(),
            // What is relevant as a whole is relevant in all its parts.
            relevant: self.relevant.as_ref().map(|paths| {
                paths.iter().filter_map(|path| if path.is_empty() { Some(*path) } else { tail(path) }).collect()
            }),
        }
    }
}
