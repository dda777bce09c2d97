//! Paths of module calls, with instance keys and without.

use std::fmt;
use std::sync::Arc;

use crate::InstanceKey;

/// One module call in a path, with the key of the instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleStep {
    /// Name of the `module` block.
    pub name: Arc<str>,
    /// Which of its instances.
    pub key: InstanceKey,
}

/// Absolute path of one module instance; empty for the root module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ModuleInstance(Arc<[ModuleStep]>);

impl ModuleInstance {
    /// Returns the root module.
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns whether this is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the steps from the root.
    pub fn steps(&self) -> &[ModuleStep] {
        &self.0
    }

    /// Returns the instance of a module called by this one.
    pub fn child(&self, name: impl Into<Arc<str>>, key: InstanceKey) -> Self {
        let step = ModuleStep { name: name.into(), key };
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// Returns the calling module instance and the last step, or `None` for the root.
    pub fn split_last(&self) -> Option<(Self, &ModuleStep)> {
        let (last, init) = self.0.split_last()?;
        Some((Self(init.into()), last))
    }

    /// Returns the path without keys.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|step| step.name.clone()).collect())
    }

    /// Returns whether `self` is `outer` or inside it.
    pub fn is_within(&self, outer: &Self) -> bool {
        self.0.starts_with(&outer.0)
    }
}

impl FromIterator<ModuleStep> for ModuleInstance {
    fn from_iter<I: IntoIterator<Item = ModuleStep>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for ModuleInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            write!(f, "{dot}module.{}{}", step.name, step.key)?;
        }
        Ok(())
    }
}

/// Path of a module in the configuration, without instance keys; empty for the root module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ModulePath(Arc<[Arc<str>]>);

impl ModulePath {
    /// Returns the root module.
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns whether this is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the call names from the root.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0
    }

    /// Returns the path of a module called by this one.
    pub fn child(&self, name: impl Into<Arc<str>>) -> Self {
        Self(self.0.iter().cloned().chain([name.into()]).collect())
    }

    /// Returns the calling module, or `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, init) = self.0.split_last()?;
        Some(Self(init.into()))
    }

    /// Returns the names joined by dots: the `Key` of `.terraform/modules/modules.json`.
    pub fn key(&self) -> String {
        self.0.join(".")
    }
}

impl FromIterator<Arc<str>> for ModulePath {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            write!(f, "{dot}module.{name}")?;
        }
        Ok(())
    }
}
