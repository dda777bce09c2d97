//! Resources and their instances.

use std::fmt;
use std::sync::Arc;

use crate::{InstanceKey, ModuleInstance, ModulePath};

/// Which kind of block a resource address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// A `data` block.
    Data,
    /// An `ephemeral` block.
    Ephemeral,
    /// A `resource` block.
    Managed,
}

/// A resource within its module: `aws_vpc.this`, `data.aws_region.current`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// Resource type, such as `aws_vpc`.
    pub r#type: Arc<str>,
    /// Name of the block.
    pub name: Arc<str>,
}

impl Resource {
    /// Returns a managed resource's address.
    pub fn managed(r#type: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { mode: Mode::Managed, r#type: r#type.into(), name: name.into() }
    }

    /// Returns a data source's address.
    pub fn data(r#type: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { mode: Mode::Data, r#type: r#type.into(), name: name.into() }
    }

    /// Returns the name of the provider that the type's prefix implies: `aws` for `aws_vpc`.
    pub fn implied_provider(&self) -> &str {
        self.r#type.split('_').next().unwrap_or(&self.r#type)
    }

    /// Returns the absolute address in `module`.
    pub fn within(&self, module: ModuleInstance) -> AbsResource {
        AbsResource { module, resource: self.clone() }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            Mode::Managed => {}
            Mode::Data => f.write_str("data.")?,
            Mode::Ephemeral => f.write_str("ephemeral.")?,
        }
        write!(f, "{}.{}", self.r#type, self.name)
    }
}

/// A resource block of a module in the configuration, without instance keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigResource {
    /// The module that declares it.
    pub module: ModulePath,
    /// The block.
    pub resource: Resource,
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        self.resource.fmt(f)
    }
}

/// A resource in one module instance: all of its instances together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AbsResource {
    /// The module instance.
    pub module: ModuleInstance,
    /// The block.
    pub resource: Resource,
}

impl AbsResource {
    /// Returns one instance.
    pub fn instance(&self, key: InstanceKey) -> ResourceInstance {
        ResourceInstance { module: self.module.clone(), resource: self.resource.clone(), key }
    }

    /// Returns the address without keys.
    pub fn config(&self) -> ConfigResource {
        ConfigResource { module: self.module.path(), resource: self.resource.clone() }
    }
}

impl fmt::Display for AbsResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        self.resource.fmt(f)
    }
}

/// Absolute address of one resource instance: `module.net[0].aws_subnet.private["a"]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceInstance {
    /// The module instance.
    pub module: ModuleInstance,
    /// The block.
    pub resource: Resource,
    /// Which instance of the block.
    pub key: InstanceKey,
}

impl ResourceInstance {
    /// Returns the address of all instances of the block in this module instance.
    pub fn abs_resource(&self) -> AbsResource {
        AbsResource { module: self.module.clone(), resource: self.resource.clone() }
    }

    /// Returns the address of the block, without keys.
    pub fn config(&self) -> ConfigResource {
        ConfigResource { module: self.module.path(), resource: self.resource.clone() }
    }
}

impl fmt::Display for ResourceInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "{}{}", self.resource, self.key)
    }
}

/// Name of an object that was replaced but is not destroyed yet: eight hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeposedKey(pub Arc<str>);

impl fmt::Display for DeposedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
