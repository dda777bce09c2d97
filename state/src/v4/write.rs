//! From the model to the file's text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use landfall_addr::{AbsResource, Mode};
use serde::{Serialize, Serializer};

use super::pretty::TerraformFormatter;
use super::{checks, object, outputs, wire};
use crate::encryption::About;
use crate::{Encryption, ResourceState, State, StateError};

/// Writes a state with its own serial, laid out as Terraform does.
pub(crate) fn write(state: &State, mut writer: impl Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut writer, TerraformFormatter::default());
    file(state).serialize(&mut serializer).map_err(io::Error::from)?;
    writer.write_all(b"\n")
}

/// Returns the text of a state, encrypted.
pub(crate) fn sealed(state: &State, encryption: &Encryption) -> Result<Vec<u8>, StateError> {
    let mut text = Vec::new();
    write(state, &mut text).expect("writing to memory does not fail");
    let about = About { lineage: &state.lineage, serial: state.serial };
    Ok(encryption.seal(&text, Some(about))?.into_owned())
}

/// A file, as [`wire::File`] reads it.
#[derive(Serialize)]
struct File<'a> {
    version: u64,
    terraform_version: &'a str,
    serial: u64,
    lineage: &'a str,
    outputs: BTreeMap<Cow<'a, str>, wire::Output<'a>>,
    resources: Resources<'a>,
    check_results: Option<Vec<wire::CheckResult>>,
}

/// Resources, of which one at a time is made into an entry.
struct Resources<'a>(&'a BTreeMap<AbsResource, ResourceState>);

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter_map(resource))
    }
}

fn file(state: &State) -> File<'_> {
    File {
        version: 4,
        terraform_version: State::TERRAFORM_VERSION,
        serial: state.serial,
        lineage: &state.lineage,
        outputs: state
            .outputs
            .iter()
            .filter_map(|(name, output)| Some((Cow::Borrowed(&**name), outputs::to_wire(output)?)))
            .collect(),
        resources: Resources(&state.resources),
        check_results: state.check_results.as_ref().map(|results| results.iter().map(checks::to_wire).collect()),
    }
}

/// Returns the entry of a resource; none for ephemeral ones, which are never stored.
fn resource<'a>((address, resource): (&'a AbsResource, &'a ResourceState)) -> Option<wire::Resource<'a>> {
    let mode = match address.resource.mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => return None,
    };
    let instances = resource.instances.iter().flat_map(|(key, instance)| {
        let current = instance.current.iter().map(|object| object::to_wire(key, None, object));
        let deposed = instance.deposed.iter().map(|(deposed, object)| object::to_wire(key, Some(deposed), object));
        current.chain(deposed)
    });
    Some(wire::Resource {
        module: match address.module.is_root() {
            true => Cow::Borrowed(""),
            false => Cow::Owned(address.module.to_string()),
        },
        mode: Cow::Borrowed(mode),
        r#type: Cow::Borrowed(&address.resource.r#type),
        name: Cow::Borrowed(&address.resource.name),
        provider: Cow::Owned(resource.provider.to_string()),
        instances: instances.collect(),
    })
}
