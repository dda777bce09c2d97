//! Resource blocks against the schema of their type.

use landfall_addr::{Mode, ProviderSource};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::Step;
use landfall_value::schema;

use super::body::READ_ONLY;
use super::{Schemas, validate_body};
use crate::config::{IgnoreChanges, Module, Provisioner, ResourceBlock};
use crate::suggest::suggestion;

/// Checks the body of a resource block, and what else depends on its schema. With `wrong_names` in the body, arguments
/// are not looked at.
pub(super) fn check_resource(
    module: &Module,
    schemas: &dyn Schemas,
    resource: &ResourceBlock,
    wrong_names: bool,
    found: &mut Diagnostics,
) {
    let (name, _) = module.provider_of(resource);
    let source = module.provider_source(&name);
    let address = &resource.address;
    if let Some(schema) = schemas.resource(&source, address.mode, &address.r#type) {
        let wrong = if wrong_names { Diagnostics::new() } else { validate_body(&resource.body, schema) };
        let wrong = read_only_last(wrong, source == ProviderSource::builtin());
        if !wrong_names && !wrong.has_errors() {
            check_ignored(resource, schema, found);
        }
        found.extend(wrong);
        return;
    }
    if schemas.provider(&source).is_none() {
        // Said once, of the configuration.
        return;
    }
    let (summary, kind, other) = match address.mode {
        Mode::Managed => ("Invalid resource type", "resource type", Some((Mode::Data, "data source", "data"))),
        Mode::Data => ("Invalid data source", "data source", Some((Mode::Managed, "resource type", "resource"))),
        Mode::Ephemeral => ("Invalid ephemeral resource", "ephemeral resource", None),
    };
    let r#type = &address.r#type;
    let types = schemas.types(&source, address.mode);
    let mut hint = suggestion(r#type, types.iter().map(String::as_str));
    if let Some((mode, what, keyword)) = other
        && schemas.resource(&source, mode, r#type).is_some()
    {
        hint = format!(
            "\n\nDid you intend to use the {what} \"{type}\"? If so, declare this using a \"{keyword}\" block instead."
        );
    }
    let detail = format!("The provider {source} does not support {kind} \"{type}\".{hint}");
    found.push(Diagnostic::error(summary, detail).at(resource.span));
}

/// Keeps what is said of read-only attributes, which is the provider's to say, only if nothing else is wrong. The built-in
/// provider has its own words for it.
fn read_only_last(found: Diagnostics, is_builtin: bool) -> Diagnostics {
    let is_read_only = |finding: &Diagnostic| finding.summary == READ_ONLY;
    if found.iter().any(|finding| finding.is_error() && !is_read_only(finding)) {
        return found.into_iter().filter(|finding| !is_read_only(finding)).collect();
    }
    let reworded = |finding: Diagnostic| match finding.detail.split('"').nth(1) {
        Some(name) if is_builtin && is_read_only(&finding) => {
            Diagnostic::error(format!("\"{name}\" attribute is read-only"), finding.detail)
        }
        _ => finding,
    };
    found.into_iter().map(reworded).collect()
}

fn check_ignored(resource: &ResourceBlock, schema: &schema::Block, found: &mut Diagnostics) {
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
                found.push(warning.at(resource.span));
            }
            Some(_) => {}
            None if schema.blocks.contains_key(name) => {}
            None => found.push(unsupported_attribute(name, schema).at(*span)),
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

pub(super) fn check_provisioner(schemas: &dyn Schemas, provisioner: &Provisioner, found: &mut Diagnostics) {
    match schemas.provisioner(&provisioner.r#type) {
        Some(schema) => found.extend(validate_body(&provisioner.body, schema)),
        None => {
            let detail = format!("There is no provisioner \"{}\".", provisioner.r#type);
            let problem = Diagnostic::error("Unsupported provisioner type", detail);
            found.push(problem.at(provisioner.span));
        }
    }
}
