//! `aws_kms_key`: a key that never leaves KMS.

#[cfg(test)]
mod tests;

use aws_sdk_kms::types::{KeyMetadata, KeyState, OriginType};
use landfall_provider::value::{Type, Value};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Goal, Known, Object, Observed, Operation,
    Overrides, Phase, Planned, Resource, Settled, Step, Tags, Timing, Token, Traced, Within, usually, within,
};

use crate::client::Aws;
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::kms::tags::{forget_intent, retag};
use crate::policy::{compact, keep_known, same_policy};
use crate::tags::{from_service, to_service, traced_by_tag, with_intent};

const GONE: &[Fault] = &[fault("NotFoundException")];
const NOT_OURS: &[Fault] = &[fault("NotFoundException"), fault("AccessDeniedException")];
const GONE_OR_GOING: &[Fault] =
    &[fault("NotFoundException"), fault("KMSInvalidStateException").saying("is pending deletion")];
/// A role or user that the policy names was made a moment ago.
const UNKNOWN_PRINCIPAL: &[Fault] = &[fault("MalformedPolicyDocumentException")];
/// The key was made or enabled a moment ago.
const NOT_VISIBLE: &[Fault] = &[
    fault("NotFoundException").of("EnableKeyRotation"),
    fault("NotFoundException").of("DisableKey"),
    fault("NotFoundException").of("PutKeyPolicy"),
    fault("NotFoundException").of("TagResource"),
    fault("NotFoundException").of("UntagResource"),
    fault("DisabledException").of("EnableKeyRotation"),
    fault("DisabledException").of("DisableKeyRotation"),
];
/// Keys have one policy, of this name.
const POLICY: &str = "default";

/// A key that never leaves KMS.
pub struct Key;

/// What a user may write.
#[derive(Args, Clone)]
pub struct KeyArgs {
    /// Takes a policy even if it keeps the caller from changing it again.
    #[arg(default = false)]
    bypass_policy_lockout_safety_check: bool,
    /// Key store outside KMS that holds the key.
    #[arg(replace, min_len = 1, max_len = 22)]
    custom_key_store_id: Option<String>,
    /// Kind of key.
    #[arg(
        replace,
        default = "SYMMETRIC_DEFAULT",
        one_of(
            "RSA_2048",
            "RSA_3072",
            "RSA_4096",
            "ECC_NIST_P256",
            "ECC_NIST_P384",
            "ECC_NIST_P521",
            "ECC_SECG_P256K1",
            "SYMMETRIC_DEFAULT",
            "HMAC_224",
            "HMAC_256",
            "HMAC_384",
            "HMAC_512",
            "SM2",
            "ML_DSA_44",
            "ML_DSA_65",
            "ML_DSA_87",
            "ECC_NIST_EDWARDS25519",
            "ML_KEM_512",
            "ML_KEM_768",
            "ML_KEM_1024"
        )
    )]
    customer_master_key_spec: String,
    /// Days between the destruction of this object and the end of the key.
    #[arg(optional, min = 7, max = 30)]
    deletion_window_in_days: i32,
    /// What the key is for.
    #[arg(max_len = 8192)]
    description: Filled<String>,
    /// Makes new key material every year, or at the period given.
    #[arg(default = false)]
    enable_key_rotation: bool,
    /// Whether the key can be used.
    #[arg(default = true)]
    is_enabled: bool,
    /// What the key can be used for.
    #[arg(
        replace,
        default = "ENCRYPT_DECRYPT",
        one_of("SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE")
    )]
    key_usage: String,
    /// Whether the key can be replicated into other regions.
    #[arg(replace)]
    multi_region: Filled<bool>,
    /// Who may use and manage the key: a policy document.
    #[arg(format(json), equivalent(policy))]
    policy: Filled<String>,
    /// Days between rotations.
    #[arg(min = 90, max = 2560, requires("enable_key_rotation"))]
    rotation_period_in_days: Filled<i32>,
    /// Key in a store outside AWS.
    #[arg(replace, min_len = 1, max_len = 128, requires("custom_key_store_id"))]
    xks_key_id: Option<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct KeyAttrs {
    /// ARN.
    arn: String,
    /// Id.
    key_id: String,
}

impl Resource for Key {
    type Args = KeyArgs;
    type Attrs = KeyAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_kms_key";
    const TIMING: Timing = Timing::new().create("2m", usually("3s"));

