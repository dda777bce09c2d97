//! `terraform` blocks.

use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_diag::{Diagnostics, Span};
use landfall_value::{Type, Value};

use crate::config::load::blocks::provider::check_provider_name;
use crate::config::load::content::{Shape, attributes_only, content};
use crate::config::load::context::Context;
use crate::config::load::names::check_label;
use crate::config::load::references::provider_of;
use crate::config::load::source::check_version;
use crate::config::load::static_expr::constant;
use crate::config::model::implied_source;
use crate::config::{Backend, ProviderName, RequiredProvider};
use crate::expr::Node;
use crate::{Attribute, Block, Body, Expr};

const TERRAFORM: Shape = Shape {
    required: &[],
    optional: &["experiments", "required_version", "language"],
    blocks: &[
        ("backend", &["type"]),
        ("cloud", &[]),
        ("encryption", &[]),
        ("required_providers", &[]),
        ("provider_meta", &["provider"]),
    ],
};

/// Entries of a `required_providers` block, by local name.
pub(crate) type Entries = Vec<(Arc<str>, RequiredProvider)>;

/// What one `terraform` block says.
pub(crate) struct Terraform {
    /// `required_version`, with the place of the argument.
    pub required_version: Option<(Arc<str>, Span)>,
    /// `backend` blocks.
    pub backends: Vec<Backend>,
    /// `encryption` blocks.
    pub encryptions: Vec<Block>,
    /// `required_providers` blocks, each with the place of its header.
    pub required_providers: Vec<(Span, Entries)>,
    /// `provider_meta` blocks.
    pub provider_metas: Vec<(Arc<str>, Body, Span)>,
}

