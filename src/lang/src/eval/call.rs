//! Function calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_diag::{Diagnostic, Diagnostics, SourceMap, Span};
use landfall_value::{Kind, Type, Value};

use super::{Evaluator, dynamic, evaluate_template};
use crate::expr::{Call, Node, NodeKind};
use crate::functions::{self, CallContext, Function, FunctionError, TemplateError, Templates};
use crate::suggest::suggestion;
use crate::syntax;

const INVALID_ARGUMENT: &str = "Invalid function argument";
const FAILED: &str = "Error in function call";

/// Functions whose arguments are expressions: they are called here and not in `functions`.
const OWN: [&str; 2] = ["try", "can"];

/// One argument: an expression, or a value from an expanded one.
enum Argument<'a> {
    Node(&'a Node),
    Value(Value, &'a Node),
}

impl<'a> Argument<'a> {
    fn node(&self) -> &'a Node {
        match self {
            Self::Node(node) | Self::Value(_, node) => node,
        }
    }
}

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn call(&mut self, node: &Node, call: &Call) -> Value {
        let name = call.name.strip_prefix("core::").unwrap_or(&call.name);
        let function = self.function(&call.name);
        if function.is_none() && !OWN.contains(&name) {
            return self.unknown_function(node, call);
        }
        let Some(arguments) = self.arguments(node, call) else { return dynamic() };
        match name {
            "try" => return self.call_try(node, call, &arguments),
            "can" => return self.call_can(node, call, &arguments),
            "templatestring" if arguments.len() == 2 => {
                let why = arguments.first().and_then(|template| not_a_template_reference(template.node()));
                if let (Some(why), Some(first)) = (why, call.arguments.first()) {
                    let detail = format!("Invalid value for `template` parameter: {why}.");
                    return self.fail(first, INVALID_ARGUMENT, &detail, first.span, Some(node.span));
                }
            }
            _ => {}
        }
        let Some(function) = function else { return dynamic() };
        let failures = self.failures.len();
        let values: Vec<Value> = arguments.iter().map(|argument| self.argument(argument)).collect();
        self.call_function(node, call, function, &arguments, &values, failures)
    }

    /// Returns the arguments with the last one expanded; `None` if it cannot be, or is not known.
    fn arguments<'n>(&mut self, node: &Node, call: &'n Call) -> Option<Vec<Argument<'n>>> {
        let mut arguments: Vec<Argument<'n>> = call.arguments.iter().map(Argument::Node).collect();
        if !call.expand {
            return Some(arguments);
        }
        arguments.pop();
        let last = call.arguments.last()?;
        let failures = self.failures.len();
        let value = self.node(last);
        if self.failures.len() > failures {
            return None;
        }
        let is_sequence = matches!(value.r#type(), Type::Tuple(_) | Type::List(_) | Type::Set(_));
        let detail = match value.kind() {
            Kind::Null(Type::Dynamic) => "The expanding argument (indicated by ...) must not be null.",
            Kind::Null(_) if is_sequence => "The expanding argument (indicated by ...) must not be null.",
            Kind::Unknown(Type::Dynamic, _) => return None,
            Kind::Unknown(..) if is_sequence => return None,
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                let marks = value.marks();
                let expanded = elements.iter().map(|element| element.clone().with_marks(marks));
                arguments.extend(expanded.map(|element| Argument::Value(element, last)));
                return Some(arguments);
            }
            _ => "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
        };
        self.fail(last, "Invalid expanding argument value", detail, last.span, Some(node.span));
        None
    }

    fn argument(&mut self, argument: &Argument<'_>) -> Value {
        match argument {
            Argument::Node(node) => self.node(node),
            Argument::Value(value, _) => value.clone(),
        }
    }

    /// Calls a function whose arguments are values. `failures` is how many there were before they were evaluated.
    fn call_function(
        &mut self,
        node: &Node,
        call: &Call,
        function: &Function,
        arguments: &[Argument<'_>],
        values: &[Value],
        failures: usize,
    ) -> Value {
        if let Some((summary, detail)) = function.arity_error(arguments.len()) {
            let extra = arguments.get(function.parameters.len());
            let (about, at) = extra.map_or((node, call.close), |extra| (extra.node(), extra.node().span));
            self.failures.truncate(failures);
            return self.fail(about, summary, &detail, at, Some(node.span));
        }
        let mut fitting = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match functions::fit(function, index, value) {
                Ok(value) => fitting.push(value),
                Err(error) => drop(self.call_failed(node, call, arguments, &error)),
            }
        }
        if self.failures.len() > failures {
            // What failed in the arguments would fail the call too, and says more.
            return dynamic();
        }
        let base_directory = self.scope.base_directory();
        let context =
            CallContext { host: self.scope.host(), base_directory, templates: &*self, in_template: self.template };
        match functions::call(function, &fitting, &context) {
            Ok(value) => value,
            Err(error) => self.call_failed(node, call, arguments, &error),
        }
    }

    /// Returns the function of a name. Those of a provider are there where the module requires it.
    fn function(&self, name: &str) -> Option<&'static Function> {
        let Some(name) = name.strip_prefix("provider::") else { return functions::find(name) };
        let (provider, name) = name.split_once("::")?;
        let is_builtin = self.scope.provider(provider)? == ProviderSource::builtin();
        is_builtin.then(|| functions::find(&format!("provider::terraform::{name}")))?
    }

    #[cold]
    fn unknown_function(&mut self, node: &Node, call: &Call) -> Value {
        let name = &*call.name;
        if let Some((namespace, name)) = name.rsplit_once("::") {
            let detail = format!("There is no function named `{name}` in namespace `{namespace}::`.");
            return self.fail(node, "Unknown provider function", &detail, call.name_span, Some(node.span));
        }
        let hint = suggestion(name, functions::names().chain(OWN));
        let detail = format!("There is no function named `{name}`.{hint}");
        self.fail(node, "Call to unknown function", &detail, call.name_span, Some(node.span))
    }

    #[cold]
    fn call_failed(&mut self, node: &Node, call: &Call, arguments: &[Argument<'_>], error: &FunctionError) -> Value {
        let message = &error.message;
        let argument = error.argument.and_then(|index| Some((index, arguments.get(index)?.node())));
        let Some((index, argument)) = argument else {
            let detail = format!("Call to function `{}` failed: {message}.", call.name);
            return self.fail(node, FAILED, &detail, call.name_span.to(call.open), Some(node.span));
        };
        let parameter = self.function(&call.name).and_then(|function| function.parameter(index));
        let name = parameter.map_or("argument", |parameter| parameter.name);
        let detail = format!("Invalid value for `{name}` parameter: {message}.");
        self.fail(argument, INVALID_ARGUMENT, &detail, argument.span, Some(node.span))
    }

    /// Evaluates an argument whose failure is no failure of the expression. Returns the value and what failed.
    fn attempt(&mut self, argument: &Argument<'_>) -> (Value, Vec<Diagnostic>) {
        let failures = self.failures.len();
        let quiet = std::mem::replace(&mut self.quiet, true);
        let value = self.argument(argument);
        self.quiet = quiet;
        (value, self.failures.split_off(failures))
    }

    fn call_try(&mut self, node: &Node, call: &Call, arguments: &[Argument<'_>]) -> Value {
        let mut reasons = String::new();
        for argument in arguments {
            let (value, failed) = self.attempt(argument);
            if failed.is_empty() {
                // As long as parts are not known, a later argument may still be the one.
                return if value.is_wholly_known() { value } else { dynamic() };
            }
            for failure in failed {
                reasons.push_str(&format!("\n- {}: {}", failure.summary, failure.detail));
            }
        }
        let detail = if arguments.is_empty() {
            "Call to function \"try\" failed: at least one argument is required.".to_owned()
        } else {
            format!(
                "Call to function \"try\" failed: no expression succeeded:{reasons}\n\nAt least one expression must \
                 produce a successful result."
            )
        };
        self.fail(node, FAILED, &detail, call.name_span.to(call.open), Some(node.span))
    }

    fn call_can(&mut self, node: &Node, call: &Call, arguments: &[Argument<'_>]) -> Value {
        let [argument] = arguments else {
            let (summary, detail, at) = match arguments.get(1) {
                None => ("Not enough function arguments", "Function `can` expects 1 argument.", call.close),
                Some(extra) => {
                    ("Too many function arguments", "Function `can` expects only 1 argument.", extra.node().span)
                }
            };
            return self.fail(node, summary, detail, at, Some(node.span));
        };
        let (value, failed) = self.attempt(argument);
        match (failed.is_empty(), value.is_wholly_known()) {
            (false, _) => Value::FALSE,
            (true, true) => Value::TRUE,
            (true, false) => Value::unknown(Type::Bool),
        }
    }
}

impl Templates for Evaluator<'_> {
    fn render(&self, name: &str, text: &str, variables: &BTreeMap<Arc<str>, Value>) -> Result<Value, TemplateError> {
        let mut sources = SourceMap::default();
        let id = sources.add(name, text);
        let failed = |failure: &Diagnostic| {
            let place = failure.subject.map_or_else(|| name.to_owned(), |span| place(&sources, span));
            format!("{place}: {}; {}", failure.summary, failure.detail)
        };
        let mut diagnostics = Diagnostics::new();
        let template = syntax::parse_template(text, id, &mut diagnostics);
        if let Some(failure) = diagnostics.iter().next() {
            return Err(TemplateError::Malformed(failed(failure)));
        }
        let mut values = Vec::with_capacity(template.outer_names().len());
        for variable in template.outer_names() {
            match variables.get(variable) {
                Some(value) => values.push(value.clone()),
                None => {
                    let why = format!("vars map does not contain key {:?}, which the template refers to", &**variable);
                    return Err(TemplateError::MissingVariable(why));
                }
            }
        }
        match evaluate_template(&template, self.scope, &values) {
            (value, failures) if failures.is_empty() => Ok(value),
            (_, failures) => Err(TemplateError::Failed(failed(&failures[0]))),
        }
    }
}

/// Returns why an argument cannot be the template of `templatestring`: it must refer to a text that stands elsewhere.
fn not_a_template_reference(argument: &Node) -> Option<&'static str> {
    match &argument.kind {
        NodeKind::Name(_) => None,
        NodeKind::Access(base, _) => not_a_template_reference(base),
        NodeKind::Splat(splat) => not_a_template_reference(&splat.source),
        NodeKind::Wrapped(_) => Some(
            "`templatestring` renders templates that stand elsewhere; write the reference to the template directly, \
             without `${ }` around it",
        ),
        NodeKind::Template(_) | NodeKind::Literal(_) => Some(
            "`templatestring` renders templates that stand elsewhere; for a template that stands here, write it as a \
             quoted string of its own",
        ),
        _ => Some("must be a direct reference to a single string from elsewhere, which holds a template"),
    }
}

fn place(sources: &SourceMap, span: Span) -> String {
    let start = sources.position(span.source, span.start);
    format!("{}:{},{}", sources.name(span.source), start.line, start.column)
}
