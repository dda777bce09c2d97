//! Schemas of providers, as `providers schema -json` gives them (format 1.0).

use std::collections::BTreeSet;

use landfall_addr::ProviderSource;
use landfall_engine::Providers;
use landfall_provider::Provider;
use landfall_value::json::type_to_json;
use landfall_value::schema::{Attribute, AttributeType, Block, NestedBlock, Nesting, Schema};
use serde_json::{Map, Value as Json, json};

/// Returns the schemas of those providers of `sources` that there are.
pub(crate) fn provider_schemas(providers: &Providers, sources: &BTreeSet<ProviderSource>) -> Json {
    let found = sources.iter().filter_map(|source| Some((source.to_string(), provider(&**providers.get(source)?))));
    json!({ "format_version": "1.0", "provider_schemas": found.collect::<Map<_, _>>() })
}

fn provider(provider: &dyn Provider) -> Json {
    let mut form = Map::new();
    form.insert("provider".to_owned(), schema(provider.schema()));
    let resources = provider.resource_types().into_iter();
    let resources = resources.filter_map(|name| Some((name, provider.resource(name)?.schema())));
    add(&mut form, "resource_schemas", resources);
    let data = provider.data_source_types().into_iter();
    add(&mut form, "data_source_schemas", data.filter_map(|name| Some((name, provider.data_source(name)?.schema()))));
    let ephemeral = provider.ephemeral_types().into_iter();
    let ephemeral = ephemeral.filter_map(|name| Some((name, provider.ephemeral(name)?.schema())));
    add(&mut form, "ephemeral_resource_schemas", ephemeral);
    Json::Object(form)
}

fn add<'a>(form: &mut Map<String, Json>, key: &str, schemas: impl Iterator<Item = (&'a str, &'a Schema)>) {
    let schemas: Map<_, _> = schemas.map(|(name, found)| (name.to_owned(), schema(found))).collect();
    if !schemas.is_empty() {
        form.insert(key.to_owned(), Json::Object(schemas));
    }
}

fn schema(schema: &Schema) -> Json {
    let mut form = Map::from_iter([("version".to_owned(), schema.version.into())]);
    if !schema.block.attributes.is_empty() || !schema.block.blocks.is_empty() {
        form.insert("block".to_owned(), block(&schema.block));
    }
    Json::Object(form)
}

fn block(block: &Block) -> Json {
    let mut form = Map::new();
    if !block.attributes.is_empty() {
        form.insert("attributes".to_owned(), attributes(block));
    }
    if !block.blocks.is_empty() {
        let nested = block.blocks.iter().map(|(name, found)| (name.to_string(), nested_block(found)));
        form.insert("block_types".to_owned(), Json::Object(nested.collect()));
    }
    form.insert("description_kind".to_owned(), "plain".into());
    if block.deprecated.is_some() {
        form.insert("deprecated".to_owned(), true.into());
    }
    Json::Object(form)
}

fn attributes(block: &Block) -> Json {
    Json::Object(block.attributes.iter().map(|(name, found)| (name.to_string(), attribute(found))).collect())
}

fn attribute(attribute: &Attribute) -> Json {
    let mut form = Map::new();
    match &attribute.r#type {
        AttributeType::Plain(r#type) => form.insert("type".to_owned(), type_to_json(r#type)),
        AttributeType::Nested(nesting, block) => form.insert(
            "nested_type".to_owned(),
            json!({ "attributes": attributes(block), "nesting_mode": nesting_mode(*nesting) }),
        ),
    };
    if !attribute.description.is_empty() {
        form.insert("description".to_owned(), (*attribute.description).into());
    }
    form.insert("description_kind".to_owned(), "plain".into());
    let flags = [
        ("deprecated", attribute.deprecated.is_some()),
        ("required", attribute.required),
        ("optional", attribute.optional),
        ("computed", attribute.computed),
        ("sensitive", attribute.sensitive),
        ("write_only", attribute.write_only),
    ];
    form.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| (name.to_owned(), true.into())));
    Json::Object(form)
}

fn nested_block(nested: &NestedBlock) -> Json {
    let mut form = Map::new();
    form.insert("nesting_mode".to_owned(), nesting_mode(nested.nesting).into());
    form.insert("block".to_owned(), block(&nested.block));
    let bounds = [("min_items", nested.min_items), ("max_items", nested.max_items)];
    form.extend(
        bounds.into_iter().filter(|(_, bound)| *bound > 0).map(|(name, bound)| (name.to_owned(), bound.into())),
    );
    Json::Object(form)
}

fn nesting_mode(nesting: Nesting) -> &'static str {
    match nesting {
        Nesting::Single => "single",
        Nesting::List => "list",
        Nesting::Set => "set",
        Nesting::Map => "map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_types_look_as_terraform_shows_them() {
        let providers: Providers = landfall_builtin::providers().into_iter().collect();
        let all = provider_schemas(&providers, &BTreeSet::from([ProviderSource::builtin()]));
        let schema = &all["provider_schemas"]["terraform.io/builtin/terraform"];
        assert_eq!(schema["provider"], json!({ "version": 0 }));
        let input = &schema["resource_schemas"]["terraform_data"]["block"]["attributes"]["input"];
        assert_eq!((&input["type"], &input["optional"]), (&json!("dynamic"), &json!(true)));
    }
}
