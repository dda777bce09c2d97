//! The model of a state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use landfall_addr::{AbsResource, DeposedKey, InstanceKey, ProviderConfig, ResourceInstance};
use landfall_value::Value;

use crate::{Change, CheckResult, Intent, ObjectState, StateError, v4};

/// Names one object: the current one of a resource instance, or a deposed one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The resource instance.
    pub address: ResourceInstance,
    /// Which deposed object; `None` for the current one.
    pub deposed: Option<DeposedKey>,
}

impl ObjectId {
    /// Returns the current object of an instance.
    pub fn current(address: ResourceInstance) -> Self {
        Self { address, deposed: None }
    }

    /// Returns a deposed object of an instance.
    pub fn deposed(address: ResourceInstance, key: DeposedKey) -> Self {
        Self { address, deposed: Some(key) }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.deposed {
            None => self.address.fmt(f),
            Some(key) => write!(f, "{} (deposed object {key})", self.address),
        }
    }
}

/// An output of the root module.
#[derive(Clone, PartialEq)]
pub struct OutputState {
    /// Its value, without marks.
    pub value: Value,
    /// Whether it must not be shown.
    pub sensitive: bool,
}

impl fmt::Debug for OutputState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OutputState");
        if self.sensitive {
            shown.field("value", &"(sensitive)")
        } else {
            shown.field("value", &self.value)
        };
        shown.field("sensitive", &self.sensitive).finish()
    }
}

/// A resource: all of its instances in one module instance.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceState {
    /// Provider configuration that manages it.
    pub provider: ProviderConfig,
    /// Its instances.
    pub instances: BTreeMap<InstanceKey, InstanceState>,
}

/// A resource instance: its object, and objects that were replaced but are not destroyed yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstanceState {
    /// The current object.
    pub current: Option<Arc<ObjectState>>,
    /// Deposed objects.
    pub deposed: BTreeMap<DeposedKey, Arc<ObjectState>>,
}

impl InstanceState {
    fn is_empty(&self) -> bool {
        self.current.is_none() && self.deposed.is_empty()
    }
}

/// What exists. Objects are shared, so that a clone costs the maps only; it changes through its methods, which remember
/// whether anything differs from what was read.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) serial: u64,
    pub(crate) lineage: Arc<str>,
    pub(crate) terraform_version: Arc<str>,
    pub(crate) outputs: BTreeMap<Arc<str>, OutputState>,
    pub(crate) resources: BTreeMap<AbsResource, ResourceState>,
    pub(crate) check_results: Option<Vec<CheckResult>>,
    /// What was begun and is not known to be over. Not part of the snapshot.
    pub(crate) intents: BTreeMap<ObjectId, Arc<Intent>>,
    pub(crate) changed: bool,
}

impl PartialEq for State {
    /// Compares contents, lineage and serial; not which version wrote them.
    fn eq(&self, other: &Self) -> bool {
        self.serial == other.serial && self.lineage == other.lineage && self.has_contents_of(other)
    }
}

impl State {
    /// Version of Terraform whose format and language we speak; written into every state.
    pub const TERRAFORM_VERSION: &str = "1.11.4";

    /// Returns an empty state of a lineage that was never written.
    pub fn empty(lineage: impl Into<Arc<str>>) -> Self {
        Self {
            serial: 0,
            lineage: lineage.into(),
            terraform_version: Self::TERRAFORM_VERSION.into(),
            outputs: BTreeMap::new(),
            resources: BTreeMap::new(),
            check_results: None,
            intents: BTreeMap::new(),
            changed: false,
        }
    }

    /// Reads a state in Terraform's format.
    ///
    /// # Errors
    /// When the text is not a state of version 4.
    pub fn from_json(text: &[u8]) -> Result<Self, StateError> {
        v4::read(text)
    }

