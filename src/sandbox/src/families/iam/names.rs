//! What names, paths and descriptions of IAM may be.

use crate::families::constraints::{Text, length};
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// Names of roles.
pub const ROLE: Text = length(1, 64);
/// Names of policies and instance profiles.
pub const LONG: Text = length(1, 128);
/// ARNs.
pub const ARN: Text = length(20, 2048);
/// Policy documents.
pub const DOCUMENT: Text =
    Text { least: 1, most: 131_072, pattern: r"[\u0009\u000A\u000D\u0020-\u00FF]+", accepts: is_latin };
/// Descriptions of roles.
pub const DESCRIPTION: Text = Text {
    least: 0,
    most: 1000,
    pattern: r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*",
    accepts: |text| is_latin(text) && !text.chars().any(|character| ('\u{7f}'..='\u{a0}').contains(&character)),
};
/// Descriptions of policies.
pub const POLICY_DESCRIPTION: Text = length(0, 1000);
/// What paths of a list begin with.
pub const PREFIX: Text = Text {
    least: 1,
    most: 512,
    pattern: r"\u002F[\u0021-\u007F]*",
    accepts: |text| text.starts_with('/') && text.chars().all(|character| ('!'..='\u{7f}').contains(&character)),
};
/// Versions of policies.
pub const VERSION: Text = Text {
    least: 1,
    most: 64,
    pattern: r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?",
    accepts: |text| {
        let number = text.strip_prefix('v').map(|rest| rest.split('.').next().unwrap_or_default());
        number.is_some_and(|number| !number.starts_with('0') && number.parse::<u64>().is_ok())
    },
};

fn is_latin(text: &str) -> bool {
    text.chars().all(|character| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
}

/// Returns a required name.
///
/// # Errors
/// When it is missing, too long, or has characters that names cannot have.
pub fn name<'a>(input: &'a Tree, member: &str, rule: &Text) -> Result<&'a str, Fault> {
    let name = rule.need(input, member)?;
    if name.chars().all(|character| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)) {
        return Ok(name);
    }
    let mut named = member.to_owned();
    named[..1].make_ascii_lowercase();
    let message = format!(
        "The specified value for {named} is invalid. It must contain only alphanumeric characters and/or the \
         following: +=,.@_-"
    );
    Err(Fault::new("ValidationError", message))
}

/// Returns the path, `/` where none is given.
///
/// # Errors
/// When it is not one.
pub fn path(input: &Tree) -> Result<&str, Fault> {
    let path = length(1, 512).optional(input, "Path")?.unwrap_or("/");
    let is_path = path.starts_with('/') && path.ends_with('/') && path.chars().all(|c| ('!'..='~').contains(&c));
    if is_path {
        return Ok(path);
    }
    let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                   alphanumeric characters and/or / characters.";
    Err(Fault::new("ValidationError", message))
}

/// Returns whether a name is taken: names that differ only in case are the same.
pub fn is_taken<'a>(names: impl IntoIterator<Item = &'a String>, name: &str) -> bool {
    names.into_iter().any(|taken| taken.eq_ignore_ascii_case(name))
}
