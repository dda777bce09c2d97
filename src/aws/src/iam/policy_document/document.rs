//! A document: merging, and writing as JSON.

use std::collections::BTreeMap;

use landfall_provider::Set;
use serde_json::{Map, Value as Json, json};

/// A policy document.
#[derive(Debug, Default)]
pub struct Document {
    pub version: String,
    pub id: String,
    pub statements: Vec<Statement>,
}

/// One statement. Members of other documents are kept as they were read.
#[derive(Debug, Default)]
pub struct Statement {
    pub sid: String,
    pub effect: String,
    pub actions: Option<Json>,
    pub not_actions: Option<Json>,
    pub resources: Option<Json>,
    pub not_resources: Option<Json>,
    pub principals: Vec<Principal>,
    pub not_principals: Vec<Principal>,
    pub conditions: Vec<Condition>,
}

/// Principals of one kind.
#[derive(Debug)]
pub struct Principal {
    pub kind: String,
    pub identifiers: Texts,
}

/// One condition. The order of its values is kept.
#[derive(Debug)]
pub struct Condition {
    pub test: String,
    pub variable: String,
    pub values: Vec<String>,
}

/// One text, or a list of them.
#[derive(Clone, Debug)]
pub enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    /// Returns the only text, or all in reverse order.
    pub fn of_set(texts: &Set<String>) -> Self {
        match &**texts {
            [one] => Self::One(one.clone()),
            many => Self::Many(reversed(many.to_vec())),
        }
    }

    /// Returns the texts rewritten, in the order that they had.
    pub fn rewritten(self, rewrite: impl Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        match self {
            Self::One(text) => rewrite(&text).map(Self::One),
            Self::Many(texts) => texts.iter().map(|text| rewrite(text)).collect::<Result<_, _>>().map(Self::Many),
        }
    }

    /// Returns the texts as JSON.
    pub fn json(self) -> Json {
        match self {
            Self::One(text) => Json::String(text),
            Self::Many(texts) => Json::from(texts),
        }
    }

    fn and(self, other: Self) -> Self {
        let mut texts = self.into_vec();
        texts.extend(other.into_vec());
        Self::Many(texts)
    }

    fn reversed(self) -> Self {
        match self {
            Self::One(text) => Self::One(text),
            Self::Many(texts) => Self::Many(reversed(texts)),
        }
    }

    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

fn reversed(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_by(|a, b| b.cmp(a));
    texts
}

impl Document {
    /// Takes another document over this one: its id, the newer version, and its statements, which take the place of
    /// those with the same sid.
    pub fn merge(&mut self, other: Self) {
        if !other.id.is_empty() {
            self.id = other.id;
        }
        if other.version > self.version {
            self.version = other.version;
        }
        for statement in other.statements {
            let same = self.statements.iter_mut().find(|known| !known.sid.is_empty() && known.sid == statement.sid);
            match same {
                Some(known) => *known = statement,
                None => self.statements.push(statement),
            }
        }
    }

    /// Returns the document indented by two spaces.
    pub fn indented(&self) -> String {
        escaped(&format!("{:#}", self.json()))
    }

    /// Returns the document without white space.
    pub fn minified(&self) -> String {
        escaped(&self.json().to_string())
    }

    fn json(&self) -> Json {
        let mut members = Map::new();
        put_text(&mut members, "Version", &self.version);
        put_text(&mut members, "Id", &self.id);
        if !self.statements.is_empty() {
            members.insert("Statement".to_owned(), self.statements.iter().map(Statement::json).collect());
        }
        Json::Object(members)
    }
}

impl Statement {
    fn json(&self) -> Json {
        let mut members = Map::new();
        put_text(&mut members, "Sid", &self.sid);
        put_text(&mut members, "Effect", &self.effect);
        let parts = [
            ("Action", self.actions.clone()),
            ("NotAction", self.not_actions.clone()),
            ("Resource", self.resources.clone()),
            ("NotResource", self.not_resources.clone()),
            ("Principal", principals(&self.principals)),
            ("NotPrincipal", principals(&self.not_principals)),
            ("Condition", conditions(&self.conditions)),
        ];
        members.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))));
        Json::Object(members)
    }
}

fn put_text(members: &mut Map<String, Json>, name: &str, text: &str) {
    if !text.is_empty() {
        members.insert(name.to_owned(), text.into());
    }
}

/// Returns principals by kind. Only everyone of every kind is written `*`: as anyone of AWS it would not be the same to
/// trust policies.
fn principals(principals: &[Principal]) -> Option<Json> {
    if let [Principal { kind, identifiers }] = principals
        && kind == "*"
    {
        match identifiers {
            Texts::One(text) if text == "*" => return Some(json!("*")),
            Texts::Many(texts) if *texts == ["*"] => return Some(json!("*")),
            Texts::One(_) | Texts::Many(_) => {}
        }
    }
    let mut kinds: BTreeMap<&str, Texts> = BTreeMap::new();
    for Principal { kind, identifiers } in principals {
        let identifiers = identifiers.clone().reversed();
        let joined = match kinds.remove(kind.as_str()) {
            Some(others) => others.and(identifiers),
            None => identifiers,
        };
        kinds.insert(kind, joined);
    }
    let members: Map<_, _> = kinds.into_iter().map(|(kind, texts)| (kind.to_owned(), texts.json())).collect();
    (!members.is_empty()).then_some(Json::Object(members))
}

/// Returns conditions by operator and key; a single value is no list.
fn conditions(conditions: &[Condition]) -> Option<Json> {
    let mut tests: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for Condition { test, variable, values } in conditions {
        let known = tests.entry(test).or_default().entry(variable).or_default();
        known.extend(values.iter().map(String::as_str));
    }
    let member = |(variable, values): (&str, Vec<&str>)| match values[..] {
        [one] => (variable.to_owned(), json!(one)),
        _ => (variable.to_owned(), json!(values)),
    };
    let test = |(test, variables): (&str, BTreeMap<&str, Vec<&str>>)| {
        (test.to_owned(), Json::Object(variables.into_iter().map(member).collect()))
    };
    (!tests.is_empty()).then(|| Json::Object(tests.into_iter().map(test).collect()))
}

/// Writes characters inside texts as the provider does, for pages of HTML and for scripts.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text
}
