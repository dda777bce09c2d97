//! References against what is declared.

use landfall_addr::{InstanceKey, Mode, Resource};
use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_value::Type;

use super::Schemas;
use super::resource::unsupported_attribute;
use crate::config::{Module, ResourceBlock};
use crate::suggest::suggestion;
use crate::{Expr, Reference, Referent};

/// What is said of `each.value` where there is none.
pub(super) const EACH_VALUE: &str = "each.value cannot be used in this context";

/// First words of references that always stand for something.
const ALWAYS_THERE: [&str; 11] =
    ["var", "local", "path", "terraform", "count", "each", "self", "resource", "data", "ephemeral", "module"];

/// How the block that holds an expression is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    None,
    Count,
    ForEach,
    /// Told when it is evaluated.
    Unknown,
}

impl Repeat {
    pub(super) fn of(count: &Option<Expr>, for_each: &Option<Expr>) -> Self {
        match (count, for_each) {
            (_, Some(_)) => Self::ForEach,
            (Some(_), None) => Self::Count,
            (None, None) => Self::None,
        }
    }
}

/// The names that an expression may use.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    module: &'a Module,
    schemas: &'a dyn Schemas,
    repeat: Repeat,
    /// The block that `self` stands for.
    own: Option<&'a ResourceBlock>,
    /// The data source of the `check` block around.
    scoped: Option<&'a ResourceBlock>,
}

impl<'a> Names<'a> {
    pub(super) fn new(module: &'a Module, schemas: &'a dyn Schemas, repeat: Repeat) -> Self {
        Self { module, schemas, repeat, own: None, scoped: None }
    }

