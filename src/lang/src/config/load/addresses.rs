//! Addresses in `moved`, `removed` and `import` blocks.

use std::sync::Arc;

use landfall_addr::{InstanceKey, Mode, ModuleInstance, ModuleStep, Resource, ResourceInstance, Target};
use landfall_diag::Span;
use landfall_value::Value;

use crate::config::load::context::Context;
use crate::expr::{AccessKind, Traversal};

/// Words that begin other references and are no resource types.
const RESERVED: [&str; 9] = ["count", "each", "local", "path", "self", "terraform", "var", "template", "lazy"];

/// Reads a module, resource or resource instance.
pub(crate) fn target(traversal: &Traversal, context: &mut Context<'_>) -> Option<Target> {
    let steps = parts(traversal);
    let mut steps = steps.as_slice();
    let module = module_path(&mut steps, context)?;
    if steps.is_empty() {
        return Some(Target::Module(module));
    }
    let resource = resource(&mut steps, traversal.span, context)?;
    let Some(((step, span), rest)) = steps.split_first() else {
        return Some(Target::Resource(resource.within(module)));
    };
    let Part::Index(key) = step else {
        invalid("Resource instance key must be given in square brackets.", *span, context);
        return None;
    };
    let key = instance_key(key).or_else(|| {
        invalid("Invalid resource instance key: a whole number or a string is required.", *span, context);
        None
    })?;
    if let Some((_, span)) = rest.first() {
        invalid("Unexpected extra operators after address.", *span, context);
        return None;
    }
    Some(Target::Instance(ResourceInstance { module, resource, key }))
}

fn invalid(detail: &str, span: Span, context: &mut Context<'_>) {
    context.error("Invalid address", detail, span);
}

/// One part of an address.
enum Part {
    Name(Arc<str>),
    Index(Value),
}

fn parts(traversal: &Traversal) -> Vec<(Part, Span)> {
    let steps = traversal.steps.iter().filter_map(|step| match &step.kind {
        AccessKind::Attribute(name) => Some((Part::Name(name.clone()), step.span)),
        AccessKind::Constant(key) => Some((Part::Index(key.clone()), step.span)),
        AccessKind::Computed(_) => None,
    });
    std::iter::once((Part::Name(traversal.root.clone()), traversal.root_span)).chain(steps).collect()
}

type Steps<'a> = &'a [(Part, Span)];

fn take_name(steps: &mut Steps<'_>) -> Option<Arc<str>> {
    let ((Part::Name(name), _), rest) = steps.split_first()? else { return None };
    *steps = rest;
    Some(name.clone())
}

fn module_path(steps: &mut Steps<'_>, context: &mut Context<'_>) -> Option<ModuleInstance> {
    let mut path: Vec<ModuleStep> = Vec::new();
    while let Some(((Part::Name(word), span), rest)) = steps.split_first()
        && &**word == "module"
    {
        *steps = rest;
        let Some(name) = take_name(steps) else {
            context.error("Invalid address operator", "Prefix \"module.\" must be followed by a module name.", *span);
            return None;
        };
        let mut key = InstanceKey::None;
        if let Some(((Part::Index(value), span), rest)) = steps.split_first() {
            *steps = rest;
            key = instance_key(value).or_else(|| {
                let detail = "Invalid module index: a whole number or a string is required.";
                context.error("Invalid address operator", detail, *span);
                None
            })?;
        }
        path.push(ModuleStep { name, key });
    }
    Some(path.into_iter().collect())
}

fn resource(steps: &mut Steps<'_>, whole: Span, context: &mut Context<'_>) -> Option<Resource> {
    let mut mode = Mode::Managed;
    let mut prefixed = true;
    match steps.first() {
        Some((Part::Name(word), _)) if &**word == "data" => mode = Mode::Data,
        Some((Part::Name(word), _)) if &**word == "ephemeral" => mode = Mode::Ephemeral,
        Some((Part::Name(word), _)) if &**word == "resource" => {}
        _ => prefixed = false,
    }
    if prefixed {
        *steps = &steps[1..];
    }
    if let Some((Part::Name(word), _)) = steps.first()
        && !prefixed
        && RESERVED.contains(&&**word)
    {
        let detail = format!(
            "The keyword \"{word}\" is reserved and cannot be used to target a resource address. If you are targeting a \
             resource type that uses a reserved keyword, please prefix your address with \"resource.\"."
        );
        invalid(&detail, whole, context);
        return None;
    }
    let place = steps.last().map_or(whole, |(_, span)| *span);
    match (take_name(steps), take_name(steps)) {
        (Some(r#type), Some(name)) => Some(Resource { mode, r#type, name }),
        _ => {
            invalid("Resource specification must include a resource type and name.", place, context);
            None
        }
    }
}

/// Returns the key that a constant means.
pub(crate) fn instance_key(value: &Value) -> Option<InstanceKey> {
    if let Some(name) = value.as_str() {
        return Some(InstanceKey::name(name));
    }
    value.as_number()?.to_usize().map(|index| InstanceKey::Index(index as u64))
}