    /// The service has a rotation period only while keys rotate.
    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let is_configured = planned.config.get("rotation_period_in_days").is_some_and(|days| !days.is_null());
        if !planned.is_create() && planned.changes("enable_key_rotation") && !is_configured {
            overrides.set("rotation_period_in_days", Value::unknown(Type::Number));
        }
        overrides
    }

    async fn create(aws: &Aws, args: &KeyArgs, token: &Token) -> CallResult<Created> {
        let origin = match (&args.xks_key_id, &args.custom_key_store_id) {
            (Some(_), _) => Some(OriginType::ExternalKeyStore),
            (None, Some(_)) => Some(OriginType::AwsCloudhsm),
            (None, None) => None,
        };
        let answer = aws
            .kms()
            .create_key()
            .bypass_policy_lockout_safety_check(args.bypass_policy_lockout_safety_check)
            .set_custom_key_store_id(args.custom_key_store_id.clone())
            .set_description(args.description.to_option())
            .key_spec(args.customer_master_key_spec.as_str().into())
            .key_usage(args.key_usage.as_str().into())
            .set_multi_region(args.multi_region.to_option())
            .set_origin(origin)
            .set_policy(args.policy.to_option())
            .set_xks_key_id(args.xks_key_id.clone())
            .set_tags(Some(to_service(&with_intent(args.tags.all.clone(), token))?))
            .send()
            .await
            .answer()?;
        let id = answer.key_metadata.map(|key| key.key_id);
        Ok(Created::with_id(id.ok_or_else(|| incomplete("CreateKey", "key id"))?))
    }

    /// Keys cannot be found by their tags: those of each are read.
    async fn trace(aws: &Aws, _: &KeyArgs, token: &Token) -> CallResult<Traced> {
        let keys = aws.kms().list_keys().into_paginator().items().send();
        for key in keys.collect::<Result<Vec<_>, _>>().await.answer()? {
            let id = key.key_id.unwrap_or_default();
            // The tags of keys that others keep to themselves cannot be read.
            let answer = aws.kms().list_resource_tags().key_id(&id).send().await.answer().unless(NOT_OURS)?;
            let traced = answer.map_or(Traced::Nothing, |answer| traced_by_tag(id, answer.tags(), token));
            if traced != Traced::Nothing {
                return Ok(traced);
            }
        }
        Ok(Traced::Nothing)
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let answer = aws.kms().describe_key().key_id(known.id()).send().await.answer().unless(GONE)?;
        let Some(remote) = answer.and_then(|answer| answer.key_metadata).filter(|key| !is_going(key)) else {
            return Ok(Observed::Gone);
        };
        let Some(details) = Details::read(aws, &remote).await.unless(GONE)? else { return Ok(Observed::Gone) };
        let phase = match &remote.key_state {
            Some(state @ (KeyState::Creating | KeyState::Updating)) => Phase::Pending(state.to_string()),
            _ => Phase::Ready,
        };
        Ok(Observed::There { phase, object: observed(aws, known, remote, details) })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let (planned, kms, id) = (change.planned, aws.kms(), &there.id);
        // A key that is off takes no other change.
        let switches = change.wants(there, |args| &args.is_enabled);
        if switches && planned.is_enabled {
            kms.enable_key().key_id(id).send().await.answer()?;
        }
        rotate(aws, change, there).await?;
        if change.wants(there, |args| &args.description)
            && let Some(description) = planned.description.get()
        {
            kms.update_key_description().key_id(id).description(description).send().await.answer()?;
        }
        if let Some(policy) = planned.policy.get()
            && change.wants_unless(there, has_same_policy)
        {
            kms.put_key_policy()
                .key_id(id)
                .policy_name(POLICY)
                .policy(policy)
                .bypass_policy_lockout_safety_check(planned.bypass_policy_lockout_safety_check)
                .send()
                .await
                .answer()?;
        }
        retag(aws, id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        if change.prior.is_none() {
            forget_intent(aws, id).await?;
        }
        if switches && !planned.is_enabled {
            kms.disable_key().key_id(id).send().await.answer()?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let days = there.args.deletion_window_in_days;
        let request = aws.kms().schedule_key_deletion().key_id(&there.id);
        let request = request.set_pending_window_in_days((days != 0).then_some(days));
        request.send().await.answer().unless(GONE_OR_GOING)?;
        Ok(Step::Done)
    }

    /// Reads of a key lag behind its changes.
    fn settled(goal: &Goal<'_, Self>, there: &Object<Self>) -> Settled {
        let (planned, there) = (goal.planned, &there.args);
        let lags = match goal.operation {
            Operation::Delete => None,
            _ if there.is_enabled != planned.is_enabled => Some("state"),
            _ if there.enable_key_rotation != planned.enable_key_rotation => Some("rotation"),
            _ if planned.policy.is_set() && !has_same_policy(there, planned) => Some("policy"),
            _ => None,
        };
        lags.map_or(Settled::Yes, |what| Settled::Waiting(format!("the key's {what} to show")))
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, UNKNOWN_PRINCIPAL) {
            return Some(within("2m"));
        }
        is_one_of(error, NOT_VISIBLE).then(|| within("3m"))
    }
}

