//! Roles by replayed HTTP.

use landfall_provider::within;

use super::*;
use crate::test_support::{ACCOUNT, Canned, check_plan, check_requests, fails, ok, read_args};

const TRUST: &str =
    r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"eks.amazonaws.com"}}]}"#;
const GET: &str = "iam GetRole RoleName=node";
const LIST_INLINE: &str = "iam ListRolePolicies RoleName=node";
const LIST_ATTACHED: &str = "iam ListAttachedRolePolicies RoleName=node";

fn role(arn: &str) -> String {
    // The same meaning as TRUST, in percent-encoding and in another form.
    let trust = "%7B%22Statement%22%3A%7B%22Action%22%3A%5B%22sts%3AAssumeRole%22%5D%2C%22Effect%22%3A%22Allow%22%2C\
        %22Principal%22%3A%7B%22Service%22%3A%22eks.amazonaws.com%22%7D%7D%7D";
    format!(
        "<Role><Path>/</Path><RoleName>node</RoleName><RoleId>AROA1</RoleId><Arn>{arn}</Arn>\
         <CreateDate>2026-01-31T12:00:00.5Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument>\
         <MaxSessionDuration>3600</MaxSessionDuration><Tags><member><Key>team</Key><Value>a</Value></member></Tags></Role>"
    )
}

