//! Keys by replayed HTTP.

use super::*;
use crate::test_support::{Canned, check_plan, check_requests, fails, ok, read_args};

const DESCRIBE: &str = r#"kms DescribeKey {"KeyId":"k-1"}"#;

fn describe(state: &str, enabled: bool) -> Canned {
    ok(format!(
        r#"{{"KeyMetadata": {{"KeyId": "k-1", "Arn": "arn:aws:kms:eu-central-1:1:key/k-1", "Enabled": {enabled},
            "KeyState": "{state}", "Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT",
            "Description": "d", "MultiRegion": false}}}}"#
    ))
}

fn observe(rotates: bool) -> Object<Key> {
    let known = Known::Import { id: "k-1".to_owned() };
    let rotation = format!(r#"{{"KeyRotationEnabled": {rotates}, "RotationPeriodInDays": 365}}"#);
    let tags = r#"{"Tags": [{"TagKey": "landfall:intent", "TagValue": "t"}, {"TagKey": "a", "TagValue": "1"}]}"#;
    let script = [
        (DESCRIBE, describe("Enabled", true)),
        (r#"kms GetKeyPolicy {"KeyId":"k-1","PolicyName":"default"}"#, ok(r#"{"Policy": "{ \"Statement\": [] }"}"#)),
        (r#"kms GetKeyRotationStatus {"KeyId":"k-1"}"#, ok(rotation)),
        (r#"kms ListResourceTags {"KeyId":"k-1"}"#, ok(tags)),
    ];
    match check_requests(&script, async |aws| Key::observe(aws, &known).await).unwrap() {
        Observed::There { phase: Phase::Ready, object } => object,
        _ => panic!("not ready"),
    }
}

#[test]
fn the_create_call_carries_policy_and_intent() {
    let args = read_args(r#"{"description": "d", "policy": "{}", "enable_key_rotation": true}"#);
    let request = r#"kms CreateKey {"Policy":"{}","Description":"d","KeyUsage":"ENCRYPT_DECRYPT","KeySpec":"SYMMETRIC_DEFAULT","BypassPolicyLockoutSafetyCheck":false,"Tags":[{"TagKey":"landfall:intent","TagValue":"t"}]}"#;
    let script = [(request, ok(r#"{"KeyMetadata": {"KeyId": "k-1"}}"#))];
    let token = Token("t".to_owned());
    let created = check_requests(&script, async |aws| Key::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("k-1")));
}

#[test]
fn a_key_is_read_with_policy_rotation_and_tags() {
    let object = observe(false);
    assert_eq!(object.args.policy.as_deref(), Some(r#"{"Statement":[]}"#));
    assert!(!object.args.enable_key_rotation && !object.args.rotation_period_in_days.is_set());
    assert_eq!(object.args.tags.all.len(), 1);
    assert_eq!(observe(true).args.rotation_period_in_days.get(), Some(&365));
}

#[test]
fn rotation_comes_after_create_and_is_waited_for() {
    let there = observe(false);
    let planned: KeyArgs = read_args(r#"{"enable_key_rotation": true, "tags": {"a": "1"}}"#);
    let change = Change { prior: None, planned: &planned };
    let script = [
        (r#"kms EnableKeyRotation {"KeyId":"k-1"}"#, ok("{}")),
        (r#"kms UntagResource {"KeyId":"k-1","TagKeys":["landfall:intent"]}"#, ok("{}")),
    ];
    let step = check_requests(&script, async |aws| Key::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
    let goal =
        Goal { operation: Operation::Create, prior: None, planned: &planned, elapsed: std::time::Duration::ZERO };
    assert_eq!(Key::settled(&goal, &there), Settled::Waiting("the key's rotation to show".to_owned()));
    assert_eq!(Key::settled(&goal, &observe(true)), Settled::Yes);
}

#[test]
fn a_key_is_switched_off_after_all_other_changes() {
    let there = observe(true);
    let planned = KeyArgs {
        is_enabled: false,
        enable_key_rotation: false,
        rotation_period_in_days: Filled::unset(),
        policy: r#"{"Statement":[],"Id":"x"}"#.to_owned().into(),
        ..there.args.clone()
    };
    let change = Change { prior: Some(&there.args), planned: &planned };
    let script = [
        (r#"kms DisableKeyRotation {"KeyId":"k-1"}"#, ok("{}")),
        (
            r#"kms PutKeyPolicy {"KeyId":"k-1","PolicyName":"default","Policy":"{\"Statement\":[],\"Id\":\"x\"}","BypassPolicyLockoutSafetyCheck":false}"#,
            ok("{}"),
        ),
        (r#"kms DisableKey {"KeyId":"k-1"}"#, ok("{}")),
    ];
    let step = check_requests(&script, async |aws| Key::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn a_key_in_its_deletion_window_is_gone() {
    let known = Known::Import { id: "k-1".to_owned() };
    for answer in [describe("PendingDeletion", false), fails("NotFoundException", "Key 'k-1' does not exist")] {
        let observed = check_requests(&[(DESCRIBE, answer)], async |aws| Key::observe(aws, &known).await);
        assert!(matches!(observed, Ok(Observed::Gone)));
    }
    let mut there = observe(false);
    there.args.deletion_window_in_days = 7;
    let script = [(
        r#"kms ScheduleKeyDeletion {"KeyId":"k-1","PendingWindowInDays":7}"#,
        fails("KMSInvalidStateException", "arn:aws:kms:eu-central-1:1:key/k-1 is pending deletion."),
    )];
    let step = check_requests(&script, async |aws| Key::delete(aws, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn switching_rotation_leaves_its_period_to_the_service() {
    let (off, on) = (r#"{"enable_key_rotation": false}"#, r#"{"enable_key_rotation": true}"#);
    assert!(!check_plan::<Key>(Some(off), on).values[0].1.is_known());
    assert!(check_plan::<Key>(Some(on), on).values.is_empty());
    let error =
        |operation: &str, code: &str| CallError { operation: operation.to_owned(), ..CallError::local(code, "") };
    assert!(Key::retry(&error("CreateKey", "MalformedPolicyDocumentException")).is_some());
    assert!(Key::retry(&error("EnableKeyRotation", "NotFoundException")).is_some());
    assert!(Key::retry(&error("DescribeKey", "NotFoundException")).is_none());
}
