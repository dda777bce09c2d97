//! JSON text as Terraform writes it.

use std::borrow::Cow;
use std::fmt::Write;

use landfall_value::json::{JsonError, from_text_implied};
use landfall_value::{Kind, Refinement, Type, Value};

use super::arguments::Arguments;
use super::signature::{Function, Returns, Types, any, text};
use super::{FunctionError, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("jsondecode", &[text("str")], Returns::By(decoded_type), |a| {
        decode(a.text(0)).map_err(FunctionError::new)
    })
    .may_be_null(),
    Function::text("jsonencode", &[any("val").null().unknown().dynamic()], encode),
];

/// The first character of a document tells much of its type.
fn decoded_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let Kind::Unknown(_, Refinement { prefix: Some(prefix), .. }) = types.values[0].kind() else {
        return Ok(Type::Dynamic);
    };
    match prefix.trim().chars().next() {
        Some('"') => Ok(Type::String),
        Some('t' | 'f') => Ok(Type::Bool),
        Some('-' | '.' | '0'..='9') => Ok(Type::Number),
        Some('{' | '[' | 'n') | None => Ok(Type::Dynamic),
        Some(other) => Err(FunctionError::at(0, format!("a JSON document cannot begin with the character {other:?}"))),
    }
}

fn decode(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("EOF".into());
    }
    from_text_implied(&without_lone_surrogates(text)).map_err(|JsonError { message, .. }| message)
}

/// Returns a text whose escapes of half a character, which stand for none, are those of the replacement character.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let mut mended = String::new();
    let (mut done, mut at) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let Some(code) = unit(at) else {
            // The next character is escaped, whatever it is.
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
            continue;
        };
        let pair = (0xd800..0xdc00).contains(&code) && unit(at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if (0xd800..0xe000).contains(&code) && !pair {
            mended.push_str(&text[done..at]);
            mended.push_str("\\ufffd");
            done = at + 6;
        }
        at += if pair { 12 } else { 6 };
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(&text[done..]);
    Cow::Owned(mended)
}

fn encode(arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.value(0);
    if !value.is_wholly_known() {
        return Ok(unknown_text(value));
    }
    let mut text = String::new();
    write(value, &mut text).map_err(FunctionError::new)?;
    Ok(text.into())
}

/// The first character of the text follows from the type.
fn unknown_text(value: &Value) -> Value {
    let not_null = value.is_known() || matches!(value.kind(), Kind::Unknown(_, known) if known.not_null);
    let prefix = match value.r#type() {
        _ if !not_null => None,
        Type::String => Some("\""),
        Type::Object(_) | Type::Map(_) => Some("{"),
        Type::Tuple(_) | Type::List(_) | Type::Set(_) => Some("["),
        Type::Bool | Type::Number | Type::Dynamic => None,
    };
    let known = Refinement { not_null: true, prefix: prefix.map(Into::into), ..Refinement::default() };
    Value::refined(Type::String, known)
}

/// Appends a wholly known value.
pub(super) fn write(value: &Value, text: &mut String) -> Result<(), String> {
    match value.kind() {
        Kind::Null(_) => text.push_str("null"),
        Kind::Unknown(..) => return Err("value is not known".into()),
        Kind::Bool(value) => text.push_str(if value { "true" } else { "false" }),
        Kind::Number(number) if !number.is_finite() => {
            return Err("cannot serialize infinity as JSON".into());
        }
        Kind::Number(number) => {
            let _ = write!(text, "{number}");
        }
        Kind::String(string) => write_string(string, text),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(element, text)?;
            }
            text.push(']');
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            text.push('{');
            for (index, (name, entry)) in entries.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(name, text);
                text.push(':');
                write(entry, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// Appends a string; what browsers would take for markup is escaped.
pub(super) fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(text, "\\u{:04x}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
