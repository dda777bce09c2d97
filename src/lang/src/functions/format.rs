//! `format` and `formatlist`.

use super::graphemes::graphemes;
use landfall_value::{Digits, Kind, Number, Refinement, Rounding, Type, Value, convert};

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Parameter, Returns, any, text};
use super::{FunctionError, Outcome, json};

const ARGUMENTS: Parameter = any("args").null().unknown();

pub(super) const FUNCTIONS: &[Function] = &[
    Function::text("format", &[text("format")], |a| a.guarded(0, format_values(a.text(0), &a.values[1..])))
        .variadic(ARGUMENTS),
    Function::new("formatlist", &[text("format")], Returns::Fixed(Constraint::ListOfString), |a| {
        a.guarded(0, format_list(a))
    })
    .variadic(ARGUMENTS),
];

/// One `%` sequence.
#[derive(Default)]
struct Verb {
    raw: String,
    offset: usize,
    argument: usize,
    plus: bool,
    minus: bool,
    space: bool,
    zero: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
    mode: char,
}

enum Piece<'a> {
    Literal(&'a str),
    Verb(Verb),
}

/// Splits a format. Arguments are counted from 0.
fn parse(format: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut next = 0;
    let mut rest = format;
    while let Some(start) = rest.find('%') {
        if start > 0 {
            pieces.push(Piece::Literal(&rest[..start]));
        }
        let offset = format.len() - rest.len() + start;
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            pieces.push(Piece::Literal("%"));
            rest = after;
            continue;
        }
        let (verb, after) = parse_verb(rest, offset, next)?;
        next = verb.argument + 1;
        pieces.push(Piece::Verb(verb));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    Ok(pieces)
}

fn parse_verb(text: &str, offset: usize, next: usize) -> Result<(Verb, &str), String> {
    let mut verb = Verb { offset, argument: next, ..Verb::default() };
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|c| "+- 0#".contains(*c)) {
        match flag {
            '+' => verb.plus = true,
            '-' => verb.minus = true,
            ' ' => verb.space = true,
            '0' => verb.zero = true,
            _ => verb.sharp = true,
        }
        rest = &rest[1..];
    }
    rest = parse_index(&mut verb, rest)?;
    (verb.width, rest) = parse_number(rest);
    if let Some(after) = rest.strip_prefix('.') {
        let precision;
        (precision, rest) = parse_number(after);
        verb.precision = Some(precision.unwrap_or(0));
    }
    rest = parse_index(&mut verb, rest)?;
    let Some(mode) = rest.chars().next() else {
        return Err(format!("unterminated verb %{text} at offset {offset}"));
    };
    rest = &rest[mode.len_utf8()..];
    verb.mode = mode;
    verb.raw = format!("%{}", &text[..text.len() - rest.len()]);
    if !"vtbdoxXeEfgGsq".contains(mode) {
        return Err(format!("unsupported format verb {mode:?} in {:?} at offset {offset}", verb.raw));
    }
    Ok((verb, rest))
}

fn parse_number(text: &str) -> (Option<usize>, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (text[..text.len() - rest.len()].parse().ok(), rest)
}

fn parse_index<'a>(verb: &mut Verb, text: &'a str) -> Result<&'a str, String> {
    let Some(after) = text.strip_prefix('[') else { return Ok(text) };
    let (number, rest) = parse_number(after);
    match (number, rest.strip_prefix(']')) {
        (Some(number), Some(rest)) if number > 0 => {
            verb.argument = number - 1;
            Ok(rest)
        }
        _ => Err(format!("invalid argument index in verb at offset {}", verb.offset)),
    }
}

fn format_values(format: &str, values: &[Value]) -> Outcome {
    let pieces = parse(format).map_err(FunctionError::new)?;
    if !values.iter().all(Value::is_wholly_known) {
        let prefix = match pieces.first() {
            Some(Piece::Literal(start)) => Some((*start).into()),
            _ => None,
        };
        let known = Refinement { not_null: true, prefix, ..Refinement::default() };
        return Ok(Value::refined(Type::String, known));
    }
    let mut text = String::new();
    let mut used = 0;
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Verb(verb) => {
                used = used.max(verb.argument + 1);
                text.push_str(&verb.apply(values).map_err(FunctionError::new)?);
            }
        }
    }
    if used < values.len() {
        let message = if used == 0 {
            "too many arguments; no verbs in format string".into()
        } else {
            format!("too many arguments; only {used} used by format string")
        };
        return Err(FunctionError::at(used + 1, message));
    }
    Ok(text.into())
}

