//! From the model to the file's text.

use std::borrow::Cow;
use std::io::{self, Write};

use landfall_addr::{AbsResource, Mode};
use serde::Serialize;

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

fn file(state: &State) -> wire::File<'_> {
    wire::File {
        version: Some(4),
        terraform_version: State::TERRAFORM_VERSION.into(),
        serial: state.serial,
        lineage: Cow::Borrowed(&state.lineage),
        outputs: state
            .outputs
            .iter()
            .filter_map(|(name, output)| Some((Cow::Borrowed(&**name), outputs::to_wire(output)?)))
            .collect(),
        resources: state.resources.iter().filter_map(resource).collect(),
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
