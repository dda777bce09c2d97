//! What a schema says against a configuration.

use std::sync::Arc;

use landfall_diag::Severity;

use crate::{AttributePath, Kind, Value};

use super::{Attribute, AttributeType, Block, NestedBlock, Nesting, Rule, check};

/// One finding about a configured value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// What kind of problem: capital first, no user data.
    pub summary: &'static str,
    /// Sentences: what is wrong, what to do.
    pub detail: String,
}

/// Returns what is wrong with a configured value in the shape of the schema. What is known only after apply passes.
pub fn validate(block: &Block, config: &Value) -> Vec<(AttributePath, Problem)> {
    let mut findings = Findings(Vec::new());
    findings.block(block, config, &AttributePath::root());
    findings.0
}

struct Findings(Vec<(AttributePath, Problem)>);

impl Findings {
    fn error(&mut self, path: &AttributePath, summary: &'static str, detail: String) {
        self.0.push((path.clone(), Problem { severity: Severity::Error, summary, detail }));
    }

    fn deprecated(&mut self, path: &AttributePath, summary: &'static str, why: &str) {
        let problem = Problem { severity: Severity::Warning, summary, detail: why.to_owned() };
        self.0.push((path.clone(), problem));
    }

    fn block(&mut self, block: &Block, config: &Value, path: &AttributePath) {
        let Kind::Object(object) = config.kind() else { return };
        if let Some(why) = &block.deprecated {
            self.deprecated(path, "Deprecated block", why);
        }
        for (name, attribute) in &block.attributes {
            if let Some(value) = object.get(name) {
                self.attribute(name, attribute, value, path);
            }
        }
        for (name, nested) in &block.blocks {
            if let Some(value) = object.get(name) {
                self.nested_block(name, nested, value, path);
            }
        }
        for rule in &block.rules {
            self.rule(rule, config, path);
        }
    }

