//! Callers that become roles.

use std::time::Duration;

use super::{Principal, SESSION_NAME, begin, is_name};
use crate::families::constraints::{Text, length, range};
use crate::families::{Family, iam, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "sts",
    operations: &[write(
        "AssumeRole",
        &[
            "RoleArn",
            "RoleSessionName",
            "DurationSeconds",
            "ExternalId",
            "Policy",
            "PolicyArns",
            "Tags",
            "TransitiveTagKeys",
            "SourceIdentity",
        ],
        assume,
    )],
    events: &[],
};

/// How long a session of a role that was itself assumed may be, at most.
const CHAINED_SECONDS: i64 = 3600;
/// How many tags a session may have.
const MOST_TAGS: usize = 50;
/// How long the policies and tags of a session may be, packed.
const MOST_PACKED: usize = 2048;
const EXTERNAL_ID: Text =
    Text { least: 2, most: 1224, pattern: r"[\w+=,.@:\/-]*", accepts: |text| is_name(&text.replace([':', '/'], "")) };

/// Also where the role is new or absent, the answer is that it may not be assumed.
fn assume(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = length(20, 2048).need(input, "RoleArn")?;
    let session = SESSION_NAME.need(input, "RoleSessionName")?;
    let seconds = range(input, "DurationSeconds", 900, 43200)?;
    let external_id = EXTERNAL_ID.optional(input, "ExternalId")?;
    let source = SESSION_NAME.optional(input, "SourceIdentity")?;
    if !arn.starts_with("arn:") || !arn.contains(":role/") {
        return Err(Fault::new("ValidationError", format!("{arn} is invalid")));
    }
    let tags = input.list_at("Tags").len();
    if tags > MOST_TAGS {
        let why = format!("Member must have length less than or equal to {MOST_TAGS}");
        return Err(Fault::invalid("tags", tags, &why));
    }
    let packed = packed(input)?;
    let caller = scope.caller();
    let denied = |action: &str| {
        let message = format!("User: {} is not authorized to perform: {action} on resource: {arn}", caller.arn);
        Fault::with_status(403, "AccessDenied", message)
    };
    let (name, role) = scope.role_by_arn(arn).ok_or_else(|| denied("sts:AssumeRole"))?;
    let mut context = vec![
        ("aws:PrincipalArn", caller.role_arn.as_deref().unwrap_or(&caller.arn)),
        ("aws:PrincipalAccount", scope.account),
        ("sts:RoleSessionName", session),
    ];
    context.extend(external_id.map(|id| ("sts:ExternalId", id)));
    context.extend(source.map(|source| ("sts:SourceIdentity", source)));
    let needed = [
        (true, "sts:AssumeRole"),
        (!input.list_at("Tags").is_empty(), "sts:TagSession"),
        (source.is_some(), "sts:SetSourceIdentity"),
    ];
    for (_, action) in needed.into_iter().filter(|(is_needed, _)| *is_needed) {
        if !iam::is_allowed(scope, &role.trust.document, action, &context)? {
            return Err(denied(action));
        }
    }
    let (seconds, is_chained) = (seconds.unwrap_or(3600), caller.role_arn.is_some());
    if is_chained && seconds > CHAINED_SECONDS {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Fault::new("ValidationError", message));
    }
    let role = (name.to_owned(), role.id.clone(), role.max_session_seconds);
    let (user, credentials) = session_of(scope, role, arn, session, seconds)?;
    Ok(tree! {
        "Credentials": credentials,
        "AssumedRoleUser": user,
        "PackedPolicySize": Some(packed).filter(|packed| *packed > 0),
        "SourceIdentity": source,
    })
}

/// Begins a session of a role, given by name, unique id and longest session, and writes down that the role was used.
/// Returns whom the session stands for, and its credentials.
///
/// # Errors
/// When it is to last longer than the role allows.
pub fn session_of(
    scope: &mut Scope<'_>,
    (role, role_id, longest): (String, String, i64),
    role_arn: &str,
    session: &str,
    seconds: i64,
) -> Result<(Tree, Tree), Fault> {
    if seconds > longest {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Fault::new("ValidationError", message));
    }
    let (now, region) = (scope.now, scope.region.to_owned());
    if let Some(role) = scope.iam_mut().roles.get_mut(&role) {
        role.last_used = Some((now, region));
    }
    let principal = Principal {
        arn: scope.global_arn("sts", &format!("assumed-role/{role}/{session}")),
        user_id: format!("{role_id}:{session}"),
        role_arn: Some(role_arn.to_owned()),
        expires: None,
    };
    let user = tree! { "AssumedRoleId": principal.user_id.as_str(), "Arn": principal.arn.as_str() };
    let credentials = begin(scope, principal, Duration::from_secs(seconds.unsigned_abs()));
    Ok((user, credentials))
}

/// Returns how much of the room for policies and tags a session takes, in percent.
///
/// # Errors
/// When a policy is no policy, or there is no room.
pub fn packed(input: &Tree) -> Result<usize, Fault> {
    let policy = length(1, MOST_PACKED).optional(input, "Policy")?;
    if policy.is_some_and(|policy| !matches!(serde_json::from_str(policy), Ok(serde_json::Value::Object(_)))) {
        return Err(Fault::new("MalformedPolicyDocument", "This policy contains invalid Json"));
    }
    let tags = input.list_at("Tags");
    let pairs = tags.iter().filter_map(|tag| Some(tag.need("Key").ok()?.len() + tag.text("Value").ok()??.len()));
    let arns = input.list_at("PolicyArns").iter().filter_map(|policy| policy.need("arn").ok()).map(str::len);
    let size = policy.map_or(0, str::len) + pairs.sum::<usize>() + arns.sum::<usize>();
    let percent = (size * 100).div_ceil(MOST_PACKED);
    if percent > 100 {
        let message = format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.");
        return Err(Fault::new("PackedPolicyTooLarge", message));
    }
    Ok(percent)
}
