//! Who is named in a policy, and whom it lets in.

use serde_json::Value;

use super::document::{statements, texts};
use crate::families::sts;
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// Returns the first principal of a document that is not there, as IAM quotes it: `"AWS":"arn:…"`.
pub fn invalid_principal(scope: &Scope<'_>, document: &Value) -> Option<String> {
    let elements =
        statements(document).iter().flat_map(|statement| [&statement["Principal"], &statement["NotPrincipal"]]);
    elements.filter_map(|principal| invalid(scope, principal)).next()
}

fn invalid(scope: &Scope<'_>, principal: &Value) -> Option<String> {
    let members = match principal {
        Value::Null => return None,
        Value::String(all) if all == "*" => return None,
        Value::Object(members) => members,
        other => return Some(other.to_string()),
    };
    for (kind, values) in members {
        let is_valid: &dyn Fn(&str) -> bool = match kind.as_str() {
            "AWS" => &|value| identifier(scope, value).is_some(),
            "Service" => &|value| value.ends_with(".amazonaws.com") || value.ends_with(".amazonaws.com.cn"),
            "Federated" => &|value| value.starts_with("arn:") || value.contains('.'),
            _ => &|_| false,
        };
        let quoted = if kind == "AWS" { kind.clone() } else { kind.to_uppercase() };
        if let Some(absent) = texts(Some(values)).into_iter().find(|value| !is_valid(value)) {
            return Some(format!("\"{quoted}\":\"{absent}\""));
        }
    }
    None
}

/// Returns the unique ids of the roles that a document names by ARN, by ARN.
pub fn role_ids(scope: &Scope<'_>, document: &Value) -> Vec<(String, String)> {
    let principals = statements(document).iter().filter_map(|statement| statement.get("Principal"));
    let named = principals.flat_map(|principal| texts(principal.get("AWS")));
    let roles = named.filter(|value| value.contains(":role/"));
    roles.filter_map(|arn| Some((arn.to_owned(), identifier(scope, arn)?))).filter(|(_, id)| !id.is_empty()).collect()
}

/// Returns a document as it is kept: an account that is named by its number is named by its ARN then.
pub fn with_account_arns(scope: &Scope<'_>, text: &str, mut document: Value) -> String {
    let mut is_changed = false;
    let mut name_by_arn = |value: &mut Value| {
        if let Some(number) = value.as_str().filter(|text| is_account(text)) {
            *value = Value::String(format!("arn:{}:iam::{number}:root", scope.partition()));
            is_changed = true;
        }
    };
    let statements = match document.get_mut("Statement") {
        Some(Value::Array(list)) => list.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => &mut [],
    };
    for principal in statements.iter_mut().filter_map(|statement| statement.get_mut("Principal")?.get_mut("AWS")) {
        match principal {
            Value::Array(list) => list.iter_mut().for_each(&mut name_by_arn),
            one => name_by_arn(one),
        }
    }
    if is_changed { document.to_string() } else { text.to_owned() }
}

/// Returns the unique id of an AWS principal; nothing where there is no such principal. Empty for those without one, and
/// for those of accounts that the sandbox does not have.
fn identifier(scope: &Scope<'_>, value: &str) -> Option<String> {
    if value == "*" || is_account(value) {
        return Some(String::new());
    }
    if !value.starts_with("arn:") {
        let roles = scope.world.accounts().flat_map(|(_, account)| account.iam.roles.values());
        return roles.map(|role| &role.id).find(|id| *id == value).cloned();
    }
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let [_, _, service @ ("iam" | "sts"), "", account, resource] = parts[..] else { return None };
    if !is_account(account) {
        return None;
    }
    if resource == "root" || service == "sts" {
        return Some(String::new());
    }
    let Some(known) = scope.world.account(account) else { return Some(String::new()) };
    let (kind, path_and_name) = resource.split_once('/')?;
    let name = path_and_name.rsplit('/').next()?;
    match kind {
        "user" if name == sts::USER.0 => Some(sts::USER.1.to_owned()),
        "user" => {
            let user = known.iam.users.get(name)?;
            (resource == format!("user{}{name}", user.path)).then(|| user.id.clone())
        }
        "role" => {
            let role = known.iam.roles.get(name)?;
            (resource == format!("role{}{name}", role.path)).then(|| role.id.clone())
        }
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|character| character.is_ascii_digit())
}

/// Returns whether a trust policy lets a service take an action, such as `sts:AssumeRole`.
pub fn allows_service(document: &str, service: &str, action: &str) -> bool {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let is_it = |statement: &Value| {
        let principal = &statement["Principal"];
        principal == "*" || texts(principal.get("Service")).contains(&service)
    };
    let (mut allowed, mut denied) = (false, false);
    for statement in statements(&document).iter().filter(|statement| is_it(statement) && acts(statement, action)) {
        match statement["Effect"].as_str() {
            Some("Deny") => denied = true,
            _ => allowed = true,
        }
    }
    allowed && !denied
}

