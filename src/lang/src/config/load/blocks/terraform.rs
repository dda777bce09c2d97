//! `terraform` blocks.

use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_diag::Span;

use crate::config::load::blocks::provider::check_provider_name;
use crate::config::load::content::{Shape, attributes_only, content};
use crate::config::load::context::Context;
use crate::config::load::names::check_label;
use crate::config::load::references::{display_provider, provider_of};
use crate::config::load::source::check_version;
use crate::config::load::static_expr::constant;
use crate::config::model::implied_source;
use crate::config::{Backend, ProviderName, RequiredProvider};
use crate::expr::{Node, NodeKind};
use crate::{Attribute, Block, Body, Expr};

const TERRAFORM: Shape = Shape {
    required: &[],
    optional: &["experiments", "required_version", "language"],
    blocks: &[("backend", &["type"]), ("cloud", &[]), ("required_providers", &[]), ("provider_meta", &["provider"])],
};

/// Entries of a `required_providers` block, by local name.
pub(crate) type Entries = Vec<(Arc<str>, RequiredProvider)>;

/// What one `terraform` block says.
pub(crate) struct Terraform {
    /// `required_version`, with the place of the argument.
    pub required_version: Option<(Arc<str>, Span)>,
    /// `backend` blocks.
    pub backends: Vec<Backend>,
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
    let mut provider_metas = Vec::new();
    for meta in content.blocks_of("provider_meta") {
        if check_label(meta, 0, "Invalid provider_meta block", context) {
            provider_metas.push((meta.labels[0].clone(), meta.body.clone(), meta.header_span));
        }
    }
    let blocks: Vec<&Block> = content.blocks_of("required_providers").collect();
    let required_providers = blocks.into_iter().map(|block| (block.header_span, entries(block, context))).collect();
    Terraform { required_version, backends, required_providers, provider_metas }
}

fn version_argument(attribute: &Attribute, context: &mut Context<'_>) -> Option<(Arc<str>, Span)> {
    let before = context.diagnostics.len();
    let value = context.constant(&attribute.expr);
    if context.diagnostics.len() > before || value.is_null() {
        return None;
    }
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
    if matches!(attribute.expr.tree().kind, NodeKind::Invalid) {
        let detail = "required_providers entries must be strings or objects.";
        context.error("Invalid required_providers object", detail, attribute.expr.span());
        return None;
    }
    let Some(items) = attribute.expr.tree().as_object() else {
        // The form of Terraform 0.12: only a version.
        provider.version = version_argument(attribute, context).map(|(version, _)| version);
        return Some(provider);
    };
    for item in items {
        let key = item.key.as_keyword().or_else(|| item.key.as_constant_string().map(|text| &**text));
        match key {
            Some("version") => {
                let part = Attribute {
                    name: "version".into(),
                    name_span: item.key.span,
                    expr: Expr::compile(item.value.clone(), &[]),
                };
                provider.version = version_argument(&part, context).map(|(version, _)| version);
            }
            Some("source") => provider.source = source(&item.value, context)?,
            Some("configuration_aliases") => provider.aliases = aliases(name, &item.value, context),
            _ => {
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

fn source(node: &Node, context: &mut Context<'_>) -> Option<ProviderSource> {
    let mut ignored = landfall_diag::Diagnostics::new();
    let value = constant(&Expr::compile(node.clone(), &[]), &mut ignored);
    let Some(text) = value.as_str() else {
        context.error("Invalid source", "Source must be specified as a string.", node.span);
        return None;
    };
    let Ok(source) = text.parse::<ProviderSource>() else {
        let detail = "The \"source\" attribute must be in the format \"[hostname/][namespace/]name\"";
        context.error("Invalid provider source string", detail, node.span);
        return None;
    };
    if source.name.starts_with("terraform-provider-") {
        let detail = format!(
            "Provider source \"{text}\" has a type with the prefix \"terraform-provider-\", which isn't valid. Although \
             that prefix is often used in the names of version control repositories for Terraform providers, provider \
             source strings should not include it."
        );
        context.error("Invalid provider type", detail, node.span);
        return None;
    }
    Some(source)
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
            Some(alias @ (_, Some(_))) if alias.0 == *name => found.push(alias),
            Some(alias) if alias.0 != *name => {
                let detail = format!(
                    "Configuration aliases must be prefixed with the provider name. Expected \"{name}\", but found \
                     \"{}\".",
                    alias.0
                );
                context.error("Invalid configuration_aliases value", detail, node.span);
            }
            other => {
                let given = other.as_ref().map(display_provider).unwrap_or_default();
                let detail = format!("A configuration alias is written `{name}.ALIAS`; `{given}` is not.");
                context.error("Invalid configuration_aliases value", detail, node.span);
            }
        }
    }
    found
}