/// A key in its deletion window is as good as gone.
fn is_going(key: &KeyMetadata) -> bool {
    matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

fn has_same_policy(a: &KeyArgs, b: &KeyArgs) -> bool {
    match (a.policy.as_deref(), b.policy.as_deref()) {
        (Some(a), Some(b)) => same_policy(a, b),
        (a, b) => a == b,
    }
}

/// Switches rotation on or off, or changes its period.
async fn rotate(aws: &Aws, change: &Change<'_, Key>, there: &Object<Key>) -> CallResult<()> {
    let planned = change.planned;
    let changes_period =
        planned.rotation_period_in_days.is_set() && change.wants(there, |args| &args.rotation_period_in_days);
    if planned.enable_key_rotation && (changes_period || change.wants(there, |args| &args.enable_key_rotation)) {
        let request = aws.kms().enable_key_rotation().key_id(&there.id);
        let request = request.set_rotation_period_in_days(planned.rotation_period_in_days.to_option());
        request.send().await.answer()?;
    } else if change.wants(there, |args| &args.enable_key_rotation) {
        aws.kms().disable_key_rotation().key_id(&there.id).send().await.answer()?;
    }
    Ok(())
}

/// What DescribeKey does not tell.
struct Details {
    policy: String,
    rotation_period: Option<i32>,
    tags: Vec<aws_sdk_kms::types::Tag>,
}

impl Details {
    async fn read(aws: &Aws, key: &KeyMetadata) -> CallResult<Self> {
        let (kms, id) = (aws.kms(), &key.key_id);
        let policy = async { kms.get_key_policy().key_id(id).policy_name(POLICY).send().await.answer() };
        let rotation = async {
            // Only keys whose material KMS makes can rotate.
            match key.origin {
                Some(OriginType::AwsKms) => kms.get_key_rotation_status().key_id(id).send().await.answer().map(Some),
                _ => Ok(None),
            }
        };
        let tags = kms.list_resource_tags().key_id(id).into_paginator().items().send();
        let tags = async { tags.collect::<Result<Vec<_>, _>>().await.answer() };
        let (policy, rotation, tags) = futures::future::try_join3(policy, rotation, tags).await?;
        let rotation = rotation.filter(|rotation| rotation.key_rotation_enabled);
        Ok(Self {
            policy: compact(policy.policy().unwrap_or_default()),
            rotation_period: rotation.map(|rotation| rotation.rotation_period_in_days.unwrap_or(365)),
            tags,
        })
    }
}

fn observed(aws: &Aws, known: &Known<Key>, remote: KeyMetadata, details: Details) -> Object<Key> {
    let known_args = known.args();
    let known_policy = known_args.and_then(|args| args.policy.as_deref());
    let args = KeyArgs {
        bypass_policy_lockout_safety_check: known_args.is_some_and(|args| args.bypass_policy_lockout_safety_check),
        custom_key_store_id: remote.custom_key_store_id,
        customer_master_key_spec: remote.key_spec.map(|spec| spec.to_string()).unwrap_or_default(),
        deletion_window_in_days: known_args.map_or(0, |args| args.deletion_window_in_days),
        description: remote.description.filter(|text| !text.is_empty()).into(),
        enable_key_rotation: details.rotation_period.is_some(),
        is_enabled: remote.enabled,
        key_usage: remote.key_usage.map(|usage| usage.to_string()).unwrap_or_default(),
        multi_region: remote.multi_region.unwrap_or_default().into(),
        policy: keep_known(known_policy, &details.policy).into(),
        rotation_period_in_days: details.rotation_period.into(),
        xks_key_id: remote.xks_key_configuration.and_then(|key| key.id),
        tags: aws.tag_rules().observed(from_service(&details.tags), known_args.map(|args| &args.tags)),
    };
    let attrs = KeyAttrs { arn: remote.arn.unwrap_or_default(), key_id: remote.key_id };
    Object { id: known.id().to_owned(), args, attrs, private: None }
}