fn args(more: &str) -> RoleArgs {
    let trust = serde_json::Value::from(TRUST);
    read_args(&format!(r#"{{"name": "node", "assume_role_policy": {trust}, "tags": {{"team": "a"}}{more}}}"#))
}

fn new(args: RoleArgs) -> Known<Role> {
    Known::New { args, created: Created::with_id("node") }
}

fn inline(names: &str) -> Canned {
    ok(format!("<PolicyNames>{names}</PolicyNames><IsTruncated>false</IsTruncated>"))
}

fn attached(arn: &str) -> Canned {
    let member = format!("<member><PolicyArn>{arn}</PolicyArn></member>");
    let members = if arn.is_empty() { "" } else { &member };
    ok(format!("<AttachedPolicies>{members}</AttachedPolicies><IsTruncated>false</IsTruncated>"))
}

fn observe(known: &Known<Role>, script: &[(&str, Canned)]) -> Observed<Role> {
    check_requests(script, async |aws| Role::observe(aws, known).await).unwrap()
}

/// A role with an attached policy and a policy within it.
fn there() -> Object<Role> {
    let document = ok("<RoleName>node</RoleName><PolicyName>in</PolicyName><PolicyDocument>%7B%7D</PolicyDocument>");
    let script = [
        (GET, ok(role("arn:aws:iam::123456789012:role/node"))),
        (LIST_INLINE, inline("<member>in</member>")),
        (LIST_ATTACHED, attached("arn:aws:iam::aws:policy/A")),
        ("iam GetRolePolicy RoleName=node PolicyName=in", document),
    ];
    match observe(&new(args("")), &script) {
        Observed::There { phase: Phase::Ready, object } => object,
        _ => panic!("not ready"),
    }
}

#[test]
fn one_call_creates_a_role() {
    let args = args(r#", "description": "d", "permissions_boundary": "arn:aws:iam::1:policy/b""#);
    let request = format!(
        "iam CreateRole Path=/ RoleName=node AssumeRolePolicyDocument={TRUST} Description=d MaxSessionDuration=3600 \
         PermissionsBoundary=arn:aws:iam::1:policy/b Tags.member.1.Key=landfall:intent Tags.member.1.Value=t \
         Tags.member.2.Key=team Tags.member.2.Value=a"
    );
    let token = Token("t".to_owned());
    let created =
        check_requests(&[(request.as_str(), ok(role("AROA1")))], async |aws| Role::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("node")));
}

#[test]
fn a_role_is_read_with_its_policies_and_in_the_known_form() {
    let there = there();
    assert_eq!(there.args.assume_role_policy, TRUST);
    assert_eq!(there.attrs.create_date, "2026-01-31T12:00:00Z");
    assert_eq!(there.args.managed_policy_arns.get().unwrap()[0], "arn:aws:iam::aws:policy/A");
    assert_eq!(there.args.inline_policy.get().unwrap()[0].policy.as_deref(), Some("{}"));
}

#[test]
fn a_role_is_pending_until_it_has_an_arn_and_gone_when_not_found() {
    let script = [(GET, ok(role("AROA1"))), (LIST_INLINE, inline("")), (LIST_ATTACHED, attached(""))];
    assert!(matches!(observe(&new(args("")), &script), Observed::There { phase: Phase::Pending(_), .. }));
    let script = [(GET, Canned::Error(404, "NoSuchEntity", "The role with name node cannot be found."))];
    assert!(matches!(observe(&new(args("")), &script), Observed::Gone));
}

#[test]
fn an_empty_block_keeps_its_form_where_there_is_no_policy() {
    let known = new(args(r#", "inline_policy": [{}]"#));
    let script = [
        (GET, ok(role("arn:aws:iam::123456789012:role/node"))),
        (LIST_INLINE, inline("")),
        (LIST_ATTACHED, attached("")),
    ];
    let Observed::There { object, .. } = observe(&known, &script) else { panic!("gone") };
    assert_eq!(object.args.inline_policy.get().unwrap().len(), 1);
}

#[test]
fn only_what_differs_is_changed() {
    let there = there();
    let planned = RoleArgs {
        assume_role_policy: TRUST.replace("Allow", "Deny"),
        max_session_duration: 7200,
        managed_policy_arns: Set::from(vec!["arn:aws:iam::aws:policy/B".to_owned()]).into(),
        inline_policy: Set::from(vec![InlinePolicy { name: None, policy: None }]).into(),
        tags: Tags::default(),
        ..there.args.clone()
    };
    let trust = format!("iam UpdateAssumeRolePolicy RoleName=node PolicyDocument={}", planned.assume_role_policy);
    let script = [
        (trust.as_str(), ok("")),
        ("iam UpdateRole RoleName=node MaxSessionDuration=7200", ok("")),
        ("iam DeleteRolePolicy RoleName=node PolicyName=in", ok("")),
        ("iam DetachRolePolicy RoleName=node PolicyArn=arn:aws:iam::aws:policy/A", ok("")),
        ("iam AttachRolePolicy RoleName=node PolicyArn=arn:aws:iam::aws:policy/B", ok("")),
        ("iam UntagRole RoleName=node TagKeys.member.1=team", ok("")),
    ];
    let change = Change { prior: Some(&there.args), planned: &planned };
    let step = check_requests(&script, async |aws| Role::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn policies_that_others_manage_are_left_alone_after_create() {
    let (there, planned) = (there(), args(""));
    let change = Change { prior: None, planned: &planned };
    let script = [("iam UntagRole RoleName=node TagKeys.member.1=landfall:intent", ok(""))];
    let step = check_requests(&script, async |aws| Role::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn only_the_tag_tells_whose_a_role_is() {
    let tagged = |token: &str| {
        let tag = format!("<Tags><member><Key>landfall:intent</Key><Value>{token}</Value></member>");
        ok(role("arn:aws:iam::123456789012:role/node").replace("<Tags>", &tag))
    };
    let (args, token) = (args(""), Token("t".to_owned()));
    let trace = |answer| check_requests(&[(GET, answer)], async |aws| Role::trace(aws, &args, &token).await);
    assert_eq!(trace(tagged("t")), Ok(Traced::Made(Created::with_id("node"))));
    assert_eq!(trace(tagged("other")), Ok(Traced::Nothing));
    assert_eq!(trace(fails("NoSuchEntity", "cannot be found")), Ok(Traced::Nothing));
}

#[test]
fn a_role_goes_once_nothing_holds_it() {
    let there = there();
    let profiles = "<InstanceProfiles><member><Path>/</Path><InstanceProfileName>p</InstanceProfileName>\
        <InstanceProfileId>AIPA1</InstanceProfileId><Arn>a</Arn><CreateDate>2026-01-31T12:00:00Z</CreateDate><Roles/>\
        </member></InstanceProfiles><IsTruncated>false</IsTruncated>";
    let script = [
        ("iam ListInstanceProfilesForRole RoleName=node", ok(profiles)),
        ("iam RemoveRoleFromInstanceProfile InstanceProfileName=p RoleName=node", ok("")),
        (LIST_ATTACHED, attached("arn:aws:iam::aws:policy/A")),
        ("iam DetachRolePolicy RoleName=node PolicyArn=arn:aws:iam::aws:policy/A", ok("")),
        (LIST_INLINE, inline("<member>in</member>")),
        ("iam DeleteRolePolicy RoleName=node PolicyName=in", ok("")),
        (
            "iam DeleteRole RoleName=node",
            fails("DeleteConflict", "Cannot delete entity, must detach all policies first."),
        ),
    ];
    let error = check_requests(&script, async |aws| Role::delete(aws, &there).await).unwrap_err();
    assert_eq!(Role::retry(&error), Some(within("2m")));
    let gone = [("iam ListInstanceProfilesForRole RoleName=node", fails("NoSuchEntity", "cannot be found"))];
    assert_eq!(check_requests(&gone, async |aws| Role::delete(aws, &there).await), Ok(Step::Done));
}

#[test]
fn id_and_arn_are_promised_and_an_empty_block_plans_nothing() {
    let config = r#"{"name": "node", "path": "/eks/", "assume_role_policy": "{}", "inline_policy": [{}]}"#;
    let overrides = check_plan::<Role>(None, config);
    let values: Vec<_> = overrides.values.iter().map(|(_, value)| value.as_str().unwrap()).collect();
    assert_eq!(values, ["node", &format!("arn:aws:iam::{ACCOUNT}:role/eks/node")]);
    let prior = r#"{"name": "node", "path": "/eks/", "assume_role_policy": "{}"}"#;
    let (path, value) = &check_plan::<Role>(Some(prior), config).values[0];
    assert_eq!((path.to_string().as_str(), value.is_empty()), ("inline_policy", true));
}
