//! Policy documents: what IAM checks before it keeps one, and how it gives one back.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::protocol::fault::Fault;

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What an identity may do.
    Identity,
    /// Who may become a role.
    Trust,
}

const ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
/// What STS lets a trust policy allow.
const TRUST_ACTIONS: &[&str] = &[
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
    "sts:setcontext",
];
/// What conditions compare by; `Null` aside.
const OPERATORS: &[&str] = &[
    "stringequals",
    "stringnotequals",
    "stringequalsignorecase",
    "stringnotequalsignorecase",
    "stringlike",
    "stringnotlike",
    "numericequals",
    "numericnotequals",
    "numericlessthan",
    "numericlessthanequals",
    "numericgreaterthan",
    "numericgreaterthanequals",
    "dateequals",
    "datenotequals",
    "datelessthan",
    "datelessthanequals",
    "dategreaterthan",
    "dategreaterthanequals",
    "bool",
    "binaryequals",
    "ipaddress",
    "notipaddress",
    "arnequals",
    "arnnotequals",
    "arnlike",
    "arnnotlike",
];
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Returns a document as IAM's answers have it.
pub fn encoded(document: &str) -> String {
    utf8_percent_encode(document, UNRESERVED).to_string()
}

/// Returns the size that counts against quotas: white space does not.
pub fn size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}

/// Returns the refusal of a document.
pub fn malformed(message: impl Into<String>) -> Fault {
    Fault::new("MalformedPolicyDocument", message)
}

/// Reads and checks a document; who is named in it is checked elsewhere.
///
/// # Errors
/// When IAM would not take it.
pub fn read(text: &str, kind: Kind) -> Result<Value, Fault> {
    let not_json = match kind {
        Kind::Identity => "Syntax errors in policy.",
        Kind::Trust => "This policy contains invalid Json",
    };
    let document: Value = serde_json::from_str(text).map_err(|_| malformed(not_json))?;
    let members = document.as_object().ok_or_else(|| malformed(not_json))?;
    if members.keys().any(|name| !ELEMENTS.contains(&name.as_str())) {
        return Err(malformed("Syntax errors in policy."));
    }
    match members.get("Version").map(Value::as_str) {
        Some(Some("2012-10-17")) => {}
        None | Some(Some("2008-10-17")) if kind == Kind::Trust => {}
        None | Some(Some("2008-10-17")) => {
            return Err(malformed("Policy document must be version 2012-10-17 or greater."));
        }
        Some(_) => return Err(malformed("Syntax errors in policy.")),
    }
    let statements = statements(&document);
    if statements.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    let mut ids = BTreeSet::new();
    for statement in statements {
        check_statement(statement, kind)?;
        if statement.get("Sid").and_then(Value::as_str).is_some_and(|id| !id.is_empty() && !ids.insert(id)) {
            return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
        }
    }
    Ok(document)
}

