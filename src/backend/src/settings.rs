//! The settings of a backend, checked, in the form that Terraform keeps them in.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value as Json};

use crate::Problem;
use crate::schema::{Kind, SECRETS, SETTINGS};

/// Settings of the backend `s3`: every one that there is, null where it is not set.
#[derive(Clone, PartialEq)]
pub struct Settings(Map<String, Json>);

impl Settings {
    /// Returns the settings that were given, without asking whether they are complete.
    ///
    /// # Errors
    /// What is not known or is of another type.
    pub fn of(given: &BTreeMap<String, Json>) -> Result<Self, Vec<Problem>> {
        let mut problems: Vec<Problem> = given
            .keys()
            .filter(|name| !SETTINGS.iter().any(|(known, _)| known == name))
            .map(|name| {
                let detail = format!("An argument named \"{name}\" is not expected here.");
                Problem::of(name, "Unsupported argument", detail)
            })
            .collect();
        let mut settings = Map::new();
        for (name, kind) in SETTINGS {
            let value = given.get(*name).unwrap_or(&Json::Null);
            match converted(value, *kind) {
                Ok(value) => _ = settings.insert((*name).to_owned(), value),
                Err(wanted) => {
                    let detail = format!("Inappropriate value for attribute \"{name}\": {wanted}.");
                    problems.push(Problem::of(name, "Incorrect attribute value type", detail));
                }
            }
        }
        if problems.is_empty() { Ok(Self(settings)) } else { Err(problems) }
    }

    /// Returns the settings that `init` has kept.
    pub fn of_kept(kept: &Map<String, Json>) -> Self {
        let value = |name: &str| kept.get(name).cloned().unwrap_or(Json::Null);
        Self(SETTINGS.iter().map(|(name, _)| ((*name).to_owned(), value(name))).collect())
    }

    /// Returns them as they are kept.
    pub fn as_map(&self) -> &Map<String, Json> {
        &self.0
    }

    /// Returns what is missing, contradicts itself or is not supported.
    ///
    /// # Errors
    /// All of that.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for name in ["bucket", "key"] {
            if self.text(name).is_none() {
                let detail = format!(
                    "The attribute \"{name}\" is required by the backend. Set it in the `backend` block, or give it to \
                     `landfall init` as -backend-config=\"{name}=…\"."
                );
                problems.push(Problem::of(name, format!("Missing \"{name}\" value"), detail));
            }
        }
        for name in ["key", "workspace_key_prefix"] {
            if self.text(name).is_some_and(|text| text.starts_with('/') || text.ends_with('/')) {
                let detail = "The value must not start or end with \"/\"";
                problems.push(Problem::of(name, "Invalid Value", detail));
            }
        }
        let conflicts = [("kms_key_id", "sse_customer_key"), ("use_path_style", "force_path_style")];
        for (one, other) in conflicts {
            if !self.0[one].is_null() && !self.0[other].is_null() {
                let detail = format!("Only one of `{one}` and `{other}` can be set.");
                problems.push(Problem::of(other, "Invalid Attribute Combination", detail));
            }
        }
        if self.text("access_key").is_some() != self.text("secret_key").is_some() {
            let detail = "Of `access_key` and `secret_key` only one is set. Set both, or none.";
            problems.push(Problem::of("access_key", "Incomplete credentials", detail));
        }
        problems.extend(self.unsupported());
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn unsupported(&self) -> Vec<Problem> {
        let refused = [
            (self.flag("insecure") == Some(true), "insecure", "Name the authority in `custom_ca_bundle`."),
            (
                self.text("ec2_metadata_service_endpoint").is_some(),
                "ec2_metadata_service_endpoint",
                "Set the environment variable `AWS_EC2_METADATA_SERVICE_ENDPOINT`.",
            ),
            (
                self.text("ec2_metadata_service_endpoint_mode").is_some(),
                "ec2_metadata_service_endpoint_mode",
                "Set the environment variable `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`.",
            ),
        ];
        refused
            .iter()
            .filter(|(is_set, ..)| *is_set)
            .map(|(_, name, instead)| {
                Problem::of(name, "Unsupported argument", format!("`{name}` is not supported. {instead}"))
            })
            .collect()
    }

    /// Returns a text that is set and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        texts(self.0.get(name)?)
    }

    pub(crate) fn object(&self, name: &str) -> Option<&Map<String, Json>> {
        self.0.get(name)?.as_object()
    }

    /// Returns an endpoint: of `endpoints`, of the old setting, of the environment.
    pub(crate) fn endpoint(&self, service: &str, old: &str, variables: &[&str]) -> Option<String> {
        let given = self.object("endpoints").and_then(|endpoints| endpoints.get(service)?.as_str());
        let given = given.filter(|endpoint| !endpoint.is_empty()).or_else(|| self.text(old)).map(str::to_owned);
        given.or_else(|| variables.iter().find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty())))
    }
}

