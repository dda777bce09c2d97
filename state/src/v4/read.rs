//! From the file's text to the model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use landfall_addr::{AbsResource, ConfigResource, Mode, ModuleInstance, ProviderConfig, Resource};

use super::{checks, object, outputs, wire};
use crate::{Encryption, InstanceState, ResourceState, State, StateError};

/// Returns the state that a file holds.
pub(crate) fn read(text: &[u8]) -> Result<State, StateError> {
    // A JSON array would be taken for the fields in order.
    if text.trim_ascii_start().first() == Some(&b'[') {
        return Err(StateError::NotAState);
    }
    let file: wire::File<'_> = serde_json::from_slice(text).map_err(|error| explain(text, error))?;
    match file.version {
        Some(4) => {}
        Some(version) => return Err(unsupported(version)),
        None => return Err(StateError::NotAState),
    }
    let mut state = State::empty(file.lineage.as_ref());
    state.serial = file.serial;
    state.terraform_version = file.terraform_version.as_ref().into();
    for (name, output) in file.outputs {
        let output =
            outputs::from_wire(&output).map_err(|error| StateError::invalid(format!("output `{name}`"), error))?;
        state.outputs.insert(name.as_ref().into(), output);
    }
    let mut names = DependencyNames::default();
    for resource in file.resources {
        let (address, resource) = read_resource(resource, &mut names)?;
        state.resources.insert(address, resource);
    }
    if let Some(results) = file.check_results {
        state.check_results = Some(results.into_iter().map(checks::from_wire).collect::<Result<_, _>>()?);
    }
    Ok(state)
}

/// Returns the state that a file holds which may be encrypted. One that is kept otherwise than it would be now counts as
/// changed: the next write writes it anew.
pub(crate) fn read_sealed(text: &[u8], encryption: &Encryption) -> Result<State, StateError> {
    let mut state = read(&encryption.open(text)?)?;
    state.changed = encryption.is_outdated(text);
    Ok(state)
}

/// Returns why a text that is not version 4 is refused, most telling reason first.
fn explain(text: &[u8], error: serde_json::Error) -> StateError {
    let Ok(tree) = serde_json::from_slice::<serde_json::Value>(text) else {
        return StateError::Syntax(error);
    };
    match tree.get("version").map(|version| version.as_u64()) {
        None => StateError::NotAState,
        Some(Some(4)) => StateError::invalid("the state", error),
        Some(Some(version)) => unsupported(version),
        Some(None) => StateError::invalid("`version`", "it is not a whole number"),
    }
}

fn unsupported(version: u64) -> StateError {
    let hint = if version > 4 {
        "it may have been created by a newer version of landfall or Terraform"
    } else {
        "apply it once with Terraform 1.x, which upgrades it"
    };
    StateError::UnsupportedVersion { version, hint }
}

fn read_resource(
    resource: wire::Resource<'_>,
    names: &mut DependencyNames,
) -> Result<(AbsResource, ResourceState), StateError> {
    let module: ModuleInstance =
        resource.module.parse().map_err(|error| StateError::invalid("a resource's module", error))?;
    let mode = match resource.mode.as_ref() {
        "managed" => Mode::Managed,
        "data" => Mode::Data,
        other => return Err(StateError::invalid("a resource", format!("mode `{other}` is not known"))),
    };
    let block = Resource { mode, r#type: names.intern(&resource.r#type), name: names.intern(&resource.name) };
    let address = AbsResource { module, resource: block };
    let provider: ProviderConfig = resource
        .provider
        .parse()
        .map_err(|error| StateError::invalid(format!("the provider of `{address}`"), error))?;
    let mut instances: BTreeMap<_, InstanceState> = BTreeMap::new();
    for instance in resource.instances {
        let place = || format!("an instance of `{address}`");
        let (key, deposed, object) = object::from_wire(instance, names, &place)?;
        let instance = instances.entry(key).or_default();
        let object = Arc::new(object);
        match deposed {
            None => instance.current = Some(object),
            Some(key) => {
                instance.deposed.insert(key, object);
            }
        }
    }
    Ok((address, ResourceState { provider, instances }))
}

/// Names and dependency lists seen so far, so that equal ones are stored once.
#[derive(Default)]
pub(crate) struct DependencyNames {
    texts: BTreeSet<Arc<str>>,
    resources: BTreeMap<Box<str>, ConfigResource>,
    last: Option<Arc<[ConfigResource]>>,
}

impl DependencyNames {
    fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(text) = self.texts.get(text) {
            return text.clone();
        }
        let text: Arc<str> = text.into();
        self.texts.insert(text.clone());
        text
    }

    pub(super) fn resolve(
        &mut self,
        dependencies: &[std::borrow::Cow<'_, str>],
        place: &dyn Fn() -> String,
    ) -> Result<Arc<[ConfigResource]>, StateError> {
        let list: Vec<ConfigResource> =
            dependencies.iter().map(|text| self.resource(text, place)).collect::<Result<_, _>>()?;
        match &self.last {
            Some(last) if **last == *list => Ok(last.clone()),
            _ => {
                let list: Arc<[ConfigResource]> = list.into();
                self.last = Some(list.clone());
                Ok(list)
            }
        }
    }

    fn resource(&mut self, text: &str, place: &dyn Fn() -> String) -> Result<ConfigResource, StateError> {
        if let Some(resource) = self.resources.get(text) {
            return Ok(resource.clone());
        }
        let address: AbsResource = text.parse().map_err(|error| StateError::invalid(place(), error))?;
        let resource = address.config();
        self.resources.insert(text.into(), resource.clone());
        Ok(resource)
    }
}
