//! Writes scalars; texts over several lines and texts that hold JSON as what they are.

use std::borrow::Cow;

use landfall_value::{Kind, Value};

use super::align::align;
use super::compare::{Shape, compare};
use super::focus::Focus;
use super::json_text::document;
use super::node::{Node, Sign};
use super::quote::write_quoted;
use super::render::Pen;

/// How a text is shown.
enum Form<'a> {
    /// In one line.
    Plain(&'a Value),
    /// As lines; without the last line end.
    Lines(Vec<&'a str>),
    /// As a call of `jsonencode`.
    Json(Value),
}

impl<'a> Form<'a> {
    fn of(value: &'a Value) -> Self {
        let Some(text) = value.as_str() else { return Self::Plain(value) };
        if let Some(document) = document(text) {
            return Self::Json(document);
        }
        if !text.contains('\n') {
            return Self::Plain(value);
        }
        Self::Lines(text.strip_suffix('\n').unwrap_or(text).split('\n').collect())
    }
}

pub(super) fn write_scalar(pen: &mut Pen<'_>, node: &Node<'_>, before: Option<&Value>, after: Option<&Value>) {
    match (before.map(Form::of), after.map(Form::of)) {
        (None, None) => pen.grey("null"),
        (None, Some(form)) => write_one(pen, node, form),
        (Some(form), None) => write_one(pen, node, form),
        (Some(_), Some(form)) if node.sign == Sign::Keep => write_one(pen, node, form),
        (Some(Form::Json(before)), Some(Form::Json(after))) => write_json(pen, node, Some(&before), Some(&after)),
        (Some(Form::Plain(before)), Some(Form::Plain(after))) => {
            write_plain(pen, before);
            pen.arrow();
            write_plain(pen, after);
            pen.replacement(node.replaces);
        }
        (Some(before @ Form::Json(_)), Some(after)) | (Some(before), Some(after @ Form::Json(_))) => {
            let look = pen.look.with_null_suffix(false);
            let part = |sign| Node { sign, replaces: false, part: super::node::Part::WriteOnly };
            write_one(&mut pen.with(pen.depth, look), &part(Sign::Remove), before);
            pen.arrow();
            write_one(&mut pen.with(pen.depth, look), &part(Sign::Add), after);
        }
        (Some(before), Some(after)) => write_changed_lines(pen, node, &lines(before), &lines(after)),
    }
}

fn lines(form: Form<'_>) -> Vec<Cow<'_, str>> {
    match form {
        Form::Lines(lines) => lines.into_iter().map(Cow::Borrowed).collect(),
        Form::Plain(value) => vec![value.as_str().map_or_else(|| "null".into(), Cow::Borrowed)],
        Form::Json(_) => Vec::new(),
    }
}

/// Writes a text that comes, goes or stays.
fn write_one(pen: &mut Pen<'_>, node: &Node<'_>, form: Form<'_>) {
    match form {
        Form::Plain(value) => {
            write_plain(pen, value);
            if !value.is_null() {
                pen.null_suffix(node.sign);
            }
            pen.replacement(node.replaces);
        }
        Form::Json(document) => {
            let before = (node.sign != Sign::Add).then_some(&document);
            let after = (node.sign != Sign::Remove).then_some(&document);
            write_json(pen, node, before, after);
        }
        Form::Lines(lines) => {
            open_lines(pen, node);
            for line in lines {
                write_line(pen, Sign::Keep, line);
            }
            close_lines(pen, node);
        }
    }
}

fn write_plain(pen: &mut Pen<'_>, value: &Value) {
    match value.kind() {
        Kind::String(text) => write_quoted(pen.out, text),
        Kind::Bool(value) => pen.out.push_str(if value { "true" } else { "false" }),
        Kind::Number(number) => pen.out.push_str(&number.to_string()),
        Kind::Null(_) => pen.grey("null"),
        Kind::Unknown(..) => pen.out.push_str("(known after apply)"),
        Kind::List(..) | Kind::Set(..) | Kind::Map(..) | Kind::Tuple(_) | Kind::Object(_) => {
            debug_assert!(false, "collections are no scalars");
        }
    }
}

fn write_changed_lines(pen: &mut Pen<'_>, node: &Node<'_>, before: &[Cow<'_, str>], after: &[Cow<'_, str>]) {
    open_lines(pen, node);
    for pair in align(before, after, |a, b| a == b, |_| false) {
        let (was, is) = (pair.0.map(|at| &before[at]), pair.1.map(|at| &after[at]));
        match (was, is) {
            (Some(was), Some(is)) if was == is => write_line(pen, Sign::Keep, was),
            (was, is) => {
                was.into_iter().for_each(|line| write_line(pen, Sign::Remove, line));
                is.into_iter().for_each(|line| write_line(pen, Sign::Add, line));
            }
        }
    }
    close_lines(pen, node);
}

fn open_lines(pen: &mut Pen<'_>, node: &Node<'_>) {
    pen.out.push_str("<<-EOT");
    pen.replacement(node.replaces);
    pen.out.push('\n');
}

fn write_line(pen: &mut Pen<'_>, sign: Sign, line: &str) {
    let look = pen.look;
    let mut inside = pen.inside(look);
    inside.begin(sign);
    inside.out.push_str(line);
    inside.out.push('\n');
}

fn close_lines(pen: &mut Pen<'_>, node: &Node<'_>) {
    pen.begin(Sign::Keep);
    pen.out.push_str("EOT");
    pen.null_suffix(node.sign);
}

fn write_json(pen: &mut Pen<'_>, node: &Node<'_>, before: Option<&Value>, after: Option<&Value>) {
    let tree = compare(Shape::Any, before, after, &Focus::default());
    let only_blanks = tree.sign == Sign::Keep && node.sign == Sign::Change;
    let mut look = pen.look.with_null_suffix(false);
    look.unchanged |= only_blanks;
    let mut text = String::new();
    Pen { out: &mut text, depth: pen.depth + 1, look }.write(&tree);

    let remark = match (only_blanks, node.replaces) {
        (false, _) => "",
        (true, false) => " # whitespace changes",
        (true, true) => " # whitespace changes force replacement",
    };
    pen.out.push_str("jsonencode(");
    if !text.contains('\n') {
        pen.out.push_str(&text);
        pen.out.push(')');
        pen.out.push_str(remark);
        return pen.replacement(node.replaces && !only_blanks);
    }
    pen.out.push_str(remark);
    pen.out.push('\n');
    // What comes or goes as a whole has its sign at the attribute.
    let sign = if only_blanks || tree.sign != Sign::Change { Sign::Keep } else { Sign::Change };
    let look = pen.look;
    pen.inside(look).begin(sign);
    pen.out.push_str(&text);
    pen.replacement(node.replaces && !only_blanks);
    pen.out.push('\n');
    pen.begin(Sign::Keep);
    pen.out.push(')');
    pen.null_suffix(node.sign);
}
