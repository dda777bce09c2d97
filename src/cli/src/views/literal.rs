//! A value as `output` and `console` show it: an expression whose type can be seen.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use landfall_value::{Kind, Type, Value};

use super::diff::write_quoted;

/// Returns a value as text, without a line end.
pub(crate) fn literal(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, indent: usize) {
    if value.is_sensitive() {
        out.push_str("(sensitive value)");
        return;
    }
    if !value.marks().is_empty() {
        out.push_str("(ephemeral value)");
        return;
    }
    match value.kind() {
        Kind::Null(r#type) => out.push_str(&null(r#type)),
        Kind::Unknown(..) => out.push_str("(known after apply)"),
        Kind::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => write_text(out, text, indent),
        Kind::List(_, elements) => wrapped(out, "tolist", |out| write_list(out, elements, indent)),
        Kind::Set(_, elements) => wrapped(out, "toset", |out| write_list(out, elements, indent)),
        Kind::Tuple(elements) => write_list(out, elements, indent),
        Kind::Map(_, entries) => wrapped(out, "tomap", |out| write_entries(out, entries, indent)),
        Kind::Object(entries) => write_entries(out, entries, indent),
    }
}

fn null(r#type: &Type) -> String {
    match r#type {
        Type::Dynamic => "null".to_owned(),
        Type::Bool => "tobool(null)".to_owned(),
        Type::Number => "tonumber(null)".to_owned(),
        Type::String => "tostring(null)".to_owned(),
        Type::List(element) => format!("tolist(null) /* of {} */", element.friendly_name()),
        Type::Set(element) => format!("toset(null) /* of {} */", element.friendly_name()),
        Type::Map(element) => format!("tomap(null) /* of {} */", element.friendly_name()),
        other => format!("null /* {} */", other.friendly_name()),
    }
}

fn wrapped(out: &mut String, function: &str, write: impl FnOnce(&mut String)) {
    out.push_str(function);
    out.push('(');
    write(out);
    out.push(')');
}

fn write_list(out: &mut String, elements: &[Value], indent: usize) {
    if elements.is_empty() {
        out.push_str("[]");
        return;
    }
    out.push_str("[\n");
    for element in elements {
        blanks(out, indent + 2);
        write_value(out, element, indent + 2);
        out.push_str(",\n");
    }
    blanks(out, indent);
    out.push(']');
}

fn write_entries(out: &mut String, entries: &BTreeMap<Arc<str>, Value>, indent: usize) {
    if entries.is_empty() {
        out.push_str("{}");
        return;
    }
    out.push_str("{\n");
    for (name, value) in entries {
        blanks(out, indent + 2);
        write_quoted(out, name);
        out.push_str(" = ");
        write_value(out, value, indent + 2);
        out.push('\n');
    }
    blanks(out, indent);
    out.push('}');
}

fn write_text(out: &mut String, text: &str, indent: usize) {
    if !text.contains('\n') {
        write_quoted(out, text);
        return;
    }
    let mut delimiter = "EOT".to_owned();
    while text.lines().any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    let operator = if indent == 0 { "<<" } else { "<<-" };
    let _ = writeln!(out, "{operator}{delimiter}");
    for line in text.split('\n') {
        blanks(out, indent);
        out.push_str(line);
        out.push('\n');
    }
    blanks(out, indent);
    out.push_str(&delimiter);
}

fn blanks(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_value::Marks;

    #[track_caller]
    fn check(value: Value, expected: &str) {
        assert_eq!(literal(&value), expected);
    }

    #[test]
    fn types_can_be_seen() {
        check(Value::set(Type::String, vec!["x".into()]), "toset([\n  \"x\",\n])");
        check(Value::list(Type::String, vec![]), "tolist([])");
        check(Value::null(Type::String), "tostring(null)");
        check(Value::null(Type::list(Type::String)), "tolist(null) /* of string */");
        check(Value::map(Type::Bool, BTreeMap::from([("b c".into(), Value::TRUE)])), "tomap({\n  \"b c\" = true\n})");
    }

    #[test]
    fn texts_over_lines_are_heredocs() {
        check("a\n\tb\n".into(), "<<EOT\na\n\tb\n\nEOT");
        check(Value::object_of([("x", "a\nb".into())]), "{\n  \"x\" = <<-EOT\n  a\n  b\n  EOT\n}");
        check("\0".into(), "\"\\x00\"");
        check("\u{1}\u{7}\u{a0}é😀q\u{301}".into(), "\"\\x01\\a\\u00a0é😀q\u{301}\"");
        check("t\t\\ \"q\" ${".into(), "\"t\\t\\\\ \\\"q\\\" ${\"");
    }

    #[test]
    fn secrets_are_hidden() {
        check(Value::tuple(vec![Value::from("s").with_marks(Marks::SENSITIVE)]), "[\n  (sensitive value),\n]");
    }
}
