//! `regex`, `regexall` and `replace`.

mod translate;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, RwLock};

use ::regex::{Captures, Regex};
use landfall_value::{Type, Value};

use super::arguments::Arguments;
use super::signature::{Function, Returns, Types, text};
use super::{FunctionError, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regex", &[text("pattern"), text("string")], Returns::By(match_type), find),
    Function::new(
        "regexall",
        &[text("pattern"), text("string")],
        Returns::By(|types| Ok(Type::list(match_type(types)?))),
        find_all,
    ),
    Function::text("replace", &[text("str"), text("substr"), text("replace")], replace),
];

/// A compiled pattern and the names of its groups.
struct Pattern {
    regex: Regex,
    /// One entry for each group, without the whole match.
    groups: Vec<Option<Arc<str>>>,
}

/// Compiles a pattern, once per process as long as there are not too many.
fn compile(pattern: &str) -> Result<Arc<Pattern>, String> {
    static COMPILED: LazyLock<RwLock<BTreeMap<String, Arc<Pattern>>>> = LazyLock::new(RwLock::default);
    const MOST: usize = 1000;
    if let Ok(compiled) = COMPILED.read()
        && let Some(found) = compiled.get(pattern)
    {
        return Ok(found.clone());
    }
    let translated = translate::translate(pattern)?;
    let regex = Regex::new(&translated.pattern).map_err(|error| {
        let text = error.to_string();
        text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })?;
    let made = Arc::new(Pattern { regex, groups: translated.groups });
    if let Ok(mut compiled) = COMPILED.write()
        && compiled.len() < MOST
    {
        compiled.insert(pattern.to_owned(), made.clone());
    }
    Ok(made)
}

fn compile_argument(pattern: &str) -> Result<Arc<Pattern>, FunctionError> {
    compile(pattern).map_err(|reason| FunctionError::at(0, format!("invalid regexp pattern: {reason}")))
}

impl Pattern {
    /// Returns the type of one match: a text, the unnamed groups or the named ones.
    fn match_type(&self) -> Result<Type, FunctionError> {
        let named = self.groups.iter().flatten().count();
        if self.groups.is_empty() {
            Ok(Type::String)
        } else if named == self.groups.len() {
            Ok(Type::object(self.groups.iter().flatten().map(|name| (name.clone(), Type::String))))
        } else if named == 0 {
            Ok(Type::tuple(self.groups.iter().map(|_| Type::String)))
        } else {
            let message = "invalid regexp pattern: cannot mix both named and unnamed capture groups";
            Err(FunctionError::at(0, message))
        }
    }

    fn value(&self, captures: &Captures<'_>) -> Value {
        let group =
            |index: usize| captures.get(index).map_or_else(|| Value::null(Type::String), |found| found.as_str().into());
        match self.groups.first() {
            None => group(0),
            Some(None) => Value::tuple((1..=self.groups.len()).map(group).collect()),
            Some(Some(_)) => {
                let names = self.groups.iter().flatten().cloned();
                Value::object(names.zip((1..).map(group)).collect())
            }
        }
    }
}

fn match_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.values[0].as_str() {
        Some(pattern) => compile_argument(pattern)?.match_type(),
        None => Ok(Type::Dynamic),
    }
}

fn find(arguments: &Arguments<'_>) -> Outcome {
    let pattern = compile_argument(arguments.text(0))?;
    match pattern.regex.captures(arguments.text(1)) {
        Some(captures) => Ok(pattern.value(&captures)),
        None => Err(FunctionError::new("pattern did not match any part of the given string")),
    }
}

fn find_all(arguments: &Arguments<'_>) -> Outcome {
    let pattern = compile_argument(arguments.text(0))?;
    let found = pattern.regex.captures_iter(arguments.text(1)).map(|captures| pattern.value(&captures));
    Ok(Value::list(arguments.returned_element(), found.collect()))
}

fn replace(arguments: &Arguments<'_>) -> Outcome {
    let (text, wanted, by) = (arguments.text(0), arguments.text(1), arguments.text(2));
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let Some(pattern) = pattern else { return Ok(text.replace(wanted, by).into()) };
    let pattern = compile(pattern).map_err(FunctionError::new)?;
    let replaced = pattern.regex.replace_all(text, |captures: &Captures<'_>| pattern.expand(captures, by));
    Ok(replaced.into_owned().into())
}

impl Pattern {
    /// Puts groups into a replacement: `$1`, `${name}`, `$$`. A name is as long as it can be, and one that the pattern
    /// lacks is empty.
    fn expand(&self, captures: &Captures<'_>, template: &str) -> String {
        let mut made = String::new();
        let mut rest = template;
        while let Some(start) = rest.find('$') {
            made.push_str(&rest[..start]);
            rest = &rest[start + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                made.push('$');
                rest = after;
                continue;
            }
            let braced = rest.strip_prefix('{');
            let from = braced.unwrap_or(rest);
            let end = from.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(from.len());
            let (name, after) = from.split_at(end);
            let after = if braced.is_some() { after.strip_prefix('}') } else { Some(after) };
            match after {
                Some(after) if !name.is_empty() => {
                    made.push_str(self.group(captures, name));
                    rest = after;
                }
                _ => made.push('$'),
            }
        }
        made + rest
    }

    fn group<'t>(&self, captures: &Captures<'t>, name: &str) -> &'t str {
        let index = match name.parse::<usize>() {
            Ok(index) => Some(index),
            Err(_) => self.groups.iter().position(|group| group.as_deref() == Some(name)).map(|index| index + 1),
        };
        index.and_then(|index| captures.get(index)).map_or("", |found| found.as_str())
    }
}
