//! `aws_cloudwatch_log_group`: log streams with the same retention, encryption and class.

use aws_sdk_cloudwatchlogs::types::LogGroup as Remote;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Step, Tags, Token, Traced, Within, within,
};

use crate::client::Aws;
use crate::error::{Answer, Fault, Unless, fault};
use crate::names::{drawn, prefix_of};
use crate::tags::{INTENT, with_intent};

const GONE: &[Fault] = &[fault("ResourceNotFoundException")];

/// Log streams with the same retention, encryption and class.
pub struct LogGroup;

/// What a user may write.
#[derive(Args, Clone)]
pub struct LogGroupArgs {
    /// Name.
    #[arg(replace, conflicts("name_prefix"), max_len = 512)]
    name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(replace, max_len = 483)]
    name_prefix: Filled<String>,
    /// Days that events are kept; 0 for ever.
    #[arg(
        default = 0,
        one_of(
            "0", "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096",
            "1827", "2192", "2557", "2922", "3288", "3653"
        )
    )]
    retention_in_days: i32,
    /// Key that encrypts the events.
    kms_key_id: Option<String>,
    /// Class: what can be done with the events, and what they cost.
    #[arg(replace, one_of("STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"))]
    log_group_class: Filled<String>,
    /// Whether CloudWatch refuses to delete the group.
    deletion_protection_enabled: Filled<bool>,
    /// Whether a destroy only forgets the group.
    #[arg(default = false)]
    skip_destroy: bool,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct LogGroupAttrs {
    /// ARN, without the `:*` that some policies want.
    arn: String,
}

impl Resource for LogGroup {
    type Args = LogGroupArgs;
    type Attrs = LogGroupAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_cloudwatch_log_group";

    fn plan(facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let name = planned.proposed.get("name").and_then(|name| name.as_str());
        if let (true, Some(name)) = (planned.is_create(), name) {
            overrides.set("id", name);
            if let Some(arn) = facts.arn("logs", &format!("log-group:{name}")) {
                overrides.set("arn", arn);
            }
        }
        overrides
    }

    async fn create(aws: &Aws, args: &LogGroupArgs, token: &Token) -> CallResult<Created> {
        let name = drawn(&args.name, &args.name_prefix, token);
        let tags = with_intent(args.tags.all.clone(), token).into_iter().collect();
        aws.logs()
            .create_log_group()
            .log_group_name(&name)
            .set_kms_key_id(args.kms_key_id.clone())
            .set_log_group_class(args.log_group_class.as_deref().map(Into::into))
            .set_deletion_protection_enabled(args.deletion_protection_enabled.to_option())
            .set_tags(Some(tags))
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(name))
    }

    async fn trace(aws: &Aws, args: &LogGroupArgs, token: &Token) -> CallResult<Traced> {
        let name = drawn(&args.name, &args.name_prefix, token);
        let Some(remote) = find(aws, &name).await? else { return Ok(Traced::Nothing) };
        let request = aws.logs().list_tags_for_resource().resource_arn(bare_arn(&remote));
        let tags = request.send().await.answer().unless(GONE)?.and_then(|answer| answer.tags).unwrap_or_default();
        let is_ours = tags.get(INTENT).is_some_and(|value| **value == **token);
        Ok(if is_ours { Traced::Made(Created::with_id(name)) } else { Traced::Nothing })
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let name = known.id();
        let Some(remote) = &find(aws, name).await? else { return Ok(Observed::Gone) };
        let arn = bare_arn(remote);
        let tags = aws.logs().list_tags_for_resource().resource_arn(&arn).send().await.answer().unless(GONE)?;
        let Some(tags) = tags else { return Ok(Observed::Gone) };
        let tags = tags.tags.unwrap_or_default().into_iter().collect();
        let known_args = known.args();
        let args = LogGroupArgs {
            name: name.to_owned().into(),
            name_prefix: prefix_of(name),
            retention_in_days: remote.retention_in_days.unwrap_or_default(),
            kms_key_id: remote.kms_key_id.clone(),
            log_group_class: class(remote).into(),
            deletion_protection_enabled: remote.deletion_protection_enabled.unwrap_or_default().into(),
            skip_destroy: known_args.is_some_and(|args| args.skip_destroy),
            tags: aws.tag_rules().observed(tags, known_args.map(|args| &args.tags)),
        };
        let object = Object { id: name.to_owned(), args, attrs: LogGroupAttrs { arn }, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        // Groups of the class DELIVERY keep events for two days, whatever is asked for.
        let has_retention = there.args.log_group_class.as_deref() != Some("DELIVERY");
        if has_retention && change.wants(there, |args| &args.retention_in_days) {
            match planned.retention_in_days {
                0 => {
                    aws.logs().delete_retention_policy().log_group_name(&there.id).send().await.answer()?;
                }
                days => {
                    let request = aws.logs().put_retention_policy().log_group_name(&there.id).retention_in_days(days);
                    request.send().await.answer()?;
                }
            }
        }
        if change.prior.is_some() && change.wants(there, |args| &args.kms_key_id) {
            match &planned.kms_key_id {
                Some(key) => {
                    let request = aws.logs().associate_kms_key().log_group_name(&there.id).kms_key_id(key);
                    request.send().await.answer()?;
                }
                None => {
                    aws.logs().disassociate_kms_key().log_group_name(&there.id).send().await.answer()?;
                }
            }
        }
        if change.prior.is_some()
            && change.wants(there, |args| &args.deletion_protection_enabled)
            && let Some(protected) = planned.deletion_protection_enabled.to_option()
        {
            let request = aws.logs().put_log_group_deletion_protection().log_group_identifier(&there.id);
            request.deletion_protection_enabled(protected).send().await.answer()?;
        }
        retag(aws, &there.attrs.arn, change, planned).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        if !there.args.skip_destroy {
            aws.logs().delete_log_group().log_group_name(&there.id).send().await.answer().unless(GONE)?;
        }
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        let policy_not_seen = "no identity-based policy allows the logs:PutRetentionPolicy action";
        if error.is("PutRetentionPolicy", "AccessDeniedException", policy_not_seen) {
            return Some(within("2m"));
        }
        error.is("DeleteLogGroup", "OperationAbortedException", "try again").then(|| within("1m"))
    }
}