    fn attribute(&mut self, name: &Arc<str>, attribute: &Attribute, value: &Value, parent: &AttributePath) {
        let path = parent.attribute(name.clone());
        if value.is_null() {
            if attribute.required {
                let detail = format!("The argument `{name}` is required, but no value was given.");
                self.error(&path, "Missing required argument", detail);
            }
            return;
        }
        if !attribute.required && !attribute.optional {
            let detail = format!(
                "Can't configure a value for \"{name}\": its value will be decided automatically based on the result of \
                 applying this configuration."
            );
            self.error(&path, "Value for unconfigurable attribute", detail);
            return;
        }
        if let Some(why) = &attribute.deprecated {
            self.deprecated(&path, "Argument is deprecated", why);
        }
        if !value.is_known() {
            return;
        }
        let secret = attribute.sensitive || !value.marks_deep().is_empty();
        for (place, reason) in check::failures(&attribute.checks, value, &path) {
            let detail = match place.get_from(value, &path).and_then(Value::in_messages).filter(|_| !secret) {
                Some(text) => format!("The value of `{name}` {reason}, but it is {text}."),
                None => format!("The value of `{name}` {reason}."),
            };
            self.error(&place, "Invalid value for argument", detail);
        }
        if let AttributeType::Nested(nesting, block) = &attribute.r#type {
            self.elements(*nesting, block, value, &path);
        }
    }

    fn nested_block(&mut self, name: &Arc<str>, nested: &NestedBlock, value: &Value, parent: &AttributePath) {
        let path = parent.attribute(name.clone());
        if !value.is_known() {
            return;
        }
        let count = match nested.nesting {
            Nesting::Single => u64::from(!value.is_null()),
            Nesting::List | Nesting::Set | Nesting::Map => value.len().unwrap_or(0) as u64,
        };
        let few_if_equal = nested.nesting == Nesting::Set && !value.is_wholly_known();
        if count < nested.min_items {
            let detail = format!("At least {} `{name}` {} required.", nested.min_items, blocks_are(nested.min_items));
            self.error(parent, "Insufficient blocks", detail);
        }
        if nested.max_items > 0 && count > nested.max_items && !few_if_equal {
            let least = nested.max_items;
            let detail = format!("No more than {least} `{name}` {} allowed.", blocks_are(least));
            self.error(&path, "Too many blocks", detail);
        }
        self.elements(nested.nesting, &nested.block, value, &path);
    }

    fn elements(&mut self, nesting: Nesting, block: &Block, value: &Value, path: &AttributePath) {
        match (nesting, value.kind()) {
            (Nesting::Single, _) => self.block(block, value, path),
            (_, Kind::Set(_, elements)) => {
                elements.iter().for_each(|element| self.block(block, element, &path.index(element.clone())));
            }
            (_, Kind::List(_, elements)) => {
                for (element, index) in elements.iter().zip(0i64..) {
                    self.block(block, element, &path.index(index));
                }
            }
            (_, Kind::Map(_, entries)) => {
                for (key, element) in entries {
                    self.block(block, element, &path.index(key.clone()));
                }
            }
            _ => {}
        }
    }

    fn rule(&mut self, rule: &Rule, config: &Value, path: &AttributePath) {
        let state = |name: &Arc<str>| (name.clone(), presence(config, name));
        match rule {
            Rule::Conflicts(names) => {
                if let [first, second, ..] = set_of(names, config).as_slice() {
                    let detail = format!("`{first}` conflicts with `{second}`: set one of them only.");
                    self.error(&place(path, second), "Conflicting configuration arguments", detail);
                }
            }
            Rule::ExactlyOne(names) => {
                let set = set_of(names, config);
                if let [_, second, ..] = set.as_slice() {
                    let detail = format!("Only one of {} can be set, but {} are.", listed(names), listed(&set));
                    self.error(&place(path, second), "Invalid combination of arguments", detail);
                } else if names.iter().map(state).all(|(_, presence)| presence == Presence::Unset) {
                    let detail = format!("One of {} must be set.", listed(names));
                    self.error(path, "Invalid combination of arguments", detail);
                }
            }
            Rule::AtLeastOne(names) => {
                if names.iter().map(state).all(|(_, presence)| presence == Presence::Unset) {
                    let detail = format!("At least one of {} must be set.", listed(names));
                    self.error(path, "Missing required argument", detail);
                }
            }
            Rule::Requires(name, others) => {
                if presence(config, name) != Presence::Set {
                    return;
                }
                for (other, _) in others.iter().map(state).filter(|(_, presence)| *presence == Presence::Unset) {
                    let detail = format!("`{name}` requires that `{other}` is set too.");
                    self.error(&place(path, name), "Missing required argument", detail);
                }
            }
        }
    }
}

fn blocks_are(count: u64) -> &'static str {
    if count == 1 { "block is" } else { "blocks are" }
}