    pub(super) fn with_self<'b>(self, own: &'b ResourceBlock) -> Names<'b>
    where
        'a: 'b,
    {
        Names { own: Some(own), ..self }
    }

    pub(super) fn within<'b>(self, scoped: Option<&'b ResourceBlock>) -> Names<'b>
    where
        'a: 'b,
    {
        Names { scoped, ..self }
    }

    /// Adds what is wrong with the references of expressions, each on its own.
    pub(super) fn check<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>, diagnostics: &mut Diagnostics) {
        for expr in exprs {
            self.check_all(&[expr], diagnostics);
        }
    }

    /// Adds what is wrong with the references of expressions whose names are looked up together, and returns whether
    /// there is something. Where an object is wrong, names are not looked up any more.
    pub(super) fn check_all(&self, exprs: &[&Expr], diagnostics: &mut Diagnostics) -> bool {
        let only_objects = self.has_wrong_objects(exprs);
        // What has no place is about an empty name.
        let errors = exprs.iter().flat_map(|expr| expr.reference_errors());
        let mut found: Vec<Diagnostic> =
            errors.filter(|error| !only_objects || error.subject.is_some()).cloned().collect();
        for reference in exprs.iter().flat_map(|expr| expr.references()) {
            if !only_objects || names_object(&reference.referent) {
                found.extend(self.problems(reference));
            }
        }
        let wrong = !found.is_empty();
        diagnostics.extend(found);
        wrong
    }

    /// Returns whether a reference to an object, which needs no value to be judged, is wrong.
    pub(super) fn has_wrong_objects(&self, exprs: &[&Expr]) -> bool {
        let mut references = exprs.iter().flat_map(|expr| expr.references());
        references.any(|reference| {
            names_object(&reference.referent)
                && self.problems(reference).iter().any(|problem| !of_module_output(&reference.referent, problem))
        })
    }

    /// Says of names of an expression that they are not there: of all, where an object of the block is wrong; else of
    /// words that are taken for resource types.
    pub(super) fn unknown(&self, expr: &Expr, all: bool) -> Vec<Diagnostic> {
        let types: Vec<&str> = expr.references().iter().map(|reference| reference.referent.root()).collect();
        let is_absent = |root: &str| all || !(ALWAYS_THERE.contains(&root) || types.contains(&root));
        let unknown = |root: &str, span: Span| {
            let span = Span { end: span.start + root.len() as u32, ..span };
            Diagnostic::error("Unknown variable", format!("There is no variable named \"{root}\".")).at(span)
        };
        let named = expr.references().iter().filter(|_| all);
        let named = named.map(|reference| unknown(reference.referent.root(), reference.span));
        let nameless = expr.nameless().iter().filter(|(root, _)| is_absent(root));
        named.chain(nameless.map(|(root, span)| unknown(root, *span))).collect()
    }

    /// Adds what is wrong with references of `depends_on`.
    pub(super) fn check_dependencies(&self, references: &[Reference], diagnostics: &mut Diagnostics) {
        for reference in references {
            // Whole objects, whatever their keys.
            let whole = Reference { key: None, attributes: Vec::new(), ..reference.clone() };
            diagnostics.extend(self.problems(&whole));
        }
    }

    /// Returns what is wrong with a reference, each problem at its place.
    fn problems(&self, reference: &Reference) -> Vec<Diagnostic> {
        let problems = match &reference.referent {
            Referent::Resource(resource) => self.resource_problems(resource, reference),
            _ => self.problem(reference).into_iter().collect(),
        };
        let located = |problem: Diagnostic| {
            let span = problem.subject.unwrap_or(reference.span);
            problem.at(span)
        };
        problems.into_iter().map(located).collect()
    }

    fn problem(&self, reference: &Reference) -> Option<Diagnostic> {
        match &reference.referent {
            Referent::Variable(name) if !self.module.variables.contains_key(name) => {
                let names = self.module.variables.keys().map(|name| &**name);
                let hint = match suggestion(name, names) {
                    hint if hint.is_empty() => {
                        format!(" This variable can be declared with a variable \"{name}\" {{}} block.")
                    }
                    hint => hint,
                };
                let detail = format!("An input variable with the name \"{name}\" has not been declared.{hint}");
                Some(Diagnostic::error("Reference to undeclared input variable", detail))
            }
            Referent::Local(name) if !self.module.locals.contains_key(name) => {
                let hint = suggestion(name, self.module.locals.keys().map(|name| &**name));
                let detail = format!("A local value with the name \"{name}\" has not been declared.{hint}");
                Some(Diagnostic::error("Reference to undeclared local value", detail))
            }
            Referent::Module(name) => self.module_problem(name, reference),
            Referent::CountIndex | Referent::EachKey | Referent::EachValue if self.repeat == Repeat::Unknown => None,
            Referent::CountIndex if self.repeat != Repeat::Count => Some(Diagnostic::error(
                "Reference to \"count\" in non-counted context",
                "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and only when \
                 the \"count\" argument is set.",
            )),
            Referent::EachValue if self.repeat != Repeat::ForEach => {
                let detail = format!(
                    "The \"each.value\" object is available only in \"module\" or \"resource\" blocks whose \"for_each\" \
                     argument is set.{}",
                    self.count_hint()
                );
                Some(Diagnostic::error(EACH_VALUE, detail))
            }
            Referent::EachKey if self.repeat != Repeat::ForEach => {
                let detail = format!(
                    "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the \
                     \"for_each\" argument is set.{}",
                    self.count_hint()
                );
                Some(Diagnostic::error("Reference to \"each\" in context without for_each", detail))
            }
            Referent::SelfObject => match self.own {
                Some(own) => self.attribute_problem(own, reference),
                None => Some(Diagnostic::error(
                    "Invalid \"self\" reference",
                    "The \"self\" object is not available in this context. This object can be used only in resource \
                     provisioner, connection, and postcondition blocks.",
                )),
            },
            Referent::Variable(_) | Referent::Local(_) | Referent::Output(_) => None,
            Referent::CountIndex | Referent::EachKey | Referent::EachValue => None,
            Referent::PathModule | Referent::PathRoot | Referent::PathCwd => None,
            Referent::Workspace | Referent::Applying | Referent::Resource(_) => None,
        }
    }

    fn count_hint(&self) -> &'static str {
        match self.repeat {
            Repeat::Count => " This block has `count`: use count.index.",
            Repeat::None | Repeat::ForEach | Repeat::Unknown => "",
        }
    }

    fn module_problem(&self, name: &str, reference: &Reference) -> Option<Diagnostic> {
        let Some(call) = self.module.calls.get(name) else {
            let hint = suggestion(name, self.module.calls.keys().map(|name| &**name));
            let detail = format!("No module call named \"{name}\" is declared in {}.{hint}", self.module.place());
            return Some(Diagnostic::error("Reference to undeclared module", detail));
        };
        let child = self.module.children.get(name)?;
        let attribute = reference.attributes.first()?;
        let repeat = Repeat::of(&call.count, &call.for_each);
        if repeat != Repeat::None && reference.key.is_none() {
            // With `for_each`, `module.a.b` is the instance with key `b`, as far as can be told here.
            let detail = format!(
                "Because module.{name} has \"count\" set, its outputs must be accessed on specific instances: \
                 module.{name}[0].{attribute}"
            );
            let problem = Diagnostic::error("Unsupported attribute", detail).at(reference.attribute_span());
            return (repeat == Repeat::Count).then_some(problem);
        }
        if child.outputs.contains_key(attribute) {
            return None;
        }
        let hint = suggestion(attribute, child.outputs.keys().map(|name| &**name));
        let detail = format!("This object does not have an attribute named \"{attribute}\".{hint}");
        Some(Diagnostic::error("Unsupported attribute", detail).at(reference.attribute_span()))
    }

    fn resource_problems(&self, resource: &Resource, reference: &Reference) -> Vec<Diagnostic> {
        let scoped = self.scoped.filter(|block| block.address == *resource);
        match scoped.or_else(|| self.module.resources.get(resource)) {
            None => vec![self.undeclared_resource(resource)],
            Some(block) => {
                key_problem(block, reference).into_iter().chain(self.attribute_problem(block, reference)).collect()
            }
        }
    }

    /// Says that the objects of a block have no attribute of the name that a reference asks for.
    fn attribute_problem(&self, block: &ResourceBlock, reference: &Reference) -> Option<Diagnostic> {
        let resource = &block.address;
        let (name, _) = self.module.provider_of(block);
        let source = self.module.provider_source(&name);
        let schema = self.schemas.resource(&source, resource.mode, &resource.r#type)?;
        let attribute = reference.attributes.first()?;
        if &**attribute == "count" {
            let detail = format!(
                "The special \"count\" attribute is no longer supported after Terraform v0.12. Instead, use \
                 length({resource}) to count resource instances."
            );
            return Some(Diagnostic::error("Invalid resource count attribute", detail));
        }
        match schema.attributes.get(attribute) {
            Some(known) if matches!(known.r#type.value_type(), Type::Bool | Type::Number | Type::String) => {
                let detail = "Can't access attributes on a primitive-typed value.";
                let problem = Diagnostic::error("Unsupported attribute", detail).at(reference.attribute_span());
                (reference.attributes.len() > 1).then_some(problem)
            }
            Some(_) => None,
            None if schema.blocks.contains_key(attribute) => None,
            None => Some(unsupported_attribute(attribute, schema).at(reference.attribute_span())),
        }
    }

    fn undeclared_resource(&self, resource: &Resource) -> Diagnostic {
        let Resource { mode, r#type, name } = resource;
        let in_check =
            self.module.checks.values().find(|check| check.data.as_ref().is_some_and(|data| data.address == *resource));
        if let Some(check) = in_check {
            let detail = format!(
                "The referenced data resource \"{type}\" \"{name}\" is not available from this context: it is defined \
                 in check \"{}\", and can be used only there.",
                check.name
            );
            return Diagnostic::error("Reference to scoped resource", detail);
        }
        let kind = match mode {
            Mode::Managed => "managed",
            Mode::Data => "data",
            Mode::Ephemeral => "ephemeral",
        };
        let same_type = |other: &&Resource| other.mode == *mode && other.r#type == *r#type;
        let names = self.module.resources.keys().filter(same_type).map(|other| &*other.name);
        let mut hint = suggestion(name, names);
        let data = Resource { mode: Mode::Data, ..resource.clone() };
        if *mode == Mode::Managed && self.module.resources.contains_key(&data) {
            hint = format!("\n\nDid you mean the data resource {data}?");
        }
        let detail =
            format!("A {kind} resource \"{type}\" \"{name}\" has not been declared in {}.{hint}", self.module.place());
        Diagnostic::error("Reference to undeclared resource", detail)
    }
}

/// Returns whether a referent is an object of which the configuration alone says whether it is there.
fn names_object(referent: &Referent) -> bool {
    match referent {
        Referent::Resource(_) | Referent::Module(_) | Referent::SelfObject => true,
        Referent::Variable(_) | Referent::Local(_) | Referent::Output(_) => false,
        Referent::CountIndex | Referent::EachKey | Referent::EachValue => false,
        Referent::PathModule | Referent::PathRoot | Referent::PathCwd => false,
        Referent::Workspace | Referent::Applying => false,
    }
}

/// Returns whether a problem is about an output of a module, which is told from the module's value.
fn of_module_output(referent: &Referent, problem: &Diagnostic) -> bool {
    matches!(referent, Referent::Module(_)) && problem.summary == "Unsupported attribute"
}

/// Says that a key is missing, or is there and must not be.
fn key_problem(block: &ResourceBlock, reference: &Reference) -> Option<Diagnostic> {
    let address = &block.address;
    let has_key = reference.key.as_ref().is_some_and(|key| *key != InstanceKey::None);
    let repeat = Repeat::of(&block.count, &block.for_each);
    if repeat == Repeat::None {
        let detail = format!(
            "Because {address} does not have \"count\" or \"for_each\" set, references to it must not include an index \
             key. Remove the bracketed index to refer to the single instance of this resource."
        );
        return has_key.then(|| Diagnostic::error("Unexpected resource instance key", detail));
    }
    if has_key || reference.attributes.is_empty() {
        return None;
    }
    let (argument, key) = if repeat == Repeat::Count { ("count", "count.index") } else { ("for_each", "each.key") };
    let detail = format!(
        "Because {address} has \"{argument}\" set, its attributes must be accessed on specific instances.\n\nFor example, \
         to correlate with indices of a referring resource, use:\n    {address}[{key}]"
    );
    Some(Diagnostic::error("Missing resource instance key", detail))
}
