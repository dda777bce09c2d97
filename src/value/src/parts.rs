//! Work on parts of values by path.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{AttributePath, Kind, Marks, Number, Step, Value};

impl Value {
    /// Returns the value with the part at `path` replaced. A path that leads nowhere changes nothing.
    #[must_use]
    pub fn with_part(&self, path: &AttributePath, part: Value) -> Self {
        self.change_part(&path.0, &mut |_| part.clone())
    }

    /// Returns the value with marks added to the parts at `paths`. Marks inside a set go to the set; paths that lead
    /// nowhere, such as into an unknown value, mark what they come closest to.
    #[must_use]
    pub fn mark_paths(&self, paths: &[AttributePath], marks: Marks) -> Self {
        paths.iter().fold(self.clone(), |value, path| {
            let reach = (0..path.0.len()).find(|&steps| {
                let start = AttributePath(path.0[..steps].to_vec());
                start.get(&value).is_some_and(|part| matches!(part.kind(), Kind::Set(..) | Kind::Unknown(..)))
            });
            let steps = &path.0[..reach.unwrap_or(path.0.len())];
            value.change_part(steps, &mut |part| part.clone().with_marks(marks))
        })
    }

    /// Returns the paths of the outermost parts that have all of `marks`.
    pub fn marked_paths(&self, marks: Marks) -> Vec<AttributePath> {
        let mut paths = Vec::new();
        self.collect_marked(marks, &AttributePath::root(), &mut paths);
        paths
    }

    fn collect_marked(&self, marks: Marks, path: &AttributePath, paths: &mut Vec<AttributePath>) {
        if self.marks().contains(marks) {
            paths.push(path.clone());
            return;
        }
        self.each_part(&mut |step, part| part.collect_marked(marks, &path.step(step), paths));
    }

    /// Visits each direct part with the step to it.
    pub fn each_part(&self, visit: &mut impl FnMut(Step, &Value)) {
        match self.kind() {
            Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
            Kind::List(_, elements) | Kind::Tuple(elements) => {
                elements.iter().enumerate().for_each(|(i, part)| visit(Step::Index(Number::from(i).into()), part));
            }
            Kind::Set(_, elements) => elements.iter().for_each(|part| visit(Step::Index(part.clone()), part)),
            Kind::Map(_, entries) => {
                entries.iter().for_each(|(key, part)| visit(Step::Index(Value::from(key.clone())), part));
            }
            Kind::Object(entries) => {
                entries.iter().for_each(|(name, part)| visit(Step::Attribute(name.clone()), part));
            }
        }
    }

    /// Returns the value without any of `marks`, here and in all parts.
    #[must_use]
    pub fn without_marks_deep(&self, marks: Marks) -> Self {
        if self.marks_deep().without(marks) == self.marks_deep() {
            return self.clone();
        }
        self.map_parts(|part| part.without_marks_deep(marks)).without_marks(marks)
    }

    fn change_part(&self, steps: &[Step], change: &mut impl FnMut(&Self) -> Self) -> Self {
        let Some((step, rest)) = steps.split_first() else { return change(self) };
        let changed = match (self.kind(), step) {
            (Kind::Object(entries), Step::Attribute(name)) => Self::object(change_entry(entries, name, rest, change)),
            (Kind::Map(element, entries), Step::Attribute(name)) => {
                Self::map(element.clone(), change_entry(entries, name, rest, change))
            }
            (Kind::Map(element, entries), Step::Index(key)) => {
                Self::map(element.clone(), change_entry(entries, key.as_str().unwrap_or_default(), rest, change))
            }
            (Kind::Object(entries), Step::Index(key)) => {
                Self::object(change_entry(entries, key.as_str().unwrap_or_default(), rest, change))
            }
            (Kind::List(element, elements), Step::Index(key)) => {
                Self::list(element.clone(), change_element(elements, key, rest, change))
            }
            (Kind::Tuple(elements), Step::Index(key)) => Self::tuple(change_element(elements, key, rest, change)),
            (Kind::Set(element, elements), Step::Index(key)) => {
                let changed =
                    elements.iter().map(|part| if part == key { part.change_part(rest, change) } else { part.clone() });
                Self::set(element.clone(), changed.collect())
            }
            _ => return self.clone(),
        };
        changed.with_marks(self.marks())
    }
}

fn change_entry(
    entries: &BTreeMap<Arc<str>, Value>,
    name: &str,
    rest: &[Step],
    change: &mut impl FnMut(&Value) -> Value,
) -> BTreeMap<Arc<str>, Value> {
    let mut entries = entries.clone();
    if let Some(part) = entries.get_mut(name) {
        *part = part.change_part(rest, change);
    }
    entries
}

fn change_element(
    elements: &[Value],
    key: &Value,
    rest: &[Step],
    change: &mut impl FnMut(&Value) -> Value,
) -> Vec<Value> {
    let mut elements = elements.to_vec();
    if let Some(part) = key.as_number().and_then(Number::to_usize).and_then(|index| elements.get_mut(index)) {
        *part = part.change_part(rest, change);
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Type;

    #[test]
    fn marks_follow_paths() {
        let set = Value::set(Type::String, vec!["s".into()]);
        let value = Value::object_of([("a", Value::tuple(vec!["x".into(), "y".into()])), ("b", set)]);
        let root = AttributePath::root();
        let paths = [root.attribute("a").index(1), root.attribute("b").index("s"), root.attribute("none")];
        let marked = value.mark_paths(&paths, Marks::SENSITIVE);
        let found: Vec<String> = marked.marked_paths(Marks::SENSITIVE).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["a[1]", "b"]);
        assert_eq!(marked.without_marks_deep(Marks::SENSITIVE), value);
    }

    #[test]
    fn replaces_a_part() {
        let value = Value::object_of([("a", Value::tuple(vec![1.into()]))]);
        let changed = value.with_part(&AttributePath::root().attribute("a").index(0), "new".into());
        assert_eq!(format!("{changed:?}"), r#"{"a": ["new"]}"#);
    }
}
