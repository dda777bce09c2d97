//! Times as RFC 3339 texts.

mod duration;
mod time;

use landfall_value::Value;

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Returns, text};
use super::{FunctionError, Outcome};
use time::Time;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::text("formatdate", &[text("format"), text("time")], format_date),
    Function::text("plantimestamp", &[], |a| Ok(Time::from_unix_nanos(a.context.host.plan_time()).to_rfc3339().into())),
    Function::text("timeadd", &[text("timestamp"), text("duration")], add),
    Function::new("timecmp", &[text("timestamp_a"), text("timestamp_b")], Returns::Fixed(Constraint::Number), compare),
    Function::text("timestamp", &[], |a| match a.context.host.now() {
        Some(now) => Ok(Time::from_unix_nanos(now).to_rfc3339().into()),
        None => Ok(a.unknown()),
    }),
];

fn argument(arguments: &Arguments<'_>, index: usize) -> Result<Time, FunctionError> {
    Time::parse(arguments.text(index)).map_err(|reason| {
        let reason = if arguments.secret[index] { String::new() } else { format!(": {reason}") };
        FunctionError::at(index, format!("not a valid RFC3339 timestamp{reason}"))
    })
}

fn add(arguments: &Arguments<'_>) -> Outcome {
    let time = argument(arguments, 0).map_err(|error| FunctionError::new(error.message))?;
    let nanos = duration::parse(arguments.text(1))
        .ok_or_else(|| FunctionError::new(format!("invalid duration {}", arguments.shown(1, arguments.text(1)))))?;
    Ok(time.plus_nanos(nanos).to_rfc3339().into())
}

fn compare(arguments: &Arguments<'_>) -> Outcome {
    let (a, b) = (argument(arguments, 0)?, argument(arguments, 1)?);
    Ok(Value::from(a.instant().cmp(&b.instant()) as i64))
}

fn format_date(arguments: &Arguments<'_>) -> Outcome {
    let time = argument(arguments, 1)?;
    let mut made = String::new();
    let mut rest = arguments.text(0);
    while let Some(c) = rest.chars().next() {
        if c == '\'' {
            let (literal, after) = quoted(&rest[1..])
                .ok_or_else(|| FunctionError::at(0, "unterminated literal '; a literal ends with another quote"))?;
            made.push_str(&literal);
            rest = after;
            continue;
        }
        let end = rest.find(|other| other != c).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if !c.is_ascii_alphabetic() {
            made.push_str(run);
            continue;
        }
        let written = time.format(run).ok_or_else(|| {
            FunctionError::at(0, format!("invalid date format verb {run:?}: see the documentation of formatdate"))
        })?;
        made.push_str(&written);
    }
    Ok(made.into())
}

/// Reads a literal up to its closing quote; a doubled one stands for itself.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut literal = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('\'')?;
        literal.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                literal.push('\'');
                rest = after;
            }
            None => return Some((literal, rest)),
        }
    }
}
