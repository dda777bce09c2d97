//! Files and paths. What they hold comes from the host.

mod glob;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall_value::{Kind, Type, Value};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::arguments::Arguments;
use super::hash::hex;
use super::signature::{Constraint, Function, Returns, any, text};
use super::{FunctionError, Outcome, TemplateError};

/// What stands for the file name of a template that has none.
const TEMPLATE_STRING: &str = "<templatestring argument>";
const PATH: &[super::Parameter] = &[text("path")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::text("abspath", PATH, |a| Ok(clean(&a.context.host.absolute(a.text(0))).into())),
    Function::text("basename", PATH, |a| Ok(base_name(a.text(0)).into())),
    Function::text("dirname", PATH, |a| Ok(directory_name(a.text(0)).into())),
    Function::text("file", PATH, |a| Ok(read_text(a)?.into())),
    Function::text("filebase64", PATH, |a| Ok(STANDARD.encode(read(a)?).into())),
    Function::text("filebase64sha256", PATH, |a| hashed(a, |bytes| STANDARD.encode(Sha256::digest(bytes)))),
    Function::text("filebase64sha512", PATH, |a| hashed(a, |bytes| STANDARD.encode(Sha512::digest(bytes)))),
    Function::new("fileexists", PATH, Returns::Fixed(Constraint::Bool), exists),
    Function::text("filemd5", PATH, |a| hashed(a, |bytes| hex(&Md5::digest(bytes)))),
    Function::new("fileset", &[text("path"), text("pattern")], Returns::Fixed(Constraint::SetOfString), file_set),
    Function::text("filesha1", PATH, |a| hashed(a, |bytes| hex(&Sha1::digest(bytes)))),
    Function::text("filesha256", PATH, |a| hashed(a, |bytes| hex(&Sha256::digest(bytes)))),
    Function::text("filesha512", PATH, |a| hashed(a, |bytes| hex(&Sha512::digest(bytes)))),
    Function::text("pathexpand", PATH, expand_path),
    Function::new("templatefile", &[text("path"), any("vars")], Returns::Fixed(Constraint::Any), template_file)
        .may_be_null(),
    Function::text("templatestring", &[text("template"), any("vars")], template_string),
];

fn expand_path(arguments: &Arguments<'_>) -> Outcome {
    match arguments.text(0).strip_prefix('~') {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => {
            Err(FunctionError::new("cannot expand user-specific home dir"))
        }
        _ => Ok(arguments.context.host.expand_home(arguments.text(0)).into()),
    }
}

/// Returns a path as the host knows it.
fn resolve(arguments: &Arguments<'_>, path: &str) -> String {
    let path = arguments.context.host.expand_home(path);
    let base = arguments.context.base_directory;
    if path.starts_with('/') || base.is_empty() { path } else { join(base, &path) }
}

fn join(base: &str, path: &str) -> String {
    let path = path.trim_start_matches("./");
    if path.is_empty() { base.to_owned() } else { format!("{}/{path}", base.trim_end_matches('/')) }
}

fn shown(arguments: &Arguments<'_>, path: &str) -> String {
    arguments.shown(0, path)
}

fn read(arguments: &Arguments<'_>) -> Result<Arc<[u8]>, FunctionError> {
    let path = resolve(arguments, arguments.text(0));
    arguments.context.host.read_file(&path).map_err(|reason| {
        let missing = matches!(arguments.context.host.is_file(&path), Ok(false));
        let shown = shown(arguments, arguments.text(0));
        let message = if missing {
            format!(
                "no file exists at {shown}; this function works only with files that are distributed as part of the \
                 configuration source code, so if this file will be created by a resource in this configuration you \
                 must instead obtain this result from an attribute of that resource"
            )
        } else {
            format!("failed to read {shown}: {reason}")
        };
        FunctionError::at(0, message)
    })
}

fn read_text(arguments: &Arguments<'_>) -> Result<String, FunctionError> {
    String::from_utf8(read(arguments)?.to_vec()).map_err(|_| {
        let shown = shown(arguments, arguments.text(0));
        let message = format!(
            "contents of {shown} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents \
             or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead"
        );
        FunctionError::new(message)
    })
}

fn hashed(arguments: &Arguments<'_>, digest: impl Fn(&[u8]) -> String) -> Outcome {
    let bytes = read(arguments).map_err(|error| FunctionError::new(error.message))?;
    Ok(digest(&bytes).into())
}