/// Reads a `terraform` block.
pub(crate) fn terraform(block: &Block, context: &mut Context<'_>) -> Terraform {
    let content = content(&block.body, &TERRAFORM, context);
    let required_version = content.attribute("required_version").and_then(|a| version_argument(a, context));
    if let Some(attribute) = content.attribute("experiments") {
        context.error(
            "Module uses experimental features",
            "Experimental features are intended only for gathering early feedback on new language designs, and so are \
             available only in alpha releases of Terraform.",
            attribute.name_span,
        );
    }
    if let Some(attribute) = content.attribute("language")
        && attribute.expr.tree().as_keyword() != Some("TF2021")
    {
        let detail = "The only language edition is TF2021.";
        context.error("Unsupported language edition", detail, attribute.expr.span());
    }
    for cloud in content.blocks_of("cloud") {
        context.error(
            "HCP Terraform is not supported",
            "State can be kept in a local file or in a bucket. Remove the `cloud` block and use a `backend` block.",
            cloud.header_span,
        );
    }
    let backends = content.blocks_of("backend").filter_map(|block| {
        let r#type = block.labels.first()?.clone();
        Some(Backend { r#type, span: block.header_span, body: block.body.clone() })
    });
    let backends = backends.collect();
    let encryptions = content.blocks_of("encryption").cloned().collect();
    let mut provider_metas = Vec::new();
    for meta in content.blocks_of("provider_meta") {
        if check_label(meta, 0, "Invalid provider_meta block", context) {
            provider_metas.push((meta.labels[0].clone(), meta.body.clone(), meta.header_span));
        }
    }
    let blocks: Vec<&Block> = content.blocks_of("required_providers").collect();
    let required_providers = blocks.into_iter().map(|block| (block.header_span, entries(block, context))).collect();
    Terraform { required_version, backends, encryptions, required_providers, provider_metas }
}

fn version_argument(attribute: &Attribute, context: &mut Context<'_>) -> Option<(Arc<str>, Span)> {
    let text = context.version(attribute)?;
    check_version(&text, attribute.expr.span(), context).then(|| (text, attribute.span()))
}

fn entries(block: &Block, context: &mut Context<'_>) -> Entries {
    let attributes: Vec<_> = attributes_only(&block.body, context).collect();
    let entry = |(name, attribute): (&Arc<str>, &Attribute)| Some((name.clone(), entry(name, attribute, context)?));
    attributes.into_iter().filter_map(entry).collect()
}

fn entry(name: &Arc<str>, attribute: &Attribute, context: &mut Context<'_>) -> Option<RequiredProvider> {
    if !check_provider_name(name, attribute.expr.span(), context) {
        return None;
    }
    let span = attribute.span();
    let mut provider = RequiredProvider { source: implied_source(name), version: None, aliases: Vec::new(), span };
    if is_simple(&attribute.expr) {
        // The form of Terraform 0.12: only a version.
        provider.version = version_argument(attribute, context).map(|(version, _)| version);
        return Some(provider);
    }
    let Some(items) = attribute.expr.tree().as_object() else {
        let detail = "required_providers entries must be strings or objects.";
        context.error("Invalid required_providers object", detail, attribute.expr.span());
        return None;
    };
    for item in items {
        let key = item.key.as_keyword().or_else(|| item.key.as_constant_string().map(|text| &**text));
        match key {
            Some("version") => provider.version = version(&item.value, context),
            Some("source") => provider.source = source(&item.value, context)?,
            Some("configuration_aliases") => provider.aliases = aliases(name, &item.value, context),
            None => {
                let before = context.diagnostics.len();
                context.constant(&Expr::compile(item.key.clone(), &[]));
                if context.diagnostics.len() == before {
                    let detail = "The arguments of a provider requirement have names, not computed ones.";
                    context.error("Invalid Attribute", detail, item.key.span);
                }
            }
            Some(_) => {
                context.error(
                    "Invalid required_providers object",
                    "required_providers objects can only contain \"version\", \"source\" and \"configuration_aliases\" \
                     attributes. To configure a provider, use a \"provider\" block.",
                    item.key.span,
                );
                break;
            }
        }
    }
    Some(provider)
}

/// Returns whether an expression is a constant text, number or truth value.
fn is_simple(expr: &Expr) -> bool {
    let mut found = Diagnostics::new();
    let value = constant(expr, &mut found);
    !found.has_errors() && value.is_known() && matches!(value.r#type(), Type::String | Type::Number | Type::Bool)
}

/// Returns the value of a constant text.
fn constant_text(node: &Node) -> Option<Value> {
    let mut found = Diagnostics::new();
    let value = constant(&Expr::compile(node.clone(), &[]), &mut found);
    (!found.has_errors() && value.as_str().is_some()).then_some(value)
}

fn version(node: &Node, context: &mut Context<'_>) -> Option<Arc<str>> {
    let value = constant_text(node);
    let Some(text) = value.as_ref().and_then(Value::as_str) else {
        context.error("Invalid version constraint", "Version must be specified as a string.", node.span);
        return None;
    };
    check_version(text, node.span, context).then(|| text.into())
}

fn source(node: &Node, context: &mut Context<'_>) -> Option<ProviderSource> {
    let value = constant_text(node);
    let Some(text) = value.as_ref().and_then(Value::as_str) else {
        context.error("Invalid source", "Source must be specified as a string.", node.span);
        return None;
    };
    match source_problem(text) {
        Some((summary, detail)) => {
            context.error(summary, detail, node.span);
            None
        }
        None => text.to_lowercase().parse().ok(),
    }
}

/// Returns what is wrong with a source, the name looked at before the namespace.
fn source_problem(text: &str) -> Option<(&'static str, String)> {
    const FORM: &str = "must contain only letters, digits, and dashes, and may not use leading or trailing dashes";
    let parts: Vec<&str> = text.split('/').collect();
    if parts.len() > 3 || parts.iter().any(|part| part.is_empty()) {
        let detail = "The \"source\" attribute must be in the format \"[hostname/][namespace/]name\"";
        return Some(("Invalid provider source string", detail.to_owned()));
    }
    let name = parts[parts.len() - 1];
    if !is_provider_part(name) {
        let detail = format!("The provider type \"{name}\" of the source \"{text}\" {FORM}.");
        return Some(("Invalid provider type", detail));
    }
    if let Some(namespace) = parts.iter().rev().nth(1).filter(|part| !is_provider_part(part)) {
        let detail = format!("The namespace \"{namespace}\" of the source \"{text}\" {FORM}.");
        return Some(("Invalid provider namespace", detail));
    }
    if let Some(host) = parts.iter().rev().nth(2).filter(|host| !is_host(host)) {
        let detail = format!("\"{host}\" of the source \"{text}\" is not the name of a host.");
        return Some(("Invalid provider source hostname", detail));
    }
    let detail = format!(
        "Provider source \"{text}\" has a type with the prefix \"terraform-provider-\", which isn't valid. Although that \
         prefix is often used in the names of version control repositories for Terraform providers, provider source \
         strings should not include it."
    );
    name.starts_with("terraform-provider-").then_some(("Invalid provider type", detail))
}

fn is_provider_part(part: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(char::is_alphanumeric);
    part.split('-').all(is_word)
}

fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    name.split('.').all(is_provider_part) && port.parse::<u16>().is_ok()
}

fn aliases(name: &Arc<str>, node: &Node, context: &mut Context<'_>) -> Vec<ProviderName> {
    let Some(elements) = node.as_tuple() else {
        context.error("Invalid expression", "A static list expression is required.", node.span);
        return Vec::new();
    };
    let mut found = Vec::new();
    for element in elements {
        let Some(traversal) = element.as_traversal() else {
            let detail = "A single static variable reference is required: only attribute access and indexing with \
                          constant keys. No calculations, function calls, template expressions, etc are allowed here.";
            context.error("Invalid expression", detail, element.span);
            continue;
        };
        match provider_of(&traversal) {
            Some(alias) if alias.0 == *name => found.push(alias),
            Some(alias) => {
                let detail = format!(
                    "Configuration aliases must be prefixed with the provider name. Expected \"{name}\", but found \
                     \"{}\".",
                    alias.0
                );
                context.error("Invalid configuration_aliases value", detail, node.span);
            }
            None => {
                let detail = format!("A configuration alias is written `{name}.ALIAS`.");
                context.error("Invalid configuration_aliases value", detail, node.span);
            }
        }
    }
    found
}
