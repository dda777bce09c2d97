//! `aws_kms_alias`: another name of a key.

use aws_sdk_kms::types::AliasListEntry;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Step, Token, Traced, Within, within,
};

use crate::arn::Arn;
use crate::client::Aws;
use crate::describe::only;
use crate::error::{Answer, Fault, Unless, fault};
use crate::names::{drawn, prefix_of};
use crate::planning::{promise, text_at};

const GONE: &[Fault] = &[fault("NotFoundException")];
/// Start of every alias.
const PREFIX: &str = "alias/";

/// Another name of a key.
pub struct Alias;

/// What a user may write.
#[derive(Args, Clone)]
pub struct AliasArgs {
    /// Name, with `alias/` before it.
    #[arg(
        replace,
        conflicts("name_prefix"),
        pattern("^alias/[a-zA-Z0-9/_-]+$", "must begin with `alias/`, followed by letters, digits and `/_-`")
    )]
    name: Filled<String>,
    /// Start of a name that is drawn, with `alias/` before it.
    #[arg(
        replace,
        pattern("^alias/[a-zA-Z0-9/_-]+$", "must begin with `alias/`, followed by letters, digits and `/_-`")
    )]
    name_prefix: Filled<String>,
    /// Id or ARN of the key.
    target_key_id: String,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct AliasAttrs {
    /// ARN.
    arn: String,
    /// ARN of the key.
    target_key_arn: String,
}

impl Resource for Alias {
    type Args = AliasArgs;
    type Attrs = AliasAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_kms_alias";
    const CREATE_IS_WHOLE: bool = true;
    const READ_AT_ONCE: usize = usize::MAX;

    fn plan(facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let name = text_at(planned.proposed, "name");
        promise(&mut overrides, planned, name, name.and_then(|name| facts.arn("kms", name)));
        let keys = text_at(planned.prior, "target_key_id").zip(text_at(planned.proposed, "target_key_id"));
        if let Some((prior, proposed)) = keys
            && key_id(prior) == key_id(proposed)
        {
            overrides.set("target_key_id", prior);
        }
        overrides
    }

    async fn create(aws: &Aws, args: &AliasArgs, token: &Token) -> CallResult<Created> {
        let name = name(args, token);
        aws.kms().create_alias().alias_name(&name).target_key_id(&args.target_key_id).send().await.answer()?;
        Ok(Created::with_id(name))
    }