impl Verb {
    fn apply(&self, values: &[Value]) -> Result<String, String> {
        let unsupported = |why: &str| format!("unsupported value for {:?} at {}: {why}", self.raw, self.offset);
        let Some(value) = values.get(self.argument) else {
            return Err(format!(
                "not enough arguments for {:?} at {}: need index {} but have {} total",
                self.raw,
                self.offset,
                self.argument + 1,
                values.len()
            ));
        };
        if self.mode != 'v' && value.is_null() {
            return Err(unsupported("null value cannot be formatted"));
        }
        let wanted = |r#type: Type| convert(value, &r#type).map_err(|error| unsupported(&error.message));
        match self.mode {
            'v' => self.any(value),
            't' => Ok(wanted(Type::Bool)?.as_bool().unwrap_or_default().to_string()),
            's' | 'q' => Ok(self.string(wanted(Type::String)?.as_str().unwrap_or_default())),
            _ => {
                let value = wanted(Type::Number)?;
                let number = value.as_number().unwrap_or(&Number::ZERO);
                match self.mode {
                    'b' | 'd' | 'o' | 'x' | 'X' => {
                        self.integer(number).ok_or_else(|| unsupported("an integer is required"))
                    }
                    _ => Ok(self.float(number)),
                }
            }
        }
    }

    fn any(&self, value: &Value) -> Result<String, String> {
        let text = match value.kind() {
            Kind::String(text) if !self.sharp => text.to_string(),
            Kind::Number(number) if !self.sharp => general(number, None),
            _ => {
                let mut text = String::new();
                json::write(value, &mut text)?;
                text
            }
        };
        Ok(self.pad(text))
    }

    fn string(&self, text: &str) -> String {
        let text: String = match self.precision {
            Some(precision) if precision > 0 => graphemes(text).take(precision).collect(),
            Some(_) | None => text.to_owned(),
        };
        if self.mode == 's' {
            return self.pad(text);
        }
        let mut quoted = String::new();
        json::write_string(&text, &mut quoted);
        self.pad(quoted)
    }

    /// Fills up to the width, counted as readers count.
    fn pad(&self, text: String) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(graphemes(&text).count());
        let fill = if self.zero { "0" } else { " " }.repeat(missing);
        if self.minus { text + &fill } else { fill + &text }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    fn integer(&self, number: &Number) -> Option<String> {
        let (base, prefix) = match self.mode {
            'b' => (2, "0b"),
            'o' => (8, "0"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (10, ""),
        };
        let digits = number.abs().to_radix(base)?;
        let digits = if self.mode == 'X' { digits.to_uppercase() } else { digits };
        let prefix = if self.sharp { prefix } else { "" };
        let least = self.precision.unwrap_or(0);
        let digits = if self.precision == Some(0) && number.is_zero() { String::new() } else { digits };
        let digits = format!("{digits:0>least$}");
        let head = format!("{}{prefix}", self.sign(number.is_negative()));
        Some(self.place(&head, &digits, self.zero && self.precision.is_none()))
    }

    fn float(&self, number: &Number) -> String {
        let head = self.sign(number.is_negative());
        if !number.is_finite() {
            let head = if head.is_empty() { "+" } else { head };
            return self.place(head, "Inf", false);
        }
        let body = match self.mode {
            'f' => fixed(&number.abs(), self.precision.unwrap_or(6)),
            'e' | 'E' => {
                let precision = self.precision.unwrap_or(6);
                let digits = number.abs().digits(Rounding::Significant(precision + 1));
                digits.map(|digits| scientific(&digits, precision)).unwrap_or_default()
            }
            _ => general(&number.abs(), self.precision),
        };
        let body = if self.mode.is_ascii_uppercase() { body.to_uppercase() } else { body };
        self.place(head, &body, self.zero)
    }

    /// Fills between sign and digits with zeros, or outside with blanks.
    fn place(&self, head: &str, body: &str, zeros: bool) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(head.len() + body.len());
        match (self.minus, zeros) {
            (true, _) => format!("{head}{body}{}", " ".repeat(missing)),
            (false, true) => format!("{head}{}{body}", "0".repeat(missing)),
            (false, false) => format!("{}{head}{body}", " ".repeat(missing)),
        }
    }
}

