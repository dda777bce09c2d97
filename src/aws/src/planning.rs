//! What plans of several types need: looking into values that may be unknown, and promises.

use landfall_provider::value::Value;
use landfall_provider::{Overrides, Planned};

/// Returns the part of an object at a path such as `compute_config.0.enabled`; `None` where it is null, unknown or not
/// there.
pub fn at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    let found = path.split('.').try_fold(object, |value, step| match step.parse::<usize>() {
        Ok(index) => value.as_slice()?.get(index),
        Err(_) => value.get(step),
    });
    found.filter(|value| !value.is_null() && value.is_known())
}

/// Returns whether the part of an object at a path, or something on the way there, is known only after apply.
pub fn is_unknown_at(object: &Value, path: &str) -> bool {
    let mut value = object;
    for step in path.split('.') {
        if !value.is_known() {
            return true;
        }
        let next = match step.parse::<usize>() {
            Ok(index) => value.as_slice().and_then(|elements| elements.get(index)),
            Err(_) => value.get(step),
        };
        match next {
            Some(next) => value = next,
            None => return false,
        }
    }
    !value.is_known()
}

/// Returns the text at a path.
pub fn text_at<'v>(object: &'v Value, path: &str) -> Option<&'v str> {
    at(object, path)?.as_str()
}

/// Returns whether the part at a path is true.
pub fn is_true_at(object: &Value, path: &str) -> bool {
    at(object, path).and_then(Value::as_bool) == Some(true)
}

/// Says that a new object's attributes `id` and `arn` will be these, as far as they are known.
pub fn promise(overrides: &mut Overrides, planned: &Planned<'_>, id: Option<&str>, arn: Option<String>) {
    if planned.is_create() {
        if let Some(id) = id {
            overrides.set("id", id);
        }
        if let Some(arn) = arn {
            overrides.set("arn", arn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_provider::value::{Type, json};

    #[test]
    fn paths_lead_through_blocks() {
        let object = json::from_text_implied(r#"{"a": [{"b": true, "c": null}]}"#).unwrap();
        assert!(is_true_at(&object, "a.0.b"));
        for path in ["a.0.c", "a.1.b", "a.0.b.d", "x"] {
            assert!(at(&object, path).is_none(), "{path}");
            assert!(!is_unknown_at(&object, path), "{path}");
        }
    }

    #[test]
    fn what_is_inside_an_unknown_value_is_unknown() {
        let object = Value::object_of([("a", Value::unknown(Type::list(Type::String)))]);
        assert!(is_unknown_at(&object, "a.0.b"));
        assert!(at(&object, "a.0.b").is_none());
    }
}