/// Returns whether a trust policy lets the caller take an action; `context` has the keys of the request.
///
/// # Errors
/// When a condition is not known here.
pub fn is_allowed(scope: &Scope<'_>, document: &str, action: &str, context: &[(&str, &str)]) -> Result<bool, Fault> {
    lets_in(document, "AWS", &names_of(&scope.caller(), scope.account), action, context)
}

/// Returns whether a trust policy lets in those of one kind, `AWS` or `Federated`, who go by these names.
///
/// # Errors
/// When a condition is not known here.
pub fn lets_in(
    document: &str,
    kind: &str,
    names: &[String],
    action: &str,
    context: &[(&str, &str)],
) -> Result<bool, Fault> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut is_allowed = false;
    for statement in statements(&document) {
        let principal = &statement["Principal"];
        let is_named = principal == "*"
            || texts(principal.get(kind)).iter().any(|name| *name == "*" || names.iter().any(|own| own == name));
        if is_named && acts(statement, action) && holds(&statement["Condition"], context)? {
            match statement["Effect"].as_str() {
                Some("Deny") => return Ok(false),
                _ => is_allowed = true,
            }
        }
    }
    Ok(is_allowed)
}

/// Returns all names that a principal goes by: its own, its role's, its ids, its account's.
fn names_of(caller: &sts::Principal, account: &str) -> Vec<String> {
    let mut names = vec![caller.arn.clone(), caller.user_id.clone(), account.to_owned()];
    let partition = caller.arn.split(':').nth(1).unwrap_or("aws");
    names.push(format!("arn:{partition}:iam::{account}:root"));
    names.extend(caller.user_id.split(':').next().map(str::to_owned));
    names.extend(caller.role_arn.clone());
    names
}

/// Returns whether a statement is about an action, such as `sts:AssumeRole`.
pub fn acts(statement: &Value, action: &str) -> bool {
    let action = action.to_lowercase();
    let fits_any =
        |element: &str| texts(statement.get(element)).iter().any(|pattern| fits(&pattern.to_lowercase(), &action));
    if statement.get("NotAction").is_some() { !fits_any("NotAction") } else { fits_any("Action") }
}

fn holds(condition: &Value, context: &[(&str, &str)]) -> Result<bool, Fault> {
    let Some(operators) = condition.as_object() else { return Ok(true) };
    for (operator, keys) in operators {
        for (key, wanted) in keys.as_object().into_iter().flatten() {
            let own = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value);
            let any = |test: &dyn Fn(&str, &str) -> bool| {
                own.is_some_and(|own| texts(Some(wanted)).iter().any(|wanted| test(wanted, own)))
            };
            let is_known = context.iter().any(|(name, _)| name.eq_ignore_ascii_case(key))
                || key.eq_ignore_ascii_case("sts:ExternalId");
            let is_met = match operator.as_str() {
                _ if !is_known => return Err(Fault::not_modelled(format!("the condition key `{key}`"))),
                "StringEquals" => any(&|wanted, own| wanted == own),
                "StringNotEquals" => !any(&|wanted, own| wanted == own),
                "StringLike" | "ArnLike" | "ArnEquals" => any(&fits),
                "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => !any(&fits),
                _ => return Err(Fault::not_modelled(format!("the condition operator `{operator}`"))),
            };
            if !is_met {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Returns whether a text fits a pattern with `*` and `?`.
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for token in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            match token {
                '*' => next[at] = reached[at] || (at > 0 && next[at - 1]),
                token => next[at] = at > 0 && reached[at - 1] && (token == '?' || token == text[at - 1]),
            }
        }
        reached = next;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cloud;
    use crate::tree;

    #[test]
    fn patterns_have_stars_and_question_marks() {
        assert!(fits("sts:*role", "sts:assumerole") && fits("a?c*", "abc") && fits("*", ""));
        assert!(!fits("sts:assume", "sts:assumerole") && !fits("a?c", "ac"));
    }

    #[test]
    fn accounts_are_kept_by_arn_as_principals_alone() {
        let cloud = Cloud::new();
        let document = |principal: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"aws:PrincipalAccount":"111122223333"}}}}}}]}}"#
            )
        };
        let input = tree! { "RoleName": "r", "AssumeRolePolicyDocument": document("111122223333") };
        let made = cloud.call("iam", "CreateRole", input).unwrap();
        let kept = document("arn:aws:iam::111122223333:root");
        assert_eq!(made.need("Role.AssumeRolePolicyDocument"), Ok(super::super::document::encoded(&kept).as_str()));
    }

    #[test]
    fn services_are_let_in_by_name_and_action() {
        let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["eks.amazonaws.com"]}}}"#;
        assert!(allows_service(trust, "eks.amazonaws.com", "sts:AssumeRole"));
        assert!(!allows_service(trust, "eks.amazonaws.com", "sts:TagSession"));
        assert!(!allows_service(trust, "ec2.amazonaws.com", "sts:AssumeRole"));
    }
}
