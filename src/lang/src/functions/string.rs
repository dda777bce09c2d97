//! Texts.

use super::graphemes::graphemes;
use landfall_value::{Kind, Type, Value};

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Parameter, Returns, number, text, texts};
use super::{FunctionError, Outcome};

const fn test(name: &'static str, parameters: &'static [Parameter], run: fn(&Arguments<'_>) -> Outcome) -> Function {
    Function::new(name, parameters, Returns::Fixed(Constraint::Bool), run)
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::text("chomp", &[text("str")], |a| Ok(a.text(0).trim_end_matches(['\r', '\n']).into())),
    test("endswith", &[text("str"), text("suffix")], |a| Ok(a.text(0).ends_with(a.text(1)).into())),
    Function::text("indent", &[number("spaces"), text("str")], indent),
    Function::text("join", &[text("separator")], join).variadic(texts("lists").unknown()),
    Function::text("lower", &[text("str")], |a| Ok(lower(a.text(0)).into())),
    Function::new("split", &[text("separator"), text("str")], Returns::Fixed(Constraint::ListOfString), split),
    test("startswith", &[text("str").unknown(), text("prefix")], starts_with),
    test("strcontains", &[text("str"), text("substr")], |a| Ok(a.text(0).contains(a.text(1)).into())),
    Function::text("strrev", &[text("str")], reversed),
    Function::text("substr", &[text("str"), number("offset"), number("length")], substring),
    Function::text("title", &[text("str")], |a| Ok(title(a.text(0)).into())),
    Function::text("trim", &[text("str"), text("cutset")], |a| {
        Ok(a.text(0).trim_matches(|c| a.text(1).contains(c)).into())
    }),
    Function::text("trimprefix", &[text("str"), text("prefix")], |a| {
        Ok(a.text(0).strip_prefix(a.text(1)).unwrap_or(a.text(0)).into())
    }),
    Function::text("trimspace", &[text("str")], |a| Ok(a.text(0).trim().into())),
    Function::text("trimsuffix", &[text("str"), text("suffix")], |a| {
        Ok(a.text(0).strip_suffix(a.text(1)).unwrap_or(a.text(0)).into())
    }),
    Function::text("upper", &[text("str")], |a| Ok(upper(a.text(0)).into())),
];

/// Maps each character to one character; those whose upper case is several stay.
fn upper(text: &str) -> String {
    text.chars().map(upper_char).collect()
}

fn upper_char(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        // Greek letters with iota below have a single capital, eight or nine places on.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(c as u32 + 8).unwrap_or(c)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(c as u32 + 9).unwrap_or(c),
            _ => c,
        },
    }
}

/// Maps each character to one character.
fn lower(text: &str) -> String {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

fn title(text: &str) -> String {
    let mut start = true;
    text.chars()
        .map(|c| {
            let letter = if start { title_char(c) } else { c };
            start = is_separator(c);
            letter
        })
        .collect()
}

/// Returns the form of a letter at the start of a word: two letters written as one have only the first large.
fn title_char(c: char) -> char {
    match c {
        'Ǆ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǳ' => 'ǲ',
        _ => upper_char(c),
    }
}

fn is_separator(c: char) -> bool {
    if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { !c.is_alphanumeric() && c.is_whitespace() }
}

fn indent(arguments: &Arguments<'_>) -> Outcome {
    let spaces = usize::try_from(arguments.whole(0)?).map_err(|_| FunctionError::new("spaces must not be negative"))?;
    Ok(arguments.text(1).replace('\n', &format!("\n{}", " ".repeat(spaces))).into())
}

fn join(arguments: &Arguments<'_>) -> Outcome {
    let lists = &arguments.values[1..];
    if lists.is_empty() {
        return Err(FunctionError::new("at least one list is required"));
    }
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(arguments.unknown());
    }
    let mut parts = Vec::new();
    for (list, argument) in lists.iter().zip(1..) {
        for (index, element) in list.as_slice().unwrap_or_default().iter().enumerate() {
            let text = element.as_str().ok_or_else(|| {
                let which = if lists.len() == 1 { String::new() } else { format!(" of list {argument}") };
                let message = format!("element {index}{which} is null; cannot concatenate null values");
                FunctionError::at(argument, message)
            })?;
            parts.push(text);
        }
    }
    Ok(parts.join(arguments.text(0)).into())
}

fn split(arguments: &Arguments<'_>) -> Outcome {
    let (separator, text) = (arguments.text(0), arguments.text(1));
    let parts = if separator.is_empty() {
        text.chars().map(|c| Value::from(c.to_string())).collect()
    } else {
        text.split(separator).map(Value::from).collect()
    };
    Ok(Value::list(Type::String, parts))
}

/// What a text starts with may be known before the text is.
fn starts_with(arguments: &Arguments<'_>) -> Outcome {
    let prefix = arguments.text(1);
    match arguments.value(0).kind() {
        Kind::String(text) => Ok(text.starts_with(prefix).into()),
        Kind::Unknown(_, known) => Ok(match &known.prefix {
            _ if prefix.is_empty() => true.into(),
            Some(start) if start.starts_with(prefix) => true.into(),
            Some(start) if !prefix.starts_with(&**start) => false.into(),
            Some(_) | None => arguments.unknown(),
        }),
        _ => Ok(arguments.unknown()),
    }
}

fn substring(arguments: &Arguments<'_>) -> Outcome {
    let text = arguments.text(0);
    let (mut offset, length) = (arguments.whole(1)?, arguments.whole(2)?);
    if offset < 0 {
        offset = offset.saturating_add(graphemes(text).count() as i64).max(0);
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let rest = graphemes(text).skip(usize::try_from(offset).unwrap_or(usize::MAX));
    Ok(rest.take(length).collect::<String>().into())
}

fn reversed(arguments: &Arguments<'_>) -> Outcome {
    let mut clusters: Vec<&str> = graphemes(arguments.text(0)).collect();
    clusters.reverse();
    Ok(clusters.concat().into())
}