async fn find(aws: &Aws, name: &str) -> CallResult<Option<Remote>> {
    let request = aws.logs().describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
    let groups = request.collect::<Result<Vec<_>, _>>().await.answer().unless(GONE)?.unwrap_or_default();
    Ok(groups.into_iter().find(|group| group.log_group_name() == Some(name)))
}

async fn retag(aws: &Aws, arn: &str, change: &Change<'_, LogGroup>, planned: &LogGroupArgs) -> CallResult<()> {
    let Some(prior) = change.prior else {
        // The state knows the new group: what tied it to its creation has done its work.
        aws.logs().untag_resource().resource_arn(arn).tag_keys(INTENT).send().await.answer()?;
        return Ok(());
    };
    let Some(changes) = aws.tag_rules().changes(Some(&prior.tags), &planned.tags) else { return Ok(()) };
    if !changes.remove.is_empty() {
        let request = aws.logs().untag_resource().resource_arn(arn).set_tag_keys(Some(changes.remove));
        request.send().await.answer()?;
    }
    if !changes.set.is_empty() {
        let tags = changes.set.into_iter().collect();
        aws.logs().tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.answer()?;
    }
    Ok(())
}

/// DescribeLogGroups writes `arn` with `:*` at its end, which no other service takes.
fn bare_arn(remote: &Remote) -> String {
    let arn = remote.arn().unwrap_or_default();
    arn.strip_suffix(":*").unwrap_or(arn).to_owned()
}

fn class(remote: &Remote) -> Option<String> {
    Some(remote.log_group_class.as_ref().map_or("STANDARD", |class| class.as_str()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const DESCRIBE: &str = r#"logs DescribeLogGroups {"logGroupNamePrefix":"a"}"#;
    const TAGS: &str = r#"logs ListTagsForResource {"resourceArn":"arn:aws:logs:eu-central-1:1:log-group:a"}"#;
    const THERE: &str = r#"{"logGroups": [
        {"logGroupName": "ab", "arn": "arn:aws:logs:eu-central-1:1:log-group:ab:*"},
        {"logGroupName": "a", "arn": "arn:aws:logs:eu-central-1:1:log-group:a:*", "retentionInDays": 7}]}"#;

    fn there() -> Object<LogGroup> {
        let known = Known::Import { id: "a".to_owned() };
        let script = [(DESCRIBE, ok(THERE)), (TAGS, ok(r#"{"tags": {"team": "x"}}"#))];
        match check_requests(&script, async |aws| LogGroup::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn a_group_is_found_by_its_whole_name() {
        let object = there();
        assert_eq!(object.attrs.arn, "arn:aws:logs:eu-central-1:1:log-group:a");
        assert_eq!(object.args.retention_in_days, 7);
    }

    #[test]
    fn a_group_that_only_shares_the_prefix_is_not_it() {
        let known = Known::Import { id: "a".to_owned() };
        let others = ok(r#"{"logGroups": [{"logGroupName": "ab"}]}"#);
        let observed = check_requests(&[(DESCRIBE, others)], async |aws| LogGroup::observe(aws, &known).await);
        assert!(matches!(observed, Ok(Observed::Gone)));
    }

    #[test]
    fn retention_and_tags_change_in_place() {
        let there = there();
        let planned = read_args(r#"{"name": "a", "retention_in_days": 0, "tags": {"team": "y"}}"#);
        let change = Change { prior: Some(&there.args), planned: &planned };
        let script = [
            (r#"logs DeleteRetentionPolicy {"logGroupName":"a"}"#, ok("{}")),
            (
                r#"logs TagResource {"resourceArn":"arn:aws:logs:eu-central-1:1:log-group:a","tags":{"team":"y"}}"#,
                ok("{}"),
            ),
        ];
        let step = check_requests(&script, async |aws| LogGroup::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn deleting_a_group_that_is_gone_succeeds() {
        let there = there();
        let script = [(
            r#"logs DeleteLogGroup {"logGroupName":"a"}"#,
            fails("ResourceNotFoundException", "The specified log group does not exist."),
        )];
        let step = check_requests(&script, async |aws| LogGroup::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