fn exists(arguments: &Arguments<'_>) -> Outcome {
    let path = resolve(arguments, arguments.text(0));
    arguments
        .context
        .host
        .is_file(&path)
        .map(Value::from)
        .map_err(|reason| FunctionError::new(format!("{}: {reason}", shown(arguments, arguments.text(0)))))
}

fn file_set(arguments: &Arguments<'_>) -> Outcome {
    let pattern = arguments.text(1);
    let mut directory = clean(&resolve(arguments, arguments.text(0)));
    let cleaned = clean(pattern.trim_start_matches('/'));
    let mut rest = cleaned.as_str();
    // What `..` in the pattern leaves: files below it are named as seen from inside.
    let mut left: Vec<Option<String>> = Vec::new();
    while let Some(after) = rest.strip_prefix("../") {
        let name = base_name(&directory).to_owned();
        if matches!(name.as_str(), "." | ".." | "/") {
            directory = clean(&join(&directory, ".."));
            left.push(None);
        } else {
            directory = directory_name(&directory);
            left.push(Some(name));
        }
        rest = after;
    }
    let glob = glob::Glob::parse(rest)
        .ok_or_else(|| FunctionError::new(format!("failed to glob pattern {}", arguments.shown(1, pattern))))?;
    let files = arguments.context.host.list_files(&directory).map_err(|reason| {
        FunctionError::new(format!("failed to list {}: {reason}", shown(arguments, arguments.text(0))))
    })?;
    let found = files.iter().filter(|path| glob.matches(path)).map(|path| Value::from(seen_from(&left, path)));
    Ok(Value::set(Type::String, found.collect()))
}

/// Returns a path as it is seen from directories below, given innermost first; some have no name.
fn seen_from(below: &[Option<String>], path: &str) -> String {
    let mut rest = path;
    let mut above = below.len();
    while let Some(Some(name)) = above.checked_sub(1).map(|outermost| below[outermost].as_deref()) {
        let Some(after) = rest.strip_prefix(name).and_then(|after| after.strip_prefix('/')) else { break };
        rest = after;
        above -= 1;
    }
    format!("{}{rest}", "../".repeat(above))
}

/// Returns the last element of a path.
fn base_name(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

/// Returns all but the last element of a path, cleaned.
fn directory_name(path: &str) -> String {
    clean(path.rfind('/').map_or("", |end| &path[..=end]))
}

/// Returns the shortest path that means the same.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, joined) => format!("/{joined}"),
        (false, joined) if joined.is_empty() => ".".into(),
        (false, joined) => joined,
    }
}

fn template_file(arguments: &Arguments<'_>) -> Outcome {
    refuse_nesting(arguments, "templatefile")?;
    let text = read_text(arguments)?;
    let name = if arguments.is_secret(0) { "(sensitive value)" } else { arguments.text(0) };
    render(arguments, name, &text)
}

fn template_string(arguments: &Arguments<'_>) -> Outcome {
    refuse_nesting(arguments, "templatestring")?;
    let made = render(arguments, TEMPLATE_STRING, arguments.text(0))?;
    landfall_value::convert(&made, &Type::String).map_err(|error| FunctionError::new(error.message))
}

fn refuse_nesting(arguments: &Arguments<'_>, name: &str) -> Result<(), FunctionError> {
    if !arguments.context.in_template {
        return Ok(());
    }
    Err(FunctionError::new(format!("cannot recursively call {name} from inside another template function")))
}

fn render(arguments: &Arguments<'_>, name: &str, text: &str) -> Outcome {
    let variables = match arguments.value(1).kind() {
        Kind::Map(_, variables) | Kind::Object(variables) => variables,
        _ => return Err(FunctionError::at(1, "invalid vars value: must be a map")),
    };
    for name in variables.keys() {
        let mut letters = name.chars();
        let good = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && letters.all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !good {
            let message = format!(
                "invalid template variable name {name:?}: must start with a letter, followed by zero or more letters, \
                 digits, and underscores"
            );
            return Err(FunctionError::at(1, message));
        }
    }
    arguments.context.templates.render(name, text, variables).map_err(|error| match error {
        TemplateError::MissingVariable(message) => FunctionError::at(1, message),
        TemplateError::Malformed(message) if name == TEMPLATE_STRING => {
            FunctionError::at(0, format!("invalid template: {message}"))
        }
        TemplateError::Malformed(message) | TemplateError::Failed(message) => FunctionError::new(message),
    })
}