fn listed(names: &[Arc<str>]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn set_of(names: &[Arc<str>], config: &Value) -> Vec<Arc<str>> {
    names.iter().filter(|name| presence(config, name) == Presence::Set).cloned().collect()
}

/// Returns the path of an argument named from the block that has the rule.
fn place(path: &AttributePath, name: &str) -> AttributePath {
    name.split('.').fold(path.clone(), |path, part| match part.parse::<i64>() {
        Ok(index) => path.index(index),
        Err(_) => path.attribute(part),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Set,
    Unset,
    /// Known only after apply.
    Open,
}

/// Returns whether an argument is set, looking into every element of nested blocks on the way.
fn presence(value: &Value, name: &str) -> Presence {
    let parts: Vec<&str> = name.split('.').filter(|part| part.parse::<u64>().is_err()).collect();
    presence_of(value, &parts)
}

fn presence_of(value: &Value, parts: &[&str]) -> Presence {
    let (part, rest) = match (value.kind(), parts) {
        (Kind::Unknown(..), _) => return Presence::Open,
        (Kind::Null(_), _) => return Presence::Unset,
        (Kind::List(_, elements) | Kind::Set(_, elements), _) if !parts.is_empty() => {
            let mut all = elements.iter().map(|element| presence_of(element, parts));
            return all.find(|presence| *presence != Presence::Unset).unwrap_or(Presence::Unset);
        }
        (Kind::List(_, elements) | Kind::Set(_, elements), []) => {
            return if elements.is_empty() { Presence::Unset } else { Presence::Set };
        }
        (_, []) => return Presence::Set,
        (_, [part, rest @ ..]) => (part, rest),
    };
    value.get(part).map_or(Presence::Unset, |value| presence_of(value, rest))
}

impl AttributePath {
    /// Returns the part of `value`, which is what `base` leads to.
    fn get_from<'a>(&self, value: &'a Value, base: &Self) -> Option<&'a Value> {
        self.0[base.0.len()..].iter().try_fold(value, |value, step| value.step(step))
    }
}

impl Value {
    /// Returns a primitive value as it is written in messages.
    fn in_messages(&self) -> Option<String> {
        match self.kind() {
            Kind::Bool(value) => Some(format!("`{value}`")),
            Kind::Number(number) => Some(format!("`{number}`")),
            Kind::String(text) => Some(format!("`{text}`")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Type;
    use crate::schema::{Check, Format};

    fn block(rules: Vec<Rule>) -> Block {
        let attribute = |checks| {
            let mut attribute = Attribute::plain(Type::String);
            attribute.optional = true;
            attribute.checks = checks;
            attribute
        };
        let attributes = [
            ("a".into(), attribute(vec![Check::OneOf(vec!["x".into(), "y".into()])])),
            ("b".into(), attribute(vec![Check::Format(Format::Cidr)])),
        ];
        Block { attributes: attributes.into(), rules, ..Block::default() }
    }

    fn config(a: Option<&str>, b: Option<Value>) -> Value {
        let null = Value::null(Type::String);
        Value::object_of([("a", a.map_or(null.clone(), Value::from)), ("b", b.unwrap_or(null))])
    }

    fn finds(rules: Vec<Rule>, config: &Value, expected: &[&str]) {
        let found = validate(&block(rules), config);
        let found: Vec<String> =
            found.into_iter().map(|(path, problem)| format!("{path}: {}", problem.detail)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn checks_say_what_is_allowed() {
        let cidr = Some("10.0.0.0/8".into());
        finds(vec![], &config(Some("x"), cidr), &[]);
        finds(vec![], &config(Some("z"), None), &["a: The value of `a` must be one of `x` and `y`, but it is `z`."]);
        finds(vec![], &config(None, Some(Value::unknown(Type::String))), &[]);
        let secret = Value::from("s3cret").with_marks(crate::Marks::SENSITIVE);
        finds(vec![], &config(None, Some(secret)), &["b: The value of `b` must be a network in CIDR notation."]);
    }

    #[test]
    fn rules_look_at_several_arguments() {
        let names = || vec!["a".into(), "b".into()];
        let both = config(Some("x"), Some("10.0.0.0/8".into()));
        finds(vec![Rule::Conflicts(names())], &both, &["b: `a` conflicts with `b`: set one of them only."]);
        finds(vec![Rule::ExactlyOne(names())], &config(None, None), &[": One of `a` and `b` must be set."]);
        finds(vec![Rule::AtLeastOne(names())], &config(None, Some(Value::unknown(Type::String))), &[]);
        let requires = Rule::Requires("a".into(), vec!["b".into()]);
        finds(vec![requires], &config(Some("x"), None), &["a: `a` requires that `b` is set too."]);
    }

    #[test]
    fn counts_blocks() {
        let nested = NestedBlock {
            nesting: Nesting::List,
            min_items: 1,
            max_items: 1,
            computed: false,
            replace: false,
            block: Block::default(),
        };
        let outer = Block { blocks: [("n".into(), nested)].into(), ..Block::default() };
        let of = |count| {
            let items = vec![Value::object_of::<&str>([]); count];
            Value::object_of([("n", Value::list(Type::object::<&str>([]), items))])
        };
        assert_eq!(validate(&outer, &of(0))[0].1.detail, "At least 1 `n` block is required.");
        assert_eq!(validate(&outer, &of(1)), []);
        assert_eq!(validate(&outer, &of(2))[0].1.detail, "No more than 1 `n` block is allowed.");
    }
}
