//! One attribute against the facts on it.

use std::collections::BTreeSet;

use landfall_provider::value::schema::{Attribute, AttributeType, Check, Format};
use landfall_provider::value::{Kind, Type, Value};
use serde_json::Value as Json;

/// Says what differs.
pub fn compare(ours: &Attribute, facts: &Json, say: &mut dyn FnMut(String)) {
    compare_type(&ours.r#type.value_type(), facts, say);
    if let AttributeType::Nested(_, block) = &ours.r#type {
        for (name, attribute) in &block.attributes {
            compare(attribute, &facts["fields"][&**name], &mut |what| say(format!("{name}: {what}")));
        }
    }
    let flags = [
        ("required", ours.required),
        ("optional", ours.optional),
        ("computed", ours.computed),
        ("sensitive", ours.sensitive),
        ("write_only", ours.write_only),
        ("attr_as_block", ours.as_block),
    ];
    for (flag, is_set) in flags.into_iter().filter(|(flag, is_set)| (facts[*flag] == true) != *is_set) {
        say(format!("{flag} {is_set}"));
    }
    let replaces = &facts["force_new"];
    if (replaces.is_null() || *replaces == true) && ours.replace != (*replaces == true) {
        say(format!("replace {}", ours.replace));
    }
    let default = ours.default.as_ref().map_or(Json::Null, json);
    if !same_default(&default, &facts["default"]) {
        say(format!("default {default} instead of {}", facts["default"]));
    }
    compare_checks(&ours.checks, &facts["validate"], say);
    compare_sizes(ours, facts, say);
}

fn compare_type(ours: &Type, facts: &Json, say: &mut dyn FnMut(String)) {
    let expected = facts["type"].as_str().unwrap_or_default();
    let name = type_name(ours);
    if name != expected && !(expected == "dynamic" || name == "dynamic") {
        say(format!("type {name} instead of {expected}"));
        return;
    }
    let object = match ours {
        Type::List(element) | Type::Set(element) | Type::Map(element) => element,
        other => other,
    };
    let Some(fields) = facts["fields"].as_object() else { return };
    let Type::Object(object) = object else { return };
    for name in object.attributes.keys().filter(|name| !fields.contains_key(&***name)) {
        say(format!("has a field {name} too many"));
    }
    for (name, facts) in fields {
        match object.attributes.get(name.as_str()) {
            Some(field) => compare_type(field, facts, &mut |what| say(format!("{name}: {what}"))),
            None => say(format!("lacks the field {name}")),
        }
    }
}

fn type_name(r#type: &Type) -> String {
    match r#type {
        Type::Dynamic => "dynamic".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Number => "number".to_owned(),
        Type::String => "string".to_owned(),
        Type::List(element) => format!("list({})", type_name(element)),
        Type::Set(element) => format!("set({})", type_name(element)),
        Type::Map(element) => format!("map({})", type_name(element)),
        Type::Tuple(_) => "tuple".to_owned(),
        Type::Object(_) => "object".to_owned(),
    }
}

fn json(value: &Value) -> Json {
    match value.kind() {
        Kind::Bool(value) => value.into(),
        Kind::Number(number) => number.to_string().parse().unwrap_or(Json::Null),
        Kind::String(text) => Json::String(text.to_string()),
        _ => Json::Null,
    }
}

fn same_default(ours: &Json, expected: &Json) -> bool {
    match (ours.as_f64(), expected.as_f64()) {
        (Some(ours), Some(expected)) => (ours - expected).abs() < 1e-9,
        _ => ours == expected,
    }
}

fn compare_checks(ours: &[Check], facts: &Json, say: &mut dyn FnMut(String)) {
    let allowed = facts["enum"].as_array().into_iter().flatten();
    let expected: BTreeSet<String> =
        allowed.map(|text| text.as_str().map_or_else(|| text.to_string(), str::to_owned)).collect();
    let has: BTreeSet<String> = ours.iter().flat_map(texts).map(str::to_owned).collect();
    if expected != has {
        let lacking: Vec<_> = expected.difference(&has).collect();
        let extra: Vec<_> = has.difference(&expected).collect();
        say(format!("one_of lacks {lacking:?} and has {extra:?} too many"));
    }
    for (name, pick) in [
        ("min", (|check| if let Check::Min(n) = check { Some(*n) } else { None }) as fn(&Check) -> Option<i64>),
        ("max", |check| if let Check::Max(n) = check { Some(*n) } else { None }),
        ("min_len", |check| if let Check::MinLength(n) = check { i64::try_from(*n).ok() } else { None }),
        ("max_len", |check| if let Check::MaxLength(n) = check { i64::try_from(*n).ok() } else { None }),
    ] {
        let has = ours.iter().find_map(pick);
        let expected = facts[name].as_i64().filter(|expected| (name, *expected) != ("min_len", 0));
        if has != expected {
            say(format!("{name} {has:?} instead of {expected:?}"));
        }
    }
    if let Some(format) = facts["format"].as_str().and_then(format)
        && !ours.contains(&Check::Format(format))
    {
        say(format!("format {format:?} is not checked"));
    }
    let elements = ours.iter().find_map(|check| if let Check::Each(checks) = check { Some(checks) } else { None });
    if elements.is_some() || !facts["element"].is_null() {
        let elements = elements.map_or(&[][..], Vec::as_slice);
        compare_checks(elements, &facts["element"], &mut |what| say(format!("each element: {what}")));
    }
}

fn texts(check: &Check) -> Vec<&str> {
    match check {
        Check::OneOf(texts) | Check::OneOfIgnoreCase(texts) => texts.iter().map(|text| &**text).collect(),
        _ => Vec::new(),
    }
}

fn format(name: &str) -> Option<Format> {
    Some(match name {
        "arn" => Format::Arn,
        "cidr" => Format::Cidr,
        "ipv4_cidr" => Format::Ipv4Cidr,
        "ipv6_cidr" => Format::Ipv6Cidr,
        "json" => Format::Json,
        "go_duration" => Format::Duration,
        _ => return None,
    })
}

fn compare_sizes(ours: &Attribute, facts: &Json, say: &mut dyn FnMut(String)) {
    let least = ours.checks.iter().find_map(|check| if let Check::MinItems(n) = check { Some(*n) } else { None });
    let most = ours.checks.iter().find_map(|check| if let Check::MaxItems(n) = check { Some(*n) } else { None });
    for (name, has) in [("min_items", least), ("max_items", most)] {
        let expected = facts[name].as_u64();
        if has != expected {
            say(format!("{name} {has:?} instead of {expected:?}"));
        }
    }
}