/// Returns the statements of a document: one may stand without a list.
pub fn statements(document: &Value) -> &[Value] {
    match document.get("Statement") {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// Returns the texts of an element that is one text or a list of them.
pub fn texts(element: Option<&Value>) -> Vec<&str> {
    match element {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

fn check_statement(statement: &Value, kind: Kind) -> Result<(), Fault> {
    let members = statement.as_object().ok_or_else(|| malformed("Syntax errors in policy."))?;
    if members.keys().any(|name| !STATEMENT_ELEMENTS.contains(&name.as_str())) {
        return Err(malformed("Syntax errors in policy."));
    }
    match members.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        None if !members.contains_key("Effect") => return Err(malformed("Missing required field Effect")),
        _ => return Err(malformed("Syntax errors in policy.")),
    }
    let id = members.get("Sid").map(|id| id.as_str().unwrap_or("?")).unwrap_or_default();
    if !id.chars().all(|character| character.is_ascii_alphanumeric() || (kind == Kind::Trust && character == ' ')) {
        let message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                       expression [0-9A-Za-z]*";
        return Err(malformed(message));
    }
    if members.get("Condition").is_some_and(|condition| !condition.is_object()) {
        return Err(malformed("Syntax errors in policy."));
    }
    let operators = members.get("Condition").and_then(Value::as_object);
    if let Some(unknown) = operators.and_then(|all| all.keys().find(|name| !is_operator(name))) {
        return Err(malformed(format!("Invalid Condition type : {unknown}.")));
    }
    let has_both = |one: &str, other: &str| members.contains_key(one) && members.contains_key(other);
    if has_both("Action", "NotAction") || has_both("Resource", "NotResource") || has_both("Principal", "NotPrincipal") {
        return Err(malformed("Syntax errors in policy."));
    }
    let actions = [texts(members.get("Action")), texts(members.get("NotAction"))].concat();
    match kind {
        Kind::Trust => check_trust(statement, &actions),
        Kind::Identity => check_identity(statement, &actions),
    }
}

/// Returns whether a text is an operator of conditions, such as `ForAnyValue:StringLikeIfExists`.
fn is_operator(name: &str) -> bool {
    let name = name.to_lowercase();
    let plain = ["forallvalues:", "foranyvalue:"].iter().find_map(|set| name.strip_prefix(set)).unwrap_or(&name);
    OPERATORS.contains(&plain.strip_suffix("ifexists").unwrap_or(plain)) || name == "null"
}

fn check_trust(statement: &Value, actions: &[&str]) -> Result<(), Fault> {
    for prohibited in ["Resource", "NotResource"] {
        if statement.get(prohibited).is_some() {
            return Err(malformed(format!("Has prohibited field {prohibited}")));
        }
    }
    if statement.get("Principal").is_none() && statement.get("NotPrincipal").is_none() {
        return Err(malformed("Missing required field Principal"));
    }
    if actions.is_empty() {
        return Err(malformed("Missing required field Action"));
    }
    let is_allowed = |action: &&str| {
        let action = action.to_lowercase();
        TRUST_ACTIONS.iter().any(|known| super::principal::fits(&action, known))
    };
    if !actions.iter().all(is_allowed) {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    Ok(())
}

fn check_identity(statement: &Value, actions: &[&str]) -> Result<(), Fault> {
    if statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some() {
        return Err(malformed("Policy document should not specify a principal."));
    }
    if actions.is_empty() {
        return Err(malformed("Policy statement must contain actions."));
    }
    for action in actions.iter().filter(|action| **action != "*") {
        match action.matches(':').count() {
            1 => {}
            0 => {
                let message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
                return Err(malformed(message));
            }
            _ => return Err(malformed("Actions/Condition can contain only one colon.")),
        }
    }
    let resources = [texts(statement.get("Resource")), texts(statement.get("NotResource"))].concat();
    if resources.is_empty() {
        return Err(malformed("Policy statement must contain resources."));
    }
    for resource in resources {
        if resource != "*" && !resource.starts_with("arn:") && !resource.starts_with("*:") {
            return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
        }
        let partition = resource.strip_prefix("arn:").and_then(|rest| rest.split(':').next()).unwrap_or("aws");
        if !partition.starts_with("aws") && !partition.contains('*') {
            let message = format!("Partition \"{partition}\" is not valid for resource \"{resource}\".");
            return Err(malformed(message));
        }
        if resource.starts_with("arn:") && resource.split(':').count() < 6 && !resource.ends_with('*') {
            return Err(malformed("The policy failed legacy parsing"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(statement: &str, kind: Kind) -> String {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        match read(&document, kind) {
            Err(Fault::Coded { code, message, .. }) if code == "MalformedPolicyDocument" => message,
            Err(other) => panic!("{other:?}"),
            Ok(_) => "none".to_owned(),
        }
    }

    #[test]
    fn identity_policies_name_actions_and_resources() {
        let check = |statement, expected: &str| assert_eq!(refusal(statement, Kind::Identity), expected);
        check(r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#, "none");
        check(r#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions.");
        check(r#"{"Effect":"Allow","Action":"ec2:*"}"#, "Policy statement must contain resources.");
        check(
            r#"{"Effect":"Allow","Action":"run","Resource":"*"}"#,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        );
        check(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}"#,
            "Resource bucket must be in ARN format or \"*\".",
        );
        check(r#"{"Effect":"allow","Action":"s3:*","Resource":"*"}"#, "Syntax errors in policy.");
        check(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}"#,
            "Policy document should not specify a principal.",
        );
        check(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:foo:s3:::b"}"#,
            "Partition \"foo\" is not valid for resource \"arn:foo:s3:::b\".",
        );
        let both = r#"{"Effect":"Allow","Action":"s3:*","NotAction":"ec2:*","Resource":"*"}"#;
        check(both, "Syntax errors in policy.");
        assert!(read("{", Kind::Identity).is_err());
    }

    #[test]
    fn conditions_compare_by_operators_that_are_there() {
        let of = |operator: &str| {
            let statement = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"OP":{"aws:a":"b"}}}"#;
            refusal(&statement.replace("OP", operator), Kind::Identity)
        };
        for operator in ["StringLikeIfExists", "ForAnyValue:ArnLike", "Null", "Bool"] {
            assert_eq!(of(operator), "none", "{operator}");
        }
        assert_eq!(of("StringLikes"), "Invalid Condition type : StringLikes.");
        assert_eq!(of("NullIfExists"), "Invalid Condition type : NullIfExists.");
    }

    #[test]
    fn trust_policies_name_principals_and_sts() {
        let check = |statement, expected: &str| assert_eq!(refusal(statement, Kind::Trust), expected);
        check(r#"{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":"*"}"#, "none");
        check(r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#, "Missing required field Principal");
        check(
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}"#,
            "Has prohibited field Resource",
        );
        check(
            r#"{"Effect":"Allow","Action":"ec2:RunInstances","Principal":"*"}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        );
    }
}
