//! Policy documents compared by meaning.

use serde_json::{Map, Value as Json};

/// Returns a form that is equal for documents that mean the same: order of statements, actions, resources and
/// principals, one element or a list of one, and an account or its root user do not matter.
pub(super) fn normal_form(text: &str) -> Option<Json> {
    let Json::Object(document) = serde_json::from_str(text.trim()).ok()? else { return None };
    let normal = document.into_iter().map(|(key, value)| match key.as_str() {
        "Statement" => (key, statements(value)),
        _ => (key, value),
    });
    Some(sorted_object(normal))
}

fn statements(value: Json) -> Json {
    sorted(as_list(value).into_iter().map(statement))
}

fn statement(value: Json) -> Json {
    let Json::Object(parts) = value else { return value };
    sorted_object(parts.into_iter().filter(|(_, value)| *value != Json::Null).map(|(key, value)| {
        let value = match key.as_str() {
            "Action" | "NotAction" => sorted(as_list(value).into_iter().map(lower_case)),
            "Resource" | "NotResource" => sorted(as_list(value)),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            _ => value,
        };
        (key, value)
    }))
}

fn principal(value: Json) -> Json {
    match value {
        Json::Object(kinds) => sorted_object(kinds.into_iter().map(|(kind, who)| {
            let who = sorted(as_list(who).into_iter().map(account_of_root));
            (kind, who)
        })),
        everyone => sorted_object([("AWS".to_owned(), Json::Array(vec![everyone]))]),
    }
}

/// The service answers the root user of an account where the account number was written.
fn account_of_root(who: Json) -> Json {
    let account = who.as_str().and_then(|who| {
        let (partition, rest) = who.strip_prefix("arn:")?.split_once(':')?;
        let account = rest.strip_prefix("iam::")?.strip_suffix(":root")?;
        (!partition.is_empty()).then(|| Json::String(account.to_owned()))
    });
    account.unwrap_or(who)
}

fn condition(value: Json) -> Json {
    let Json::Object(operators) = value else { return value };
    sorted_object(operators.into_iter().map(|(operator, keys)| {
        let keys = match keys {
            Json::Object(keys) => sorted_object(keys.into_iter().map(|(key, values)| {
                let values = sorted(as_list(values).into_iter().map(|value| match value {
                    Json::Bool(_) | Json::Number(_) => Json::String(value.to_string()),
                    _ => value,
                }));
                (key, values)
            })),
            other => other,
        };
        (operator, keys)
    }))
}

fn lower_case(action: Json) -> Json {
    action.as_str().map(|action| Json::String(action.to_lowercase())).unwrap_or(action)
}

fn as_list(value: Json) -> Vec<Json> {
    match value {
        Json::Array(values) => values,
        one => vec![one],
    }
}

fn sorted(values: impl IntoIterator<Item = Json>) -> Json {
    let mut values: Vec<Json> = values.into_iter().collect();
    values.sort_by_cached_key(Json::to_string);
    values.dedup();
    Json::Array(values)
}

fn sorted_object(entries: impl IntoIterator<Item = (String, Json)>) -> Json {
    let mut entries: Vec<(String, Json)> = entries.into_iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Json::Object(entries.into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::normal_form;

    #[test]
    fn policies_compare_by_meaning() {
        let a = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","ec2:*"],"Resource":"*",
            "Principal":{"AWS":"123456789012"},"Condition":{"Bool":{"k":true}}}]}"#;
        let b = r#"{"Statement":{"Action":["ec2:*","s3:get*"],"Condition":{"Bool":{"k":["true"]}},"Effect":"Allow",
            "Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Resource":["*"]},"Version":"2012-10-17"}"#;
        assert_eq!(normal_form(a), normal_form(b));
        assert_ne!(normal_form(a), normal_form(&a.replace("Allow", "Deny")));
        assert_eq!(normal_form("[]"), None);
    }
}
