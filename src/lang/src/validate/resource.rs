//! Resource blocks against the schema of their type.

use landfall_addr::Mode;
use landfall_diag::Diagnostic;
use landfall_value::Step;
use landfall_value::schema;

use super::module::{Validation, no_provider};
use super::validate_body;
use crate::config::{IgnoreChanges, Provisioner, ResourceBlock};
use crate::suggest::suggestion;

/// Checks the body of a resource block, and what else depends on its schema.
pub(super) fn check_resource(validation: &mut Validation<'_>, resource: &ResourceBlock) {
    let (name, _) = validation.module.provider_of(resource);
    let source = validation.module.provider_source(&name);
    let address = &resource.address;
    if let Some(schema) = validation.schemas.resource(&source, address.mode, &address.r#type) {
        validation.diagnostics.extend(validate_body(&resource.body, schema));
        check_ignored(validation, resource, schema);
        return;
    }
    if validation.schemas.provider(&source).is_none() {
        validation.diagnostics.push(no_provider(&source.to_string()).at(resource.span));
        return;
    }
    let (summary, kind, other) = match address.mode {
        Mode::Managed => ("Invalid resource type", "resource type", Some((Mode::Data, "data source", "data"))),
        Mode::Data => ("Invalid data source", "data source", Some((Mode::Managed, "resource type", "resource"))),
        Mode::Ephemeral => ("Invalid ephemeral resource", "ephemeral resource", None),
    };
    let r#type = &address.r#type;
    let types = validation.schemas.types(&source, address.mode);
    let mut hint = suggestion(r#type, types.iter().map(String::as_str));
    if let Some((mode, what, keyword)) = other
        && validation.schemas.resource(&source, mode, r#type).is_some()
    {
        hint = format!(
            "\n\nDid you intend to use the {what} \"{type}\"? If so, declare this using a \"{keyword}\" block instead."
        );
    }
    let detail = format!("The provider {source} does not support {kind} \"{type}\".{hint}");
    validation.diagnostics.push(Diagnostic::error(summary, detail).at(resource.span));
}

fn check_ignored(validation: &mut Validation<'_>, resource: &ResourceBlock, schema: &schema::Block) {
    let IgnoreChanges::Paths(paths) = &resource.lifecycle.ignore_changes else { return };
    for (path, span) in paths {
        let Some(Step::Attribute(name)) = path.0.first() else { continue };
        match schema.attributes.get(name) {
            Some(attribute) if !attribute.required && !attribute.optional => {
                let detail = format!(
                    "Adding an attribute name to ignore_changes tells Terraform to ignore future changes to the \
                     argument in configuration after the object has been created, retaining the value originally \
                     configured.\n\nThe attribute {name} is decided by the provider alone and therefore there can be \
                     no configured value to compare with. Including this attribute in ignore_changes has no effect. \
                     Remove the attribute from ignore_changes to quiet this warning."
                );
                let warning = Diagnostic::warning("Redundant ignore_changes element", detail);
                validation.diagnostics.push(warning.at(resource.span));
            }
            Some(_) => {}
            None if schema.blocks.contains_key(name) => {}
            None => validation.diagnostics.push(unsupported_attribute(name, schema).at(*span)),
        }
    }
}

/// Says that objects of a schema have no such attribute.
pub(super) fn unsupported_attribute(name: &str, schema: &schema::Block) -> Diagnostic {
    let names = schema.attributes.keys().chain(schema.blocks.keys()).map(|name| &**name);
    let hint = suggestion(name, names);
    let detail = format!("This object has no argument, nested block, or exported attribute named \"{name}\".{hint}");
    Diagnostic::error("Unsupported attribute", detail)
}

pub(super) fn check_provisioner(validation: &mut Validation<'_>, provisioner: &Provisioner) {
    match validation.schemas.provisioner(&provisioner.r#type) {
        Some(schema) => validation.diagnostics.extend(validate_body(&provisioner.body, schema)),
        None => {
            let detail = format!("There is no provisioner \"{}\".", provisioner.r#type);
            let problem = Diagnostic::error("Unsupported provisioner type", detail);
            validation.diagnostics.push(problem.at(provisioner.span));
        }
    }
}
