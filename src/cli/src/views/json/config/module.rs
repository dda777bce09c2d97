//! A module: its variables, resources, outputs and calls.

use std::collections::BTreeMap;

use landfall_lang::Expr;
use landfall_lang::Reference;
use landfall_lang::config::{ModuleCall, Output, Provisioner, ResourceBlock, Variable};
use landfall_value::json::Json;
use serde::Serialize;

use super::body::{Expressions, expressions};
use super::expression::ExpressionJson;
use super::provider::Scope;
use super::references::subject;
use crate::views::json::change::mode;
use crate::views::json::lazy::is_false;
use crate::views::schemas::Schemas;

#[derive(Serialize)]
pub(super) struct ModuleJson<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outputs: BTreeMap<&'a str, OutputJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<ResourceJson<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    module_calls: BTreeMap<&'a str, CallJson<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<&'a str, VariableJson<'a>>,
}

#[derive(Serialize)]
struct OutputJson<'a> {
    #[serde(skip_serializing_if = "is_false")]
    sensitive: bool,
    #[serde(skip_serializing_if = "is_false")]
    ephemeral: bool,
    expression: ExpressionJson,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Serialize)]
struct VariableJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Json<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    sensitive: bool,
}

#[derive(Serialize)]
struct ResourceJson<'a> {
    address: String,
    mode: &'static str,
    r#type: &'a str,
    name: &'a str,
    provider_config_key: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    provisioners: Vec<ProvisionerJson<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expressions: Expressions<'a>,
    schema_version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    count_expression: Option<ExpressionJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_each_expression: Option<ExpressionJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

#[derive(Serialize)]
struct ProvisionerJson<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expressions: Expressions<'a>,
}

#[derive(Serialize)]
struct CallJson<'a> {
    source: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expressions: Expressions<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count_expression: Option<ExpressionJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_each_expression: Option<ExpressionJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<Box<ModuleJson<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_constraint: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

impl<'a> ModuleJson<'a> {
    pub(super) fn new(scope: &Scope<'a, '_>, schemas: &dyn Schemas) -> Self {
        let module = scope.module;
        let checked = module.checks.values().filter_map(|check| check.data.as_deref());
        let mut resources: Vec<&ResourceBlock> = module.resources.values().chain(checked).collect();
        resources.sort_by_cached_key(|block| (std::cmp::Reverse(block.address.mode), block.address.to_string()));
        Self {
            outputs: module.outputs.iter().map(|(name, output)| (&**name, output.into())).collect(),
            resources: resources.into_iter().map(|block| ResourceJson::new(block, scope, schemas)).collect(),
            module_calls: module
                .calls
                .iter()
                .map(|(name, call)| (&**name, CallJson::new(call, scope, schemas)))
                .collect(),
            variables: module.variables.iter().map(|(name, variable)| (&**name, variable.into())).collect(),
        }
    }
}

impl<'a> From<&'a Output> for OutputJson<'a> {
    fn from(output: &'a Output) -> Self {
        Self {
            sensitive: output.sensitive,
            ephemeral: output.ephemeral,
            expression: ExpressionJson::of(&output.expr),
            depends_on: names(&output.depends_on),
            description: output.description.as_deref(),
        }
    }
}

impl<'a> From<&'a Variable> for VariableJson<'a> {
    fn from(variable: &'a Variable) -> Self {
        Self {
            default: variable.default.as_ref().map(Json::new),
            description: variable.description.as_deref(),
            sensitive: variable.sensitive,
        }
    }
}

impl<'a> ResourceJson<'a> {
    fn new(block: &'a ResourceBlock, scope: &Scope<'a, '_>, schemas: &dyn Schemas) -> Self {
        let address = &block.address;
        let name = scope.module.provider_of(block);
        let source = scope.module.provider_source(&name.0);
        let schema = schemas.of_resource(&source, address.mode, &address.r#type);
        Self {
            address: address.to_string(),
            mode: mode(address.mode),
            r#type: &address.r#type,
            name: &address.name,
            provider_config_key: scope.provider_key(&name),
            provisioners: block.provisioners.iter().map(ProvisionerJson::from).collect(),
            expressions: expressions(&block.body, schema.map(|schema| &schema.block)),
            schema_version: schema.map_or(0, |schema| schema.version),
            count_expression: meaningful(block.count.as_ref()),
            for_each_expression: meaningful(block.for_each.as_ref()),
            depends_on: names(&block.depends_on),
        }
    }
}

impl<'a> From<&'a Provisioner> for ProvisionerJson<'a> {
    fn from(provisioner: &'a Provisioner) -> Self {
        Self { r#type: &provisioner.r#type, expressions: expressions(&provisioner.body, None) }
    }
}

impl<'a> CallJson<'a> {
    fn new(call: &'a ModuleCall, scope: &Scope<'a, '_>, schemas: &dyn Schemas) -> Self {
        let module = scope.called(call).map(|called| Box::new(ModuleJson::new(&called, schemas)));
        Self {
            source: &call.source.0,
            expressions: expressions(&call.body, None),
            count_expression: meaningful(call.count.as_ref()),
            for_each_expression: meaningful(call.for_each.as_ref()),
            module,
            version_constraint: call.version.as_ref().map(|(version, _)| &**version),
            depends_on: names(&call.depends_on),
        }
    }
}

/// Returns an expression of which something can be said.
fn meaningful(expr: Option<&Expr>) -> Option<ExpressionJson> {
    expr.map(ExpressionJson::of).filter(|expression| !expression.is_empty())
}

fn names(references: &[Reference]) -> Vec<String> {
    references.iter().map(subject).collect()
}
