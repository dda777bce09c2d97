//! Configuration that is generated for objects that are to be imported, as Terraform writes it.

use landfall_addr::Resource;
use landfall_lang::{format, quoted};
use landfall_state::ObjectState;
use landfall_value::json::JsonError;
use landfall_value::schema::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use landfall_value::{Kind, Value};

use super::objects;

const HEADER: &str = "# __generated__ by landfall\n# Please review these resources and move them into your main \
                      configuration files.\n";

/// What one block is generated for.
pub(crate) struct GeneratedBlock<'a> {
    /// The block's type and name.
    pub resource: &'a Resource,
    /// Provider configuration that the import names.
    pub provider: Option<String>,
    /// Identifier of the imported object.
    pub id: &'a str,
    /// The object.
    pub object: &'a ObjectState,
    /// Schema of its type.
    pub schema: &'a Block,
}

/// Returns a file of blocks.
///
/// # Errors
/// Where an object does not fit its schema.
pub(crate) fn generated(blocks: &[GeneratedBlock<'_>]) -> Result<String, JsonError> {
    let mut text = HEADER.to_owned();
    for block in blocks {
        let value = objects::attributes(block.object, Some(block.schema))?;
        text.push_str(&format!("\n# __generated__ by landfall from {}\n", quoted(block.id)));
        text.push_str(&format!("resource \"{}\" \"{}\" {{\n", block.resource.r#type, block.resource.name));
        if let Some(provider) = &block.provider {
            text.push_str(&format!("provider = {provider}\n"));
        }
        write_body(&mut text, block.schema, &value, true);
        text.push_str("}\n");
    }
    Ok(format(&text))
}

/// Writes arguments and blocks. Of the whole object, `id` is left out where users need not write it.
fn write_body(out: &mut String, block: &Block, value: &Value, is_whole: bool) {
    for (name, attribute) in &block.attributes {
        let is_id = is_whole && &**name == "id" && attribute.computed;
        let is_written = (attribute.required || attribute.optional) && attribute.deprecated.is_none() && !is_id;
        if is_written {
            out.push_str(&format!("{name} = "));
            write_attribute(out, attribute, value.get(name));
            out.push('\n');
        }
    }
    for (name, nested) in &block.blocks {
        if nested.block.deprecated.is_none() {
            write_blocks(out, name, nested, value.get(name));
        }
    }
}

fn write_attribute(out: &mut String, attribute: &Attribute, value: Option<&Value>) {
    let Some(value) = value.filter(|value| !value.is_null() && value.is_known()) else {
        out.push_str("null");
        return;
    };
    if attribute.sensitive || value.is_sensitive() {
        out.push_str("null # sensitive");
        return;
    }
    match (&attribute.r#type, value.kind()) {
        // Services answer with an empty text where nothing was set.
        (_, Kind::String(text)) if text.is_empty() && attribute.optional => out.push_str("null"),
        (AttributeType::Nested(nesting, block), _) => write_nested(out, *nesting, block, value),
        (AttributeType::Plain(_), Kind::String(text)) => match document(text) {
            Some(document) => {
                out.push_str("jsonencode(");
                write_json(out, &document);
                out.push(')');
            }
            None => out.push_str(&quoted(text)),
        },
        (AttributeType::Plain(_), _) => write_value(out, value),
    }
}

/// Returns the JSON object or list that a text is.
fn document(text: &str) -> Option<serde_json::Value> {
    let document: serde_json::Value = serde_json::from_str(text).ok()?;
    (document.is_object() || document.is_array()).then_some(document)
}

fn write_nested(out: &mut String, nesting: Nesting, block: &Block, value: &Value) {
    let object = |out: &mut String, value: &Value| {
        out.push_str("{\n");
        write_body(out, block, value, false);
        out.push('}');
    };
    match (nesting, value.kind()) {
        (Nesting::Single, _) => object(out, value),
        (_, Kind::List(_, elements) | Kind::Set(_, elements)) => {
            out.push_str("[\n");
            for element in elements {
                object(out, element);
                out.push_str(",\n");
            }
            out.push(']');
        }
        (_, Kind::Map(_, entries)) => {
            out.push_str("{\n");
            for (key, element) in entries {
                out.push_str(&format!("{} = ", key_text(key)));
                object(out, element);
                out.push('\n');
            }
            out.push('}');
        }
        (_, _) => out.push_str("null"),
    }
}

fn write_blocks(out: &mut String, name: &str, nested: &NestedBlock, value: Option<&Value>) {
    let Some(value) = value.filter(|value| !value.is_null() && value.is_known()) else { return };
    let mut block = |label: Option<&str>, value: &Value| {
        let label = label.map(|label| format!(" {}", quoted(label))).unwrap_or_default();
        out.push_str(&format!("{name}{label} {{\n"));
        write_body(out, &nested.block, value, false);
        out.push_str("}\n");
    };
    match value.kind() {
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            elements.iter().for_each(|element| block(None, element));
        }
        Kind::Map(_, entries) => entries.iter().for_each(|(label, element)| block(Some(label), element)),
        _ => block(None, value),
    }
}

fn write_value(out: &mut String, value: &Value) {
    if value.is_sensitive() {
        out.push_str("null /* sensitive */");
        return;
    }
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => out.push_str(&quoted(text)),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            write_list(out, elements.iter(), write_value);
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (&**key, value));
            write_entries(out, entries, write_value);
        }
    }
}

