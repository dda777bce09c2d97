//! A state, for people: `show` and `state show`.

use std::fmt::Write;

use landfall_addr::{Mode, ModuleInstance, ProviderConfig};
use landfall_state::{ObjectId, ObjectState, State, Status};
use landfall_value::Marks;
use landfall_value::json::JsonError;

use super::diff::{Focus, Look, Shape, compare, compare_object, quoted, render as render_tree};
use super::objects::{attributes, in_order};
use super::schemas::Schemas;
use super::style::Style;

/// Returns a whole state: objects by module, then outputs.
///
/// # Errors
/// Where the attributes of an object are no JSON.
pub fn render(state: &State, schemas: &dyn Schemas, style: Style) -> Result<String, JsonError> {
    if state.is_empty() {
        return Ok("The state file is empty. No resources are represented.\n".to_owned());
    }
    let mut out = String::new();
    let mut previous: Option<ModuleInstance> = None;
    for (id, provider, object) in in_order(state) {
        let is_first = previous.as_ref() != Some(&id.address.module);
        if previous.is_some() || !id.address.module.is_root() {
            out.push_str(if is_first { "\n\n" } else { "\n" });
        }
        write_object(&mut out, &id, provider, object, schemas, style)?;
        previous = Some(id.address.module);
    }
    write_outputs(&mut out, state, style);
    Ok(out)
}

/// Returns one object, or nothing if the state does not have it.
///
/// # Errors
/// Where its attributes are no JSON.
pub fn render_object(
    state: &State,
    id: &ObjectId,
    schemas: &dyn Schemas,
    style: Style,
) -> Result<Option<String>, JsonError> {
    let resource = state.resource(&id.address.abs_resource());
    let (Some(resource), Some(object)) = (resource, state.object(id)) else { return Ok(None) };
    let mut out = String::new();
    write_object(&mut out, id, &resource.provider, object, schemas, style)?;
    Ok(Some(out))
}

fn write_object(
    out: &mut String,
    id: &ObjectId,
    provider: &ProviderConfig,
    object: &ObjectState,
    schemas: &dyn Schemas,
    style: Style,
) -> Result<(), JsonError> {
    let resource = &id.address.resource;
    let schema = schemas.of_resource(&provider.source, resource.mode, &resource.r#type);
    let block = schema.map(|schema| &schema.block);
    let value = attributes(object, block)?;
    let remark = match (&id.deposed, object.status) {
        (Some(key), _) => format!(" (deposed object {key})"),
        (None, Status::Tainted) => " (tainted)".to_owned(),
        (None, Status::Ready) => String::new(),
    };
    let keyword = if resource.mode == Mode::Data { "data" } else { "resource" };
    let (r#type, name) = (quoted(&resource.r#type), quoted(&resource.name));
    write!(out, "# {}:{remark}\n{keyword} {type} {name} ", id.address).expect("a string takes everything");
    let tree = compare_object(block, Some(&value), Some(&value), &Focus::default());
    render_tree(out, &tree, 0, Look::of_object(style));
    out.push('\n');
    Ok(())
}

fn write_outputs(out: &mut String, state: &State, style: Style) {
    if state.outputs().is_empty() {
        return;
    }
    out.push_str("\n\nOutputs:\n\n");
    for (name, output) in state.outputs() {
        let marks = if output.sensitive { Marks::SENSITIVE } else { Marks::NONE };
        let value = output.value.clone().with_marks(marks);
        let r#type = value.r#type();
        let tree = compare(Shape::Plain(&r#type), Some(&value), Some(&value), &Focus::default());
        write!(out, "{name} = ").expect("a string takes everything");
        render_tree(out, &tree, 0, Look::of_object(style));
        out.push('\n');
    }
}

#[cfg(test)]
mod tests;
