//! Policy documents: JSON whose meaning does not depend on order, nor on one element or a list of one.

use serde_json::{Map, Value};

/// Returns whether two texts are the same JSON document. Texts that are no JSON are compared as they are.
pub fn same_json(a: &str, b: &str) -> bool {
    a == b
        || match (serde_json::from_str::<Value>(a), serde_json::from_str::<Value>(b)) {
            (Ok(a), Ok(b)) => sorted(a) == sorted(b),
            _ => false,
        }
}

/// Returns whether two texts are policy documents of the same meaning.
pub fn same_policy(a: &str, b: &str) -> bool {
    a == b || matches!((canonical(a), canonical(b)), (Some(a), Some(b)) if a == b)
}

/// Returns what is known of a policy where the service's text means the same, else the service's text.
pub fn keep_known(known: Option<&str>, remote: &str) -> String {
    match known {
        Some(known) if same_policy(known, remote) => known.to_owned(),
        _ => remote.to_owned(),
    }
}

/// Returns a JSON text without white space; the text itself where it is no JSON.
pub fn compact(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| value.to_string())
}

/// Returns the canonical form of a policy document: keys sorted, lists of texts sorted and without doubles, single
/// elements as lists, truth values and numbers of conditions as texts, a principal `*` spelled out, account numbers as
/// root ARNs. `None` for what is no JSON object.
pub fn canonical(text: &str) -> Option<Value> {
    let Ok(Value::Object(mut document)) = serde_json::from_str::<Value>(text) else { return None };
    if let Some(statement) = document.remove("Statement") {
        let mut statements: Vec<Value> = as_list(statement).into_iter().map(statement_form).collect();
        statements.sort_by_cached_key(Value::to_string);
        document.insert("Statement".to_owned(), Value::Array(statements));
    }
    Some(sorted(Value::Object(document)))
}

fn statement_form(statement: Value) -> Value {
    let Value::Object(members) = statement else { return statement };
    let form = members.into_iter().filter_map(|(name, value)| {
        let value = match name.as_str() {
            "Sid" if value.as_str() == Some("") => return None,
            "Action" | "NotAction" => texts(value, |action| action.to_lowercase()),
            "Resource" | "NotResource" => texts(value, ToOwned::to_owned),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            _ => value,
        };
        Some((name, value))
    });
    sorted(Value::Object(form.collect()))
}

fn principal(value: Value) -> Value {
    match value {
        Value::String(text) if text == "*" => principal(serde_json::json!({ "AWS": "*" })),
        Value::Object(kinds) => {
            let form = kinds.into_iter().map(|(kind, names)| {
                let names = if kind == "AWS" { texts(names, root_arn) } else { texts(names, ToOwned::to_owned) };
                (kind, names)
            });
            Value::Object(form.collect())
        }
        other => other,
    }
}

/// An account number as principal means the account's root.
fn root_arn(name: &str) -> String {
    if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("arn:aws:iam::{name}:root")
    } else {
        name.to_owned()
    }
}

fn condition(value: Value) -> Value {
    let Value::Object(operators) = value else { return value };
    let form = operators.into_iter().map(|(operator, keys)| {
        let Value::Object(keys) = keys else { return (operator, keys) };
        let keys = keys.into_iter().map(|(key, values)| (key.to_lowercase(), texts(values, ToOwned::to_owned)));
        (operator, Value::Object(keys.collect()))
    });
    Value::Object(form.collect())
}

/// Returns one text or many as a sorted list without doubles.
fn texts(value: Value, form: impl Fn(&str) -> String) -> Value {
    let mut texts: Vec<String> = as_list(value)
        .into_iter()
        .map(|element| match element {
            Value::String(text) => form(&text),
            other => form(&other.to_string()),
        })
        .collect();
    texts.sort();
    texts.dedup();
    Value::from(texts)
}

fn as_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements,
        one => vec![one],
    }
}

/// Returns the value with the keys of every object sorted.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> =
                members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(Map::from_iter(members))
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_single_elements_mean_nothing() {
        let a = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*",
            "Principal":{"AWS":"123456789012"},"Condition":{"Bool":{"aws:SecureTransport":true}}}}"#;
        let b = r#"{"Statement":[{"Action":["S3:List*","s3:Get*"],"Condition":{"Bool":{"aws:securetransport":["true"]}},
            "Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Resource":["*"],"Sid":""}],"Version":"2012-10-17"}"#;
        assert!(same_policy(a, b));
        assert_eq!(keep_known(Some(a), b), a);
    }

    #[test]
    fn other_meanings_differ() {
        let allow = r#"{"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}"#;
        for other in [allow.replace("Allow", "Deny"), allow.replace("a:b", "a:c"), "not json".to_owned()] {
            assert!(!same_policy(allow, &other), "{other}");
            assert_eq!(keep_known(Some(allow), &other), other);
        }
    }

    #[test]
    fn json_is_compared_by_value_but_lists_keep_their_order() {
        assert!(same_json(r#"{"a":1,"b":[1,2]}"#, r#"{ "b": [1, 2], "a": 1 }"#));
        assert!(!same_json(r#"{"b":[1,2]}"#, r#"{"b":[2,1]}"#));
    }
}