fn write_json(out: &mut String, document: &serde_json::Value) {
    match document {
        serde_json::Value::Array(elements) => write_list(out, elements.iter(), write_json),
        serde_json::Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
            sorted.sort_by_key(|(key, _)| *key);
            write_entries(out, sorted.into_iter(), write_json);
        }
        serde_json::Value::String(text) => out.push_str(&quoted(text)),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_list<T>(out: &mut String, elements: impl Iterator<Item = T>, write: impl Fn(&mut String, T)) {
    out.push('[');
    for (index, element) in elements.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(out, element);
    }
    out.push(']');
}

fn write_entries<'a, T>(out: &mut String, entries: impl Iterator<Item = (&'a str, T)>, write: impl Fn(&mut String, T)) {
    let mut is_empty = true;
    out.push('{');
    for (key, value) in entries {
        if std::mem::replace(&mut is_empty, false) {
            out.push('\n');
        }
        out.push_str(&format!("{} = ", key_text(key)));
        write(out, value);
        out.push('\n');
    }
    out.push('}');
}

/// Returns a key of an object: a name as it is, another text in quotes.
fn key_text(key: &str) -> String {
    let mut characters = key.chars();
    let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let is_name = starts && characters.all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if is_name { key.to_owned() } else { quoted(key) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_value::Type;

    fn body(attributes: &[(&str, Attribute)], value: &Value) -> String {
        let mut block = Block::default();
        block.attributes.extend(attributes.iter().map(|(name, attribute)| ((*name).into(), attribute.clone())));
        let mut out = String::new();
        write_body(&mut out, &block, value, true);
        out
    }

    fn optional(r#type: Type) -> Attribute {
        Attribute { optional: true, ..Attribute::plain(r#type) }
    }

    #[test]
    fn what_only_the_service_decides_is_left_out() {
        let computed = Attribute { computed: true, ..Attribute::plain(Type::String) };
        let id = Attribute { computed: true, ..optional(Type::String) };
        let value = Value::object_of([("arn", Value::from("a")), ("id", "i".into()), ("name", "n${x}".into())]);
        let attributes = [("arn", computed), ("id", id), ("name", optional(Type::String))];
        assert_eq!(body(&attributes, &value), "name = \"n$${x}\"\n");
    }

    #[test]
    fn texts_are_null_or_documents_or_hidden() {
        let secret = Attribute { sensitive: true, ..optional(Type::String) };
        let value = Value::object_of([
            ("empty", Value::from("")),
            ("policy", r#"{"b":[1,"x"],"a":{}}"#.into()),
            ("secret", "s".into()),
        ]);
        let attributes = [("empty", optional(Type::String)), ("policy", optional(Type::String)), ("secret", secret)];
        let expected = "empty = null\npolicy = jsonencode({\na = {}\nb = [1, \"x\"]\n})\nsecret = null # sensitive\n";
        assert_eq!(body(&attributes, &value), expected);
    }
}