impl fmt::Debug for Settings {
    /// Leaves out what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().filter(|(name, value)| !value.is_null() && !SECRETS.contains(&name.as_str()));
        f.debug_map().entries(shown).finish()
    }
}

pub(crate) fn texts(value: &Json) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(|text| Some(text.as_str()?.to_owned())).collect())
}

/// Returns a value as one of a kind, or what is wanted instead.
fn converted(value: &Json, kind: Kind) -> Result<Json, String> {
    if value.is_null() {
        return Ok(Json::Null);
    }
    match kind {
        Kind::Text => match value {
            Json::String(_) => Ok(value.clone()),
            Json::Number(_) | Json::Bool(_) => Ok(value.to_string().into()),
            Json::Null | Json::Array(_) | Json::Object(_) => Err("string required".to_owned()),
        },
        Kind::Flag => match value {
            Json::Bool(_) => Ok(value.clone()),
            Json::String(text) if text == "true" || text == "false" => Ok((text == "true").into()),
            _ => Err("a bool is required".to_owned()),
        },
        Kind::Number => {
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
            number.map(Json::from).ok_or_else(|| "a number is required".to_owned())
        }
        Kind::Texts => {
            let elements = value.as_array().ok_or_else(|| "set of string required".to_owned())?;
            let mut texts: Vec<String> = Vec::new();
            for element in elements {
                match converted(element, Kind::Text)? {
                    Json::String(text) => texts.push(text),
                    _ => return Err("its elements must not be null".to_owned()),
                }
            }
            texts.sort();
            texts.dedup();
            Ok(texts.into())
        }
        Kind::Map => {
            let members = value.as_object().ok_or_else(|| "map of string required".to_owned())?;
            let member = |(name, value): (&String, &Json)| Ok((name.clone(), converted(value, Kind::Text)?));
            Ok(Json::Object(members.iter().map(member).collect::<Result<_, String>>()?))
        }
        Kind::Object(known) => {
            let members = value.as_object().ok_or_else(|| "object required".to_owned())?;
            if let Some(name) = members.keys().find(|name| !known.iter().any(|(known, _)| known == name)) {
                return Err(format!("unsupported attribute \"{name}\""));
            }
            let mut object = Map::new();
            for (name, kind) in known {
                let value = members.get(*name).unwrap_or(&Json::Null);
                let value = converted(value, *kind).map_err(|wanted| format!("attribute \"{name}\": {wanted}"))?;
                object.insert((*name).to_owned(), value);
            }
            Ok(Json::Object(object))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn given(json: Json) -> BTreeMap<String, Json> {
        json.as_object().expect("an object").clone().into_iter().collect()
    }

    fn problems(json: Json) -> Vec<String> {
        let checked = Settings::of(&given(json)).and_then(|settings| settings.check());
        checked.err().unwrap_or_default().into_iter().map(|problem| problem.summary).collect()
    }

    #[test]
    fn what_is_missing_unknown_or_contradictory_is_told() {
        assert_eq!(problems(json!({"bucket": "b", "key": "k"})), [""; 0]);
        assert_eq!(problems(json!({"key": "k"})), ["Missing \"bucket\" value"]);
        assert_eq!(problems(json!({"bucket": "b", "key": "/k"})), ["Invalid Value"]);
        assert_eq!(problems(json!({"bucket": "b", "key": "k", "buckets": 1})), ["Unsupported argument"]);
        assert_eq!(problems(json!({"bucket": "b", "key": "k", "encrypt": "x"})), ["Incorrect attribute value type"]);
        assert_eq!(
            problems(json!({"bucket": "b", "key": "k", "kms_key_id": "a", "sse_customer_key": "b"})),
            ["Invalid Attribute Combination"]
        );
    }

    #[test]
    fn values_from_the_command_line_become_what_they_are_for() {
        let settings = Settings::of(&given(json!({"encrypt": "true", "max_retries": "3"}))).expect("valid settings");
        assert_eq!((settings.flag("encrypt"), settings.number("max_retries")), (Some(true), Some(3)));
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = Settings::of(&given(json!({"bucket": "b", "secret_key": "pssst"}))).expect("valid settings");
        assert_eq!(format!("{settings:?}"), "{\"bucket\": String(\"b\")}");
    }
}
