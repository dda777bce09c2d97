//! Parsing of addresses from their text form.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{AbsResource, InstanceKey, Mode, ModuleInstance, ModuleStep, Resource, ResourceInstance};

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The whole text.
    pub text: String,
    /// What was expected, as a lower-case fragment.
    pub reason: &'static str,
}

impl ParseError {
    pub(crate) fn new(text: &str, reason: &'static str) -> Self {
        Self { text: text.to_owned(), reason }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an address: {}", self.text, self.reason)
    }
}

impl std::error::Error for ParseError {}

/// What `-target` and its kin may name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A module instance, or all instances where the last key is not given.
    Module(ModuleInstance),
    /// All instances of a resource.
    Resource(AbsResource),
    /// One instance.
    Instance(ResourceInstance),
}

impl Target {
    /// Returns whether the target takes in `address`. A module step without key takes in every instance.
    pub fn contains(&self, address: &ResourceInstance) -> bool {
        match self {
            Self::Module(module) => within(&address.module, module),
            Self::Resource(resource) => {
                resource.resource == address.resource && same_module(&address.module, &resource.module)
            }
            Self::Instance(instance) => {
                instance.resource == address.resource
                    && instance.key == address.key
                    && same_module(&address.module, &instance.module)
            }
        }
    }
}

fn within(inner: &ModuleInstance, outer: &ModuleInstance) -> bool {
    inner.steps().len() >= outer.steps().len() && inner.steps().iter().zip(outer.steps()).all(step_matches)
}

fn same_module(a: &ModuleInstance, b: &ModuleInstance) -> bool {
    a.steps().len() == b.steps().len() && within(a, b)
}

fn step_matches((inner, outer): (&ModuleStep, &ModuleStep)) -> bool {
    inner.name == outer.name && (outer.key == InstanceKey::None || outer.key == inner.key)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(module) => module.fmt(f),
            Self::Resource(resource) => resource.fmt(f),
            Self::Instance(instance) => instance.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader { whole: text, rest: text };
        let module = reader.module()?;
        if reader.rest.is_empty() {
            return if module.is_root() { Err(reader.error("it is empty")) } else { Ok(Self::Module(module)) };
        }
        let resource = reader.resource()?;
        let key = reader.key()?;
        reader.end()?;
        Ok(match key {
            InstanceKey::None => Self::Resource(AbsResource { module, resource }),
            key => Self::Instance(ResourceInstance { module, resource, key }),
        })
    }
}

impl FromStr for ResourceInstance {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader { whole: text, rest: text };
        let module = reader.module()?;
        let resource = reader.resource()?;
        let key = reader.key()?;
        reader.end()?;
        Ok(Self { module, resource, key })
    }
}

impl FromStr for AbsResource {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader { whole: text, rest: text };
        let module = reader.module()?;
        let resource = reader.resource()?;
        reader.end()?;
        Ok(Self { module, resource })
    }
}

impl FromStr for ModuleInstance {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader { whole: text, rest: text };
        let module = reader.module()?;
        reader.end()?;
        Ok(module)
    }
}

struct Reader<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn error(&self, reason: &'static str) -> ParseError {
        ParseError::new(self.whole, reason)
    }

    fn end(&self) -> Result<(), ParseError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("there is text after its end")) }
    }

    fn module(&mut self) -> Result<ModuleInstance, ParseError> {
        let mut steps = Vec::new();
        while let Some(rest) = self.rest.strip_prefix("module.") {
            self.rest = rest;
            let name: Arc<str> = self.identifier()?.into();
            let key = self.key()?;
            steps.push(ModuleStep { name, key });
            match self.rest.strip_prefix('.') {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        Ok(steps.into_iter().collect())
    }

    fn resource(&mut self) -> Result<Resource, ParseError> {
        let mode = if self.eat("data.") {
            Mode::Data
        } else if self.eat("ephemeral.") {
            Mode::Ephemeral
        } else {
            Mode::Managed
        };
        let r#type = self.identifier()?.into();
        if !self.eat(".") {
            return Err(self.error("a resource is TYPE.NAME"));
        }
        let name = self.identifier()?.into();
        Ok(Resource { mode, r#type, name })
    }

    fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn identifier(&mut self) -> Result<&'a str, ParseError> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        match name.chars().next() {
            Some(first) if !first.is_ascii_digit() && first != '-' => {
                self.rest = rest;
                Ok(name)
            }
            _ => Err(self.error("a name is expected")),
        }
    }

    fn key(&mut self) -> Result<InstanceKey, ParseError> {
        if !self.eat("[") {
            return Ok(InstanceKey::None);
        }
        if self.eat("\"") {
            return self.quoted_key();
        }
        let end = self.rest.find(']').ok_or_else(|| self.error("a `]` is missing"))?;
        let index = self.rest[..end].parse().map_err(|_| self.error("a key is a whole number or a quoted string"))?;
        self.rest = &self.rest[end + 1..];
        Ok(InstanceKey::Index(index))
    }

    fn quoted_key(&mut self) -> Result<InstanceKey, ParseError> {
        let mut name = String::new();
        let mut chars = self.rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return if self.eat("]") {
                        Ok(InstanceKey::Name(name.into()))
                    } else {
                        Err(self.error("a `]` is missing"))
                    };
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => name.push('\n'),
                    Some((_, 'r')) => name.push('\r'),
                    Some((_, 't')) => name.push('\t'),
                    Some((_, c @ ('"' | '\\'))) => name.push(c),
                    _ => return Err(self.error("an escape in a key is not known")),
                },
                '$' | '%' => {
                    name.push(c);
                    let doubled =
                        matches!(chars.peek(), Some((next, d)) if *d == c && self.rest[next + 1..].starts_with('{'));
                    if doubled {
                        chars.next();
                    }
                }
                c => name.push(c),
            }
        }
        Err(self.error("a key's closing quote is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_round_trip(text: &str) {
        assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
    }

    #[test]
    fn addresses_parse_back() {
        for text in [
            "aws_vpc.this",
            "data.aws_region.current",
            "aws_subnet.private[0]",
            "module.net[\"a.b\"].module.inner[1].aws_subnet.private[\"x\\\"y\"]",
            "module.net",
            "terraform_data.x[\"$${a}\"]",
        ] {
            check_round_trip(text);
        }
    }

    #[test]
    fn broken_addresses_are_refused() {
        for text in ["", "aws_vpc", "aws_vpc.", "aws_vpc.a[", "aws_vpc.a[x]", "aws_vpc.a.b", "module.", "a.b[\"x]"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn target_without_key_takes_in_every_instance() {
        let target: Target = "module.net.aws_subnet.private".parse().unwrap();
        assert!(target.contains(&"module.net[1].aws_subnet.private[\"a\"]".parse().unwrap()));
        assert!(!target.contains(&"aws_subnet.private".parse().unwrap()));
    }
}
