//! Providers and their configurations.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::ModulePath;
use crate::parse::ParseError;

/// Where a provider comes from: `registry.terraform.io/hashicorp/aws`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderSource {
    /// Registry host.
    pub host: Arc<str>,
    /// Namespace in the registry.
    pub namespace: Arc<str>,
    /// Provider type, such as `aws`.
    pub name: Arc<str>,
}

impl ProviderSource {
    /// Host that a source without one means.
    pub const DEFAULT_HOST: &str = "registry.terraform.io";

    /// Returns `registry.terraform.io/hashicorp/NAME`, what a bare name means.
    pub fn official(name: &str) -> Self {
        Self { host: Self::DEFAULT_HOST.into(), namespace: "hashicorp".into(), name: name.into() }
    }

    /// Returns `terraform.io/builtin/terraform`, the source of `terraform_data`.
    pub fn builtin() -> Self {
        Self { host: "terraform.io".into(), namespace: "builtin".into(), name: "terraform".into() }
    }
}

impl fmt::Display for ProviderSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.name)
    }
}

impl FromStr for ProviderSource {
    type Err = ParseError;

    /// Parses `[host/][namespace/]name`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parts: Vec<&str> = text.split('/').collect();
        let valid = |part: &&str| !part.is_empty() && !part.contains(char::is_whitespace);
        if !parts.iter().all(valid) {
            return Err(ParseError::new(text, "a provider source is [host/]namespace/name"));
        }
        match parts.as_slice() {
            [name] => Ok(Self::official(name)),
            [namespace, name] => {
                let host = if *namespace == "builtin" { "terraform.io" } else { Self::DEFAULT_HOST };
                Ok(Self { host: host.into(), namespace: (*namespace).into(), name: (*name).into() })
            }
            [host, namespace, name] => {
                Ok(Self { host: (*host).into(), namespace: (*namespace).into(), name: (*name).into() })
            }
            _ => Err(ParseError::new(text, "a provider source is [host/]namespace/name")),
        }
    }
}

/// A provider configuration: the `provider` block of a module, with its alias if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderConfig {
    /// Module that holds the block.
    pub module: ModulePath,
    /// Which provider.
    pub source: ProviderSource,
    /// Value of `alias`.
    pub alias: Option<Arc<str>>,
}

impl fmt::Display for ProviderConfig {
    /// Writes the form of the state file: `module.a.provider["registry.terraform.io/hashicorp/aws"].west`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "provider[\"{}\"]", self.source)?;
        match &self.alias {
            Some(alias) => write!(f, ".{alias}"),
            None => Ok(()),
        }
    }
}

impl FromStr for ProviderConfig {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let invalid = || ParseError::new(text, "expected [module.NAME.]provider[\"SOURCE\"][.ALIAS]");
        let mut rest = text;
        let mut names: Vec<Arc<str>> = Vec::new();
        while let Some(after) = rest.strip_prefix("module.") {
            let (name, tail) = after.split_once('.').ok_or_else(invalid)?;
            names.push(name.split('[').next().unwrap_or(name).into());
            rest = tail;
        }
        let rest = rest.strip_prefix("provider[\"").ok_or_else(invalid)?;
        let (source, tail) = rest.split_once("\"]").ok_or_else(invalid)?;
        let alias = match tail {
            "" => None,
            tail => Some(tail.strip_prefix('.').ok_or_else(invalid)?.into()),
        };
        Ok(Self { module: names.into_iter().collect(), source: source.parse()?, alias })
    }
}
