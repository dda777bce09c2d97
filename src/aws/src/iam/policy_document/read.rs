//! Documents that others wrote.

use serde_json::{Map, Value as Json};

use super::document::{Condition, Document, Principal, Statement, Texts};

type Members = Map<String, Json>;

/// Reads a document; members that policies do not have are left out.
///
/// # Errors
/// When the text is no policy document.
pub fn document(text: &str) -> Result<Document, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let members = object(&json, "a policy document")?;
    let statements = match member(members, "Statement") {
        None => Vec::new(),
        Some(Json::Array(statements)) => statements.iter().map(statement).collect::<Result<_, _>>()?,
        Some(one) => vec![statement(one)?],
    };
    Ok(Document { version: text_of(members, "Version")?, id: text_of(members, "Id")?, statements })
}

fn statement(json: &Json) -> Result<Statement, String> {
    let members = object(json, "a statement")?;
    let part = |name| member(members, name).cloned();
    Ok(Statement {
        sid: text_of(members, "Sid")?,
        effect: text_of(members, "Effect")?,
        actions: part("Action"),
        not_actions: part("NotAction"),
        resources: part("Resource"),
        not_resources: part("NotResource"),
        principals: principals(member(members, "Principal"))?,
        not_principals: principals(member(members, "NotPrincipal"))?,
        conditions: conditions(member(members, "Condition"))?,
    })
}

fn principals(json: Option<&Json>) -> Result<Vec<Principal>, String> {
    let kinds = match json {
        None => return Ok(Vec::new()),
        Some(Json::String(_)) => {
            return Ok(vec![Principal { kind: "*".to_owned(), identifiers: Texts::Many(vec!["*".to_owned()]) }]);
        }
        Some(json) => object(json, "a principal")?,
    };
    let principal = |(kind, who): (&String, &Json)| {
        let identifiers = match who {
            Json::String(one) => Texts::One(one.clone()),
            Json::Array(many) => {
                Texts::Many(many.iter().map(|who| text(who, "a principal")).collect::<Result<_, _>>()?)
            }
            _ => return Err("a principal must be a text or a list of texts".to_owned()),
        };
        Ok(Principal { kind: kind.clone(), identifiers })
    };
    kinds.iter().map(principal).collect()
}

fn conditions(json: Option<&Json>) -> Result<Vec<Condition>, String> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let mut conditions = Vec::new();
    for (test, variables) in object(json, "a condition")? {
        for (variable, values) in object(variables, "a condition")? {
            let values = match values {
                Json::Array(values) => {
                    values.iter().map(|value| text(value, "the value of a condition")).collect::<Result<_, _>>()?
                }
                one => vec![text(one, "the value of a condition")?],
            };
            conditions.push(Condition { test: test.clone(), variable: variable.clone(), values });
        }
    }
    Ok(conditions)
}

/// Returns a member by name, whatever its case; null is none.
fn member<'m>(members: &'m Members, name: &str) -> Option<&'m Json> {
    let found = members.get(name);
    let found =
        found.or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.filter(|value| !value.is_null())
}

fn text_of(members: &Members, name: &str) -> Result<String, String> {
    match member(members, name) {
        None => Ok(String::new()),
        Some(Json::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{name}` must be a text")),
    }
}

/// Returns a text; truth values and numbers as they are written.
fn text(json: &Json, what: &str) -> Result<String, String> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Bool(_) | Json::Number(_) => Ok(json.to_string()),
        _ => Err(format!("{what} must be a text")),
    }
}

fn object<'j>(json: &'j Json, what: &str) -> Result<&'j Members, String> {
    json.as_object().ok_or_else(|| format!("{what} must be an object"))
}
