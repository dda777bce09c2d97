//! The names that expressions of a module instance see.

use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_diag::{Diagnostic, Span};
use landfall_lang::{Host, Reference, Referent, Scope};
use landfall_value::{Marks, Type, Value};

use super::instances::{Instances, ModuleInstanceId, Repetition};
use super::values::Values;
use crate::Directories;
use crate::graph::{ConfigGraph, ModuleInfo};

/// Everything that names can stand for.
pub(crate) struct Names<'a> {
    pub(crate) graph: &'a ConfigGraph<'a>,
    pub(crate) instances: &'a Instances,
    pub(crate) values: &'a Values,
    pub(crate) host: &'a dyn Host,
    pub(crate) directories: &'a Directories,
    /// Whether this is an apply.
    pub(crate) applying: bool,
}

/// The names that expressions of one module instance see.
pub(crate) struct ModuleScope<'a> {
    names: &'a Names<'a>,
    module: ModuleInstanceId,
    repetition: &'a Repetition,
    own: Option<&'a Value>,
    variable: Option<(&'a str, &'a Value)>,
}

impl<'a> Names<'a> {
    /// Returns the names of a module instance, in a block that is not repeated.
    pub(crate) fn scope(&'a self, module: ModuleInstanceId) -> ModuleScope<'a> {
        ModuleScope { names: self, module, repetition: &Repetition::None, own: None, variable: None }
    }
}

impl<'a> ModuleScope<'a> {
    /// Adds `count` and `each`.
    #[must_use]
    pub(crate) fn repeated(mut self, repetition: &'a Repetition) -> Self {
        self.repetition = repetition;
        self
    }

    /// Adds `self`.
    #[must_use]
    pub(crate) fn with_self(mut self, own: &'a Value) -> Self {
        self.own = Some(own);
        self
    }

    /// Gives a variable another value: the one that is being validated.
    #[must_use]
    pub(crate) fn with_variable(mut self, name: &'a str, value: &'a Value) -> Self {
        self.variable = Some((name, value));
        self
    }

    fn info(&self) -> &'a ModuleInfo<'a> {
        self.names.graph.module(self.names.instances.get(self.module).module)
    }

    fn block(
        &self,
        referent: &Referent,
        span: Span,
        undeclared: impl FnOnce() -> Diagnostic,
    ) -> Result<Value, Diagnostic> {
        let block = self.info().block(referent).ok_or_else(|| undeclared().at(span))?;
        let ordinal = self.names.instances.get(self.module).ordinal;
        Ok(self.names.values.get(block, ordinal).cloned().unwrap_or_else(|| Value::unknown(Type::Dynamic)))
    }

    fn module_value(&self, name: &str, reference: &Reference) -> Result<Value, Diagnostic> {
        let info = self.info();
        let Some((call, child)) = info.calls.get(name) else {
            let known: Vec<&str> = info.calls.keys().copied().collect();
            return Err(undeclared("module", "module call", &format!("module.{name}"), name, &known).at(reference.span));
        };
        let outputs = &self.names.graph.module(*child).outputs;
        // Without a key, what comes behind a call with `for_each` is the key of an instance.
        let repeats =
            matches!(self.names.graph.node(*call).block, crate::graph::Block::Call(call, _) if call.is_repeated());
        let output = reference.attributes.first().filter(|_| !repeats || reference.key.is_some());
        let only = match output {
            None => None,
            Some(output) => match outputs.get(&**output) {
                Some(block) => Some(*block),
                None => return Err(no_output(output, outputs.keys()).at(reference.attribute_span())),
            },
        };
        Ok(self.names.values.module(self.names.graph, self.names.instances, self.module, *child, only))
    }

