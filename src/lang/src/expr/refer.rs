//! What a traversal refers to.

use std::sync::Arc;

use landfall_addr::{InstanceKey, Mode, Resource};
use landfall_diag::{Diagnostic, Span};
use landfall_value::{Kind, Value};

use super::{AccessKind, AccessStep, Traversal};
use crate::suggest::suggestion;
use crate::{Reference, Referent};

impl Traversal {
    /// Returns what the traversal refers to.
    ///
    /// # Errors
    /// When it cannot be a reference, such as `var` without a name.
    pub fn reference(&self) -> Result<Reference, Diagnostic> {
        reference(&self.root, self.root_span, &self.steps).map(|(reference, _)| reference)
    }
}

/// Returns the reference that a root name with its steps is, and how many of the steps belong to the name.
pub(super) fn reference(
    root: &Arc<str>,
    root_span: Span,
    steps: &[AccessStep],
) -> Result<(Reference, u32), Diagnostic> {
    let at = Steps { root, root_span, steps };
    let (referent, used) = match &**root {
        "var" => (Referent::Variable(at.single()?), 1),
        "local" => (Referent::Local(at.single()?), 1),
        "output" => (Referent::Output(at.single()?), 1),
        "module" => (Referent::Module(at.single()?), 1),
        "count" => (at.one_of("count", &[("index", Referent::CountIndex)])?, 1),
        "each" => (at.one_of("each", &[("key", Referent::EachKey), ("value", Referent::EachValue)])?, 1),
        "path" => (
            at.one_of(
                "path",
                &[("module", Referent::PathModule), ("root", Referent::PathRoot), ("cwd", Referent::PathCwd)],
            )?,
            1,
        ),
        "terraform" => {
            (at.one_of("terraform", &[("workspace", Referent::Workspace), ("applying", Referent::Applying)])?, 1)
        }
        "self" => (Referent::SelfObject, 0),
        "data" => (Referent::Resource(at.resource(Mode::Data, 1)?), 2),
        "ephemeral" => (Referent::Resource(at.resource(Mode::Ephemeral, 1)?), 2),
        "resource" => (Referent::Resource(at.resource(Mode::Managed, 1)?), 2),
        "template" | "lazy" | "arg" => {
            let detail = format!(
                "The symbol name `{root}` is reserved for use in a future version of the language. If this is a \
                 resource type, add the prefix `resource.`."
            );
            return Err(Diagnostic::error("Reserved symbol name", detail).at(root_span));
        }
        _ => (Referent::Resource(at.resource(Mode::Managed, 0)?), 1),
    };
    let rest = &steps[used..];
    let takes_key = matches!(referent, Referent::Resource(_) | Referent::Module(_));
    let key = if takes_key { rest.first().and_then(instance_key) } else { None };
    let own = used + usize::from(key.is_some());
    let is_module = matches!(referent, Referent::Module(_));
    let output = steps.get(own).filter(|step| is_module && matches!(step.kind, AccessKind::Attribute(_)));
    let span = output.or(steps[..own].last()).map_or(root_span, |step| root_span.to(step.span));
    let attributes = steps[own..]
        .iter()
        .map_while(|step| match &step.kind {
            AccessKind::Attribute(name) => Some(name.clone()),
            AccessKind::Constant(_) | AccessKind::Computed(_) => None,
        })
        .collect::<Vec<_>>();
    let attribute_span = if attributes.is_empty() { None } else { steps.get(own).map(|step| step.span) };
    Ok((Reference { referent, key, attributes, span, attribute_span }, used as u32))
}

/// Says the same of a root without a name behind it as of one with an empty name: Terraform reports both.
pub(super) fn without_name(root: &str, steps: &[AccessStep]) -> Option<Diagnostic> {
    if matches!(steps.first(), Some(AccessStep { kind: AccessKind::Attribute(_), .. })) {
        return None;
    }
    let attribute = || format!("The \"{root}\" object does not have an attribute named \"\".");
    Some(match root {
        "var" => Diagnostic::error(
            "Reference to undeclared input variable",
            "An input variable with the name \"\" has not been declared.",
        ),
        "local" => Diagnostic::error(
            "Reference to undeclared local value",
            "A local value with the name \"\" has not been declared.",
        ),
        "path" | "terraform" | "count" | "each" => {
            Diagnostic::error(format!("Invalid \"{root}\" attribute"), attribute())
        }
        _ => return None,
    })
}

struct Steps<'a> {
    root: &'a str,
    root_span: Span,
    steps: &'a [AccessStep],
}

impl Steps<'_> {
    fn invalid(&self, detail: String, at: Span) -> Diagnostic {
        Diagnostic::error("Invalid reference", detail).at(at)
    }

    /// Returns the attribute name right after the root.
    fn single(&self) -> Result<Arc<str>, Diagnostic> {
        let root = self.root;
        match self.steps.first().map(|step| (&step.kind, step.span)) {
            None => {
                let detail =
                    format!("The `{root}` object cannot be accessed directly. Instead, access one of its attributes.");
                Err(self.invalid(detail, self.root_span))
            }
            Some((AccessKind::Attribute(name), _)) => Ok(name.clone()),
            Some((_, span)) => Err(self.invalid(format!("The `{root}` object does not support this operation."), span)),
        }
    }

    fn one_of(&self, root: &str, known: &[(&str, Referent)]) -> Result<Referent, Diagnostic> {
        let name = self.single()?;
        if let Some((_, referent)) = known.iter().find(|(known, _)| *known == &*name) {
            return Ok(referent.clone());
        }
        let hint = suggestion(&name, known.iter().map(|(known, _)| *known));
        let names: Vec<String> = known.iter().map(|(known, _)| format!("`{root}.{known}`")).collect();
        let detail = format!("The `{root}` object has no attribute `{name}`; it has {}.{hint}", names.join(", "));
        let at = self.root_span.to(self.steps[0].span);
        Err(Diagnostic::error(format!("Invalid \"{root}\" attribute"), detail).at(at))
    }

    /// Returns the resource of the names after `skip` steps; with none skipped the root is the type.
    fn resource(&self, mode: Mode, skip: usize) -> Result<Resource, Diagnostic> {
        let whole = self.steps.iter().take(skip + 1).fold(self.root_span, |span, step| span.to(step.span));
        let name_of = |step: Option<&AccessStep>| match step.map(|step| (&step.kind, step.span)) {
            Some((AccessKind::Attribute(name), _)) => Ok(name.clone()),
            Some((_, span)) => {
                let detail = format!("The `{}` object does not support this operation.", self.root);
                Err(self.invalid(detail, span))
            }
            None if skip == 1 => {
                let detail = format!(
                    "The `{}` object must be followed by two attribute names: the type and the name of a resource.",
                    self.root
                );
                Err(self.invalid(detail, whole))
            }
            None => {
                let detail = "A reference to a resource type must be followed by at least one attribute access, \
                              specifying the resource name.";
                Err(self.invalid(detail.to_owned(), self.root_span))
            }
        };
        let r#type = if skip == 1 { name_of(self.steps.first())? } else { self.root.into() };
        let name = name_of(self.steps.get(skip))?;
        Ok(Resource { mode, r#type, name })
    }
}

fn instance_key(step: &AccessStep) -> Option<InstanceKey> {
    let AccessKind::Constant(value) = &step.kind else { return None };
    key_of(value)
}

fn key_of(value: &Value) -> Option<InstanceKey> {
    match value.kind() {
        Kind::String(text) => Some(InstanceKey::Name(text.clone())),
        Kind::Number(number) => Some(InstanceKey::Index(number.to_usize()?.try_into().ok()?)),
        _ => None,
    }
}
