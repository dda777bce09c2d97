//! Configuration values of add-ons, and the schema that they are checked against.

use serde_json::{Map, Value, json};

use super::catalogue::Kind;

/// Returns the schema of an add-on's configuration: its members and their types.
pub fn schema(kind: &Kind) -> String {
    let members = kind.configuration.iter().map(|(name, sort)| ((*name).to_owned(), json!({ "type": sort })));
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": false,
        "properties": Map::from_iter(members),
    });
    schema.to_string()
}

/// Checks configuration values: JSON, or YAML, of which only the members at the top are looked at.
///
/// # Errors
/// With what AWS says about it.
pub fn check(kind: &Kind, text: &str) -> Result<(), String> {
    let errors = match serde_json::from_str(text) {
        Ok(Value::Object(members)) => {
            members.iter().filter_map(|(name, value)| wrong(kind, name, Some(value))).collect()
        }
        Ok(_) => vec!["[$: object expected]".to_owned()],
        Err(_) => match members_of_yaml(text) {
            Some(names) => names.into_iter().filter_map(|name| wrong(kind, name, None)).collect(),
            None => {
                return Err(
                    "ConfigurationValue provided in request is not supported: it is neither JSON nor YAML".to_owned()
                );
            }
        },
    };
    if errors.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = errors;
    Err(format!(
        "ConfigurationValue provided in request is not supported: Json schema validation failed with error: {}",
        list.join(", ")
    ))
}

fn wrong(kind: &Kind, name: &str, value: Option<&Value>) -> Option<String> {
    let Some((_, sort)) = kind.configuration.iter().find(|(known, _)| *known == name) else {
        return Some(format!(
            "[$.{name}: is not defined in the schema and the schema does not allow additional properties]"
        ));
    };
    let found = sort_of(value?);
    (found != *sort && found != "null").then(|| format!("[$.{name}: {found} found, {sort} expected]"))
}

fn sort_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns the members at the top of a YAML mapping.
fn members_of_yaml(text: &str) -> Option<Vec<&str>> {
    let is_plain = |line: &&str| !line.trim().is_empty() && !line.starts_with(['#', ' ', '-']);
    let member = |line: &'_ str| -> Option<(usize, usize)> {
        let end = line.find(':')?;
        (end > 0 && line[end + 1..].chars().next().is_none_or(char::is_whitespace)).then_some((0, end))
    };
    let lines = text.lines().filter(is_plain);
    lines.map(|line| member(line).map(|(start, end)| line[start..end].trim_matches(['"', '\'']))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::kind;
    use super::*;

    fn check_of(name: &str, text: &str) -> String {
        check(kind(name).unwrap(), text).err().unwrap_or_default()
    }

    #[test]
    fn values_fit_the_schema() {
        assert_eq!(check_of("coredns", r#"{"replicaCount":2,"tolerations":[]}"#), "");
        assert_eq!(check_of("vpc-cni", "env:\n  ENABLE_PREFIX_DELEGATION: 'true'\n# why\nnodeAgent: {}\n"), "");
        assert!(
            check_of("coredns", r#"{"replicaCount":"2"}"#)
                .ends_with("[$.replicaCount: string found, integer expected]")
        );
        let unknown = "[$.colour: is not defined in the schema and the schema does not allow additional properties]";
        assert!(check_of("coredns", r#"{"colour":1}"#).ends_with(unknown));
        assert!(check_of("coredns", "colour: 1\n").ends_with(unknown));
        assert!(check_of("coredns", "{").contains("neither JSON nor YAML"));
        assert!(
            serde_json::from_str::<Value>(&schema(kind("coredns").unwrap())).unwrap()["properties"]["replicaCount"]
                .is_object()
        );
    }
}