    fn resource(&self, resource: &landfall_addr::Resource, reference: &Reference) -> Result<Value, Diagnostic> {
        self.block(&reference.referent, reference.span, || {
            let info = self.info();
            let known: Vec<String> = info
                .resources
                .keys()
                .filter(|other| other.mode == resource.mode && other.r#type == resource.r#type)
                .map(|other| other.name.to_string())
                .collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let kind = match resource.mode {
                landfall_addr::Mode::Managed => "managed resource",
                landfall_addr::Mode::Data => "data resource",
                landfall_addr::Mode::Ephemeral => "ephemeral resource",
            };
            undeclared_resource(kind, &resource.to_string(), &resource.name, &known, &place(info))
        })
    }
}

impl Scope for ModuleScope<'_> {
    fn lookup(&self, referent: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        let span = reference.span;
        match referent {
            Referent::Variable(name) => match self.variable {
                Some((own, value)) if own == &**name => Ok(value.clone()),
                _ => self.block(referent, span, || {
                    let known: Vec<&str> = self.info().variables.keys().copied().collect();
                    undeclared("input variable", "variable", &format!("var.{name}"), name, &known)
                }),
            },
            Referent::Local(name) => self.block(referent, span, || {
                let known: Vec<&str> = self.info().locals.keys().copied().collect();
                undeclared("local value", "local value", &format!("local.{name}"), name, &known)
            }),
            Referent::Output(name) => self
                .block(referent, span, || undeclared("output value", "output", &format!("output.{name}"), name, &[])),
            Referent::Resource(resource) => self.resource(resource, reference),
            Referent::Module(name) => self.module_value(name, reference),
            Referent::CountIndex => self.repetition.count_index().ok_or_else(|| no_count().at(span)),
            Referent::EachKey => self.repetition.each_key().ok_or_else(|| no_each("key").at(span)),
            Referent::EachValue => self.repetition.each_value().ok_or_else(|| no_each("value").at(span)),
            Referent::SelfObject => self.own.cloned().ok_or_else(|| no_self().at(span)),
            Referent::PathModule => Ok(Value::from(self.info().config.directory.clone())),
            Referent::PathRoot => Ok(Value::from(self.names.directories.root.clone())),
            Referent::PathCwd => Ok(Value::from(self.names.directories.current.clone())),
            Referent::Workspace => Ok(Value::from(self.names.directories.workspace.clone())),
            Referent::Applying => Ok(Value::from(self.names.applying).with_marks(Marks::EPHEMERAL)),
        }
    }

    fn host(&self) -> &dyn Host {
        self.names.host
    }

    fn provider(&self, name: &str) -> Option<ProviderSource> {
        self.info().config.required_providers.get(name).map(|required| required.source.clone())
    }
}

fn place(info: &ModuleInfo<'_>) -> String {
    match info.config.path.is_root() {
        true => "the root module".to_owned(),
        false => format!("module `{}`", info.config.path),
    }
}

fn undeclared(kind: &str, block: &str, written: &str, name: &str, known: &[&str]) -> Diagnostic {
    let hint = suggestion(name, known).unwrap_or_else(|| {
        format!("It can be declared with a `{}` block.", block.replace(" call", "").replace("local value", "locals"))
    });
    Diagnostic::error(
        format!("Reference to undeclared {kind}"),
        format!("No {block} is named `{written}` here. {hint}"),
    )
}

fn undeclared_resource(kind: &str, written: &str, name: &str, known: &[&str], place: &str) -> Diagnostic {
    let hint = suggestion(name, known).map_or_else(String::new, |hint| format!(" {hint}"));
    Diagnostic::error(
        "Reference to undeclared resource",
        format!("A {kind} `{written}` has not been declared in {place}.{hint}"),
    )
}

fn suggestion(name: &str, known: &[&str]) -> Option<String> {
    let near = known.iter().filter(|other| strsim::damerau_levenshtein(name, other) <= 2.max(name.len() / 4));
    let best = near.min_by_key(|other| strsim::damerau_levenshtein(name, other))?;
    Some(format!("Did you mean `{best}`?"))
}

fn no_output<'a>(name: &Arc<str>, known: impl Iterator<Item = &'a &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.copied().collect();
    let hint = suggestion(name, &known).map_or_else(String::new, |hint| format!(" {hint}"));
    Diagnostic::error("Unsupported attribute", format!("This module has no output named `{name}`.{hint}"))
}

fn no_count() -> Diagnostic {
    Diagnostic::error(
        "Reference to \"count\" in non-counted context",
        "The `count` object can only be used in a block whose `count` argument is set.",
    )
}

fn no_each(attribute: &str) -> Diagnostic {
    let summary = match attribute {
        "value" => "each.value cannot be used in this context",
        _ => "Reference to \"each\" in context without for_each",
    };
    Diagnostic::error(
        summary,
        format!("`each.{attribute}` can only be used in a block whose `for_each` argument is set."),
    )
}

fn no_self() -> Diagnostic {
    Diagnostic::error(
        "Invalid \"self\" reference",
        "`self` stands for the object itself in provisioners, connections and postconditions only.",
    )
}