    /// An alias is nothing but its name and its key.
    async fn trace(aws: &Aws, args: &AliasArgs, token: &Token) -> CallResult<Traced> {
        let name = name(args, token);
        let aliases = aws.kms().list_aliases().into_paginator().items().send();
        let aliases = aliases.collect::<Result<Vec<_>, _>>().await.answer()?;
        let is_ours = |alias: &AliasListEntry| {
            alias.alias_name() == Some(&name) && alias.target_key_id() == Some(key_id(&args.target_key_id))
        };
        Ok(if aliases.iter().any(is_ours) { Traced::Made(Created::with_id(name)) } else { Traced::Nothing })
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let aliases = aws.kms().list_aliases().into_paginator().items().send();
        let aliases = aliases.collect::<Result<Vec<_>, _>>().await.answer();
        let answer = |known: &Known<Self>| {
            let mut aliases = aliases.as_ref().map_err(Clone::clone)?.iter();
            let remote = aliases.find(|alias| alias.alias_name() == Some(known.id()));
            Ok(remote.map_or(Observed::Gone, |remote| observed(known, remote)))
        };
        known.iter().map(answer).collect()
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.wants_unless(there, |a, b| key_id(&a.target_key_id) == key_id(&b.target_key_id)) {
            let request = aws.kms().update_alias().alias_name(&there.id).target_key_id(&change.planned.target_key_id);
            request.send().await.answer()?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        aws.kms().delete_alias().alias_name(&there.id).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        // The key was made a moment ago.
        let is_new =
            ["CreateAlias", "UpdateAlias"].iter().any(|operation| error.is(operation, "NotFoundException", ""));
        is_new.then(|| within("2m"))
    }
}

fn name(args: &AliasArgs, token: &Token) -> String {
    let prefix = args.name_prefix.as_deref().unwrap_or(PREFIX).to_owned().into();
    drawn(&args.name, &prefix, token)
}

/// Returns the id of a key that is named by id or ARN.
fn key_id(key: &str) -> &str {
    key.rsplit_once(":key/").map_or(key, |(_, id)| id)
}

fn observed(known: &Known<Alias>, remote: &AliasListEntry) -> Observed<Alias> {
    let arn = remote.alias_arn.clone().unwrap_or_default();
    let target = remote.target_key_id().unwrap_or_default();
    let configured = known.args().map(|args| &args.target_key_id).filter(|known| key_id(known) == target);
    let args = AliasArgs {
        name: known.id().to_owned().into(),
        name_prefix: prefix_of(known.id()),
        target_key_id: configured.cloned().unwrap_or_else(|| target.to_owned()),
    };
    let key = arn.parse().map(|arn: Arn| Arn { resource: format!("key/{target}"), ..arn }.to_string());
    let attrs = AliasAttrs { arn, target_key_arn: key.unwrap_or_default() };
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase: Phase::Ready, object }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const ALIASES: &str = r#"{"Aliases": [
        {"AliasName": "alias/aws/ebs", "AliasArn": "arn:aws:kms:eu-central-1:1:alias/aws/ebs"},
        {"AliasName": "alias/eks", "AliasArn": "arn:aws:kms:eu-central-1:1:alias/eks", "TargetKeyId": "k-1"}]}"#;
    const KEY: &str = "arn:aws:kms:eu-central-1:1:key/k-1";

    fn observe(names: &[&str]) -> Vec<Observed<Alias>> {
        let known = |name: &&str| Known::New {
            args: read_args(&format!(r#"{{"name": "{name}", "target_key_id": "{KEY}"}}"#)),
            created: Created::with_id(*name),
        };
        let known: Vec<_> = names.iter().map(known).collect();
        let script = [("kms ListAliases {}", ok(ALIASES))];
        let answers = check_requests(&script, async |aws| Alias::observe_many(aws, &known).await);
        answers.into_iter().map(Result::unwrap).collect()
    }

    fn there() -> Object<Alias> {
        match observe(&["alias/eks"]).pop() {
            Some(Observed::There { object, .. }) => object,
            _ => panic!("gone"),
        }
    }

    #[test]
    fn an_alias_without_a_name_is_drawn_in_its_name_space() {
        let args = read_args(r#"{"target_key_id": "k-1"}"#);
        let name = drawn(&Filled::unset(), &PREFIX.to_owned().into(), &Token("t".to_owned()));
        let request = format!(r#"kms CreateAlias {{"AliasName":"{name}","TargetKeyId":"k-1"}}"#);
        let script = [(request.as_str(), fails("NotFoundException", "Key 'k-1' does not exist"))];
        let token = Token("t".to_owned());
        let error = check_requests(&script, async |aws| Alias::create(aws, &args, &token).await).unwrap_err();
        assert!(Alias::retry(&error).is_some());
    }

    #[test]
    fn one_list_serves_many_and_keeps_how_the_key_is_named() {
        assert!(matches!(observe(&["alias/eks", "alias/none"])[..], [Observed::There { .. }, Observed::Gone]));
        let there = there();
        assert_eq!((there.args.target_key_id.as_str(), there.attrs.target_key_arn.as_str()), (KEY, KEY));
    }

    #[test]
    fn only_another_key_is_a_change() {
        let there = there();
        let planned = |key: &str| AliasArgs { target_key_id: key.to_owned(), ..there.args.clone() };
        for (key, script) in [
            ("k-1", vec![]),
            ("k-2", vec![(r#"kms UpdateAlias {"AliasName":"alias/eks","TargetKeyId":"k-2"}"#, ok("{}"))]),
        ] {
            let planned = planned(key);
            let change = Change { prior: Some(&there.args), planned: &planned };
            let step = check_requests(&script, async |aws| Alias::update(aws, &change, &there).await);
            assert_eq!(step, Ok(Step::Done));
        }
        let config = |key: &str| format!(r#"{{"name": "alias/eks", "target_key_id": "{key}"}}"#);
        let values = check_plan::<Alias>(Some(&config(KEY)), &config("k-1")).values;
        assert_eq!(values[0].1, KEY.into());
    }

    #[test]
    fn deleting_an_alias_that_is_gone_succeeds() {
        let there = there();
        let script = [(r#"kms DeleteAlias {"AliasName":"alias/eks"}"#, fails("NotFoundException", "is not found."))];
        assert_eq!(check_requests(&script, async |aws| Alias::delete(aws, &there).await), Ok(Step::Done));
    }
}