    /// Writes the state in Terraform's format.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_json(&self, writer: impl std::io::Write) -> std::io::Result<()> {
        v4::write(self, writer)
    }

    /// Returns the state in Terraform's format.
    pub fn to_json(&self) -> String {
        let mut text = Vec::new();
        v4::write(self, &mut text).expect("writing to memory does not fail");
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// Returns how often the state was written; 0 if never.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Returns the name that all versions of one state share.
    pub fn lineage(&self) -> &Arc<str> {
        &self.lineage
    }

    /// Returns the version of Terraform that wrote it.
    pub fn terraform_version(&self) -> &str {
        &self.terraform_version
    }

    /// Returns the outputs of the root module.
    pub fn outputs(&self) -> &BTreeMap<Arc<str>, OutputState> {
        &self.outputs
    }

    /// Returns the resources by address.
    pub fn resources(&self) -> &BTreeMap<AbsResource, ResourceState> {
        &self.resources
    }

    /// Returns the outcomes of conditions; `None` if none were ever recorded.
    pub fn check_results(&self) -> Option<&[CheckResult]> {
        self.check_results.as_deref()
    }

    /// Returns what was begun by a run that was cut off, by object.
    pub fn intents(&self) -> &BTreeMap<ObjectId, Arc<Intent>> {
        &self.intents
    }

    /// Returns whether there are neither objects nor outputs.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.outputs.is_empty()
    }

    /// Returns whether the contents differ from what was read.
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// Returns a resource.
    pub fn resource(&self, address: &AbsResource) -> Option<&ResourceState> {
        self.resources.get(address)
    }

    /// Returns an instance.
    pub fn instance(&self, address: &ResourceInstance) -> Option<&InstanceState> {
        self.resources.get(&address.abs_resource())?.instances.get(&address.key)
    }

    /// Returns the current object of an instance.
    pub fn current(&self, address: &ResourceInstance) -> Option<&Arc<ObjectState>> {
        self.instance(address)?.current.as_ref()
    }

    /// Returns an object.
    pub fn object(&self, id: &ObjectId) -> Option<&Arc<ObjectState>> {
        let instance = self.instance(&id.address)?;
        match &id.deposed {
            None => instance.current.as_ref(),
            Some(key) => instance.deposed.get(key),
        }
    }

    /// Returns all objects in order of address, each instance's current object before its deposed ones.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, &ProviderConfig, &Arc<ObjectState>)> {
        self.resources.iter().flat_map(|(address, resource)| {
            resource.instances.iter().flat_map(move |(key, instance)| {
                let current = instance.current.iter().map(|object| (None, object));
                let deposed = instance.deposed.iter().map(|(key, object)| (Some(key.clone()), object));
                current.chain(deposed).map(move |(deposed, object)| {
                    let id = ObjectId { address: address.instance(key.clone()), deposed };
                    (id, &resource.provider, object)
                })
            })
        })
    }

    /// Makes a change.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Begin { id, intent } => _ = self.intents.insert(id, intent),
            Change::End { id } => _ = self.intents.remove(&id),
            Change::Set { id, provider, object } => self.set(id, provider, object),
            Change::Remove { id } => self.remove(&id),
            Change::Move { from, to } => self.rename(&from, &to),
            Change::Output { name, output } => self.set_output(name, output),
        }
    }

    /// Puts an object in place. The provider configuration is that of all instances of the resource.
    pub fn set(&mut self, id: ObjectId, provider: ProviderConfig, object: Arc<ObjectState>) {
        let resource = self
            .resources
            .entry(id.address.abs_resource())
            .or_insert_with(|| ResourceState { provider: provider.clone(), instances: BTreeMap::new() });
        if resource.provider != provider {
            resource.provider = provider;
            self.changed = true;
        }
        let instance = resource.instances.entry(id.address.key).or_default();
        let old = match id.deposed {
            None => instance.current.replace(object.clone()),
            Some(key) => instance.deposed.insert(key, object.clone()),
        };
        self.changed |= old.is_none_or(|old| !Arc::ptr_eq(&old, &object) && old != object);
    }

    /// Takes an object out, and its instance and resource where they are empty then.
    pub fn remove(&mut self, id: &ObjectId) {
        let address = id.address.abs_resource();
        let Some(resource) = self.resources.get_mut(&address) else { return };
        if let Some(instance) = resource.instances.get_mut(&id.address.key) {
            let old = match &id.deposed {
                None => instance.current.take(),
                Some(key) => instance.deposed.remove(key),
            };
            self.changed |= old.is_some();
            if instance.is_empty() {
                resource.instances.remove(&id.address.key);
            }
        }
        if resource.instances.is_empty() {
            self.resources.remove(&address);
        }
    }

    /// Gives an instance with all its objects another address, which must be free.
    pub fn rename(&mut self, from: &ResourceInstance, to: &ResourceInstance) {
        let address = from.abs_resource();
        let Some(resource) = self.resources.get_mut(&address) else { return };
        let Some(instance) = resource.instances.remove(&from.key) else { return };
        let provider = resource.provider.clone();
        if resource.instances.is_empty() {
            self.resources.remove(&address);
        }
        self.resources
            .entry(to.abs_resource())
            .or_insert_with(|| ResourceState { provider, instances: BTreeMap::new() })
            .instances
            .insert(to.key.clone(), instance);
        self.changed = true;
    }

    /// Sets an output of the root module, or takes it out.
    pub fn set_output(&mut self, name: Arc<str>, output: Option<OutputState>) {
        let old = match &output {
            Some(new) => self.outputs.insert(name, new.clone()),
            None => self.outputs.remove(&name),
        };
        self.changed |= old != output;
    }

    /// Records the outcomes of conditions.
    pub fn set_check_results(&mut self, results: Vec<CheckResult>) {
        let results = (!results.is_empty()).then_some(results);
        self.changed |= self.check_results != results;
        self.check_results = results;
    }

    /// Returns whether outputs, resources and outcomes of conditions are equal.
    pub fn has_contents_of(&self, other: &Self) -> bool {
        self.outputs == other.outputs && self.resources == other.resources && self.check_results == other.check_results
    }
}
