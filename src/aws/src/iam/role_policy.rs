//! `aws_iam_role_policy`: a policy within a role.

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Step, Token, Within,
};

use crate::client::Aws;
use crate::error::{Answer, Unless};
use crate::iam::document;
use crate::iam::faults::{GONE, not_visible_yet, settles_soon};
use crate::names::{drawn, prefix_of};
use crate::planning::{promise, text_at};
use crate::policy::same_policy;

/// A policy within a role.
pub struct RolePolicy;

/// What a user may write.
#[derive(Args, Clone)]
pub struct RolePolicyArgs {
    /// Name, unique in the role.
    #[arg(
        replace,
        conflicts("name_prefix"),
        min_len = 1,
        max_len = 128,
        pattern("^[0-9A-Za-z_+=,.@-]*$", "must be letters, digits and `_+=,.@-`")
    )]
    name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(
        replace,
        min_len = 1,
        max_len = 102,
        pattern("^[0-9A-Za-z_+=,.@-]*$", "must be letters, digits and `_+=,.@-`")
    )]
    name_prefix: Filled<String>,
    /// Policy document.
    #[arg(format(json), equivalent(policy))]
    policy: String,
    /// Name of the role.
    #[arg(
        replace,
        min_len = 1,
        max_len = 128,
        pattern("^[0-9A-Za-z_+=,.@-]+$", "must be the name of a role, which has letters, digits and `_+=,.@-`")
    )]
    role: String,
}

/// What only the service decides: nothing.
#[derive(Attrs, Clone)]
pub struct RolePolicyAttrs;

impl Resource for RolePolicy {
    type Args = RolePolicyArgs;
    type Attrs = RolePolicyAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_role_policy";
    const CREATE_REPEATS: bool = true;
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let parts = text_at(planned.proposed, "role").zip(text_at(planned.proposed, "name"));
        let id = parts.map(|(role, name)| id(role, name));
        promise(&mut overrides, planned, id.as_deref(), None);
        overrides
    }

    async fn create(aws: &Aws, args: &RolePolicyArgs, token: &Token) -> CallResult<Created> {
        let name = drawn(&args.name, &args.name_prefix, token);
        put(aws, &args.role, &name, &args.policy).await?;
        Ok(Created::with_id(id(&args.role, &name)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (role, name) = parts(known.id());
        let answer =
            aws.iam().get_role_policy().role_name(role).policy_name(name).send().await.answer().unless(GONE)?;
        let Some(remote) = answer else { return Ok(Observed::Gone) };
        let known_policy = known.args().map(|args| args.policy.as_str());
        let args = RolePolicyArgs {
            name: name.to_owned().into(),
            name_prefix: prefix_of(name),
            policy: document::observed(known_policy, remote.policy_document()),
            role: role.to_owned(),
        };
        let object = Object { id: known.id().to_owned(), args, attrs: RolePolicyAttrs, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.wants_unless(there, |a, b| same_policy(&a.policy, &b.policy)) {
            let (role, name) = parts(&there.id);
            put(aws, role, name, &change.planned.policy).await?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let (role, name) = parts(&there.id);
        let request = aws.iam().delete_role_policy().role_name(role).policy_name(name);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        settles_soon(error).or_else(|| not_visible_yet(error, "PutRolePolicy"))
    }
}

fn id(role: &str, name: &str) -> String {
    format!("{role}:{name}")
}

/// Returns role and name. Neither can have a colon.
fn parts(id: &str) -> (&str, &str) {
    id.split_once(':').unwrap_or((id, ""))
}

async fn put(aws: &Aws, role: &str, name: &str, policy: &str) -> CallResult<()> {
    let request = aws.iam().put_role_policy().role_name(role).policy_name(name).policy_document(policy);
    request.send().await.answer()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const ARGS: &str = r#"{"role": "node", "name": "p", "policy": "{\"Statement\":{\"Effect\":\"Allow\"}}"}"#;
    const GET: &str = "iam GetRolePolicy RoleName=node PolicyName=p";

    fn observe(known: &Known<RolePolicy>, answer: crate::test_support::Canned) -> Observed<RolePolicy> {
        check_requests(&[(GET, answer)], async |aws| RolePolicy::observe(aws, known).await).unwrap()
    }

    fn there() -> Object<RolePolicy> {
        let known = Known::New { args: read_args(ARGS), created: Created::with_id("node:p") };
        let document = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%7D%5D%7D";
        let answer =
            format!("<RoleName>node</RoleName><PolicyName>p</PolicyName><PolicyDocument>{document}</PolicyDocument>");
        match observe(&known, ok(answer)) {
            Observed::There { object, .. } => object,
            Observed::Gone => panic!("gone"),
        }
    }

    #[test]
    fn create_and_update_are_the_same_call() {
        let args = read_args(ARGS);
        let token = Token("t".to_owned());
        let request = r#"iam PutRolePolicy RoleName=node PolicyName=p PolicyDocument={"Statement":{"Effect":"Allow"}}"#;
        let created = check_requests(&[(request, ok(""))], async |aws| RolePolicy::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("node:p")));
        let there = there();
        let planned = RolePolicyArgs { policy: "{}".to_owned(), ..there.args.clone() };
        let change = Change { prior: Some(&there.args), planned: &planned };
        let script = [("iam PutRolePolicy RoleName=node PolicyName=p PolicyDocument={}", ok(""))];
        assert_eq!(check_requests(&script, async |aws| RolePolicy::update(aws, &change, &there).await), Ok(Step::Done));
        assert_eq!(check_plan::<RolePolicy>(None, ARGS).values[0].1, "node:p".into());
    }

    #[test]
    fn what_means_the_same_stays_as_written() {
        assert_eq!(there().args.policy, r#"{"Statement":{"Effect":"Allow"}}"#);
    }

    #[test]
    fn gone_is_gone_and_deleted() {
        let known = Known::Import { id: "node:p".to_owned() };
        let gone = || fails("NoSuchEntity", "The role policy with name p cannot be found.");
        assert!(matches!(observe(&known, gone()), Observed::Gone));
        let there = there();
        let script = [("iam DeleteRolePolicy RoleName=node PolicyName=p", gone())];
        assert_eq!(check_requests(&script, async |aws| RolePolicy::delete(aws, &there).await), Ok(Step::Done));
    }
}
