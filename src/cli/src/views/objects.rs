//! Objects of a state: in the order in which they are shown, and as values.

use landfall_addr::ProviderConfig;
use landfall_state::{ObjectId, ObjectState, State};
use landfall_value::json::{Extra, JsonError, from_text, from_text_implied};
use landfall_value::schema::{Block, mark_sensitive};
use landfall_value::{Marks, Value};

/// An object with its name and the provider configuration that manages it.
pub(super) type NamedObject<'a> = (ObjectId, &'a ProviderConfig, &'a ObjectState);

/// Returns the objects of a state: those of a module before those of the modules that it calls, by the text of their
/// addresses.
pub(super) fn in_order(state: &State) -> Vec<NamedObject<'_>> {
    let mut objects: Vec<NamedObject<'_>> =
        state.objects().map(|(id, provider, object)| (id, provider, &**object)).collect();
    objects.sort_by_cached_key(|(id, _, _)| {
        let module = id.address.module.steps().iter().map(|step| format!("{}{}", step.name, step.key));
        let resource = id.address.resource.to_string();
        (module.collect::<Vec<String>>(), resource, id.address.key.clone(), id.deposed.clone())
    });
    objects
}

/// Returns the attributes of an object with all their marks. Without a schema, or where the attributes do not fit it,
/// values are what the text says.
///
/// # Errors
/// Where the attributes are no JSON; a state cannot hold such an object.
pub(super) fn attributes(object: &ObjectState, block: Option<&Block>) -> Result<Value, JsonError> {
    let of_schema = block.and_then(|block| {
        let r#type = block.value_type();
        let value = object.value(|text| from_text(text.as_str(), &r#type, Extra::Drop)).ok()?;
        Some(mark_sensitive(block, value))
    });
    let value = match of_schema {
        Some(value) => value,
        None => from_text_implied(object.attributes.as_str())?,
    };
    Ok(value.mark_paths(&object.sensitive_paths, Marks::SENSITIVE))
}