fn fixed(number: &Number, places: usize) -> String {
    number.digits(Rounding::Fraction(places)).map(|digits| plain(&digits, places)).unwrap_or_default()
}

/// Writes digits with a number of places after the point.
fn plain(digits: &Digits, places: usize) -> String {
    let digit = |index: i64| match usize::try_from(index) {
        Ok(index) => digits.digits.as_bytes().get(index).map_or('0', |&digit| char::from(digit)),
        Err(_) => '0',
    };
    let mut text = String::new();
    if digits.point > 0 {
        text.extend((0..digits.point).map(digit));
    } else {
        text.push('0');
    }
    if places > 0 {
        text.push('.');
        text.extend((0..places as i64).map(|place| digit(digits.point + place)));
    }
    text
}

/// Writes digits as `d.ddde±dd`.
fn scientific(digits: &Digits, places: usize) -> String {
    let mut all = digits.digits.clone();
    while all.len() < places + 1 {
        all.push('0');
    }
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    let (first, rest) = all.split_at(1);
    let point = if places > 0 { "." } else { "" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{:02}", exponent.abs())
}

/// Writes the shorter of both forms; without precision as many digits as are needed.
fn general(number: &Number, precision: Option<usize>) -> String {
    let rounding = precision.map_or(Rounding::Shortest, |precision| Rounding::Significant(precision.max(1)));
    let Some(digits) = number.digits(rounding) else { return number.to_string() };
    let count = digits.digits.len() as i64;
    let wanted = precision.map_or(count, |precision| precision.max(1) as i64);
    let few = match precision {
        None => 6,
        Some(_) if wanted > count && count >= digits.point => count,
        Some(_) => wanted,
    };
    let exponent = digits.point - 1;
    let sign = if digits.negative { "-" } else { "" };
    if count > 0 && (exponent < -4 || exponent >= few) {
        let places = usize::try_from(wanted.min(count) - 1).unwrap_or(0);
        return format!("{sign}{}", scientific(&digits, places));
    }
    let kept = if wanted > digits.point { count } else { wanted };
    format!("{sign}{}", plain(&digits, usize::try_from(kept - digits.point).unwrap_or(0)))
}

fn format_list(arguments: &Arguments<'_>) -> Outcome {
    let format = arguments.text(0);
    let values = &arguments.values[1..];
    let mut rows = None;
    let mut unknown = false;
    for (index, value) in values.iter().enumerate() {
        match (value.kind(), value.r#type()) {
            (Kind::Unknown(..), Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic) => unknown = true,
            (Kind::Set(..), _) if !value.is_length_known() => unknown = true,
            (Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements), _) => match rows {
                None => rows = Some((index, elements.len())),
                Some((first, count)) if count != elements.len() => {
                    let length = elements.len();
                    let message = format!(
                        "argument {} has length {length}, which is inconsistent with argument {} of length {count}",
                        index + 1,
                        first + 1
                    );
                    return Err(FunctionError::at(index + 1, message));
                }
                Some(_) => {}
            },
            _ => {}
        }
    }
    if unknown {
        return Ok(arguments.unknown());
    }
    let count = rows.map_or(1, |(_, count)| count);
    let mut lines = Vec::with_capacity(count);
    for row in 0..count {
        let values: Vec<Value> =
            values.iter().map(|value| value.as_slice().map_or(value, |elements| &elements[row]).clone()).collect();
        if !values.iter().all(Value::is_wholly_known) {
            lines.push(Value::refined(Type::String, Refinement::NOT_NULL));
            continue;
        }
        let line = format_values(format, &values)
            .map_err(|error| FunctionError::new(format!("error on format iteration {row}: {}", error.message)))?;
        lines.push(line);
    }
    Ok(Value::list(Type::String, lines))
}
