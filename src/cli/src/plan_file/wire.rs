//! A plan as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use landfall_addr::DeposedKey;
use landfall_engine::{Action, Importing, OutputChange, Plan, PlanMode, Reason, ResourceChange};
use landfall_state::{Change, CheckKind, CheckObject, CheckResult, CheckStatus, State};
use landfall_value::Value;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use super::value::{decode, decode_path, encode, encode_path};

#[derive(Serialize, Deserialize)]
pub(super) struct PlanForm<'a> {
    mode: String,
    changes: Changes<'a>,
    drift: Changes<'a>,
    outputs: BTreeMap<String, OutputForm>,
    checks: Vec<CheckForm>,
    variables: BTreeMap<String, Json>,
    ephemeral_variables: Vec<String>,
    targets: Vec<String>,
    #[serde(default)]
    excludes: Vec<String>,
    modules: Vec<String>,
    relevant_attributes: Vec<(String, Json)>,
    time: String,
    #[serde(default)]
    errored: bool,
}

/// Changes, of which one at a time has its JSON form in memory.
struct Changes<'a>(Cow<'a, [ResourceChange]>);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(change_form))
    }
}

impl<'de> Deserialize<'de> for Changes<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Vec<ResourceChange>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of changes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut forms: A) -> Result<Self::Value, A::Error> {
                let mut changes = Vec::new();
                while let Some(form) = forms.next_element()? {
                    changes.push(change(form).ok_or_else(|| A::Error::custom("a change is not valid"))?);
                }
                Ok(changes)
            }
        }

        deserializer.deserialize_seq(Each).map(|changes| Self(changes.into()))
    }
}

#[derive(Serialize, Deserialize)]
struct ChangeForm {
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deposed: Option<String>,
    provider: String,
    action: String,
    before: Json,
    /// Left out if it equals `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replace_paths: Vec<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    import_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct OutputForm {
    before: Json,
    after: Json,
    action: String,
    sensitive: bool,
}

#[derive(Serialize, Deserialize)]
struct CheckForm {
    kind: String,
    address: String,
    status: String,
    objects: Vec<(String, String, Vec<String>)>,
}

const ACTIONS: &[(Action, &str)] = &[
    (Action::NoOp, "no-op"),
    (Action::Create, "create"),
    (Action::Read, "read"),
    (Action::Update, "update"),
    (Action::Delete, "delete"),
    (Action::Replace { create_before_destroy: false }, "delete-create"),
    (Action::Replace { create_before_destroy: true }, "create-delete"),
    (Action::Forget, "forget"),
];

const MODES: &[(PlanMode, &str)] =
    &[(PlanMode::Normal, "normal"), (PlanMode::Destroy, "destroy"), (PlanMode::RefreshOnly, "refresh-only")];

const REASONS: &[Reason] = &[
    Reason::ReplaceBecauseTainted,
    Reason::ReplaceByRequest,
    Reason::ReplaceByTriggers,
    Reason::ReplaceBecauseCannotUpdate,
    Reason::DeleteBecauseNoResourceConfig,
    Reason::DeleteBecauseNoModule,
    Reason::DeleteBecauseWrongRepetition,
    Reason::DeleteBecauseCountIndex,
    Reason::DeleteBecauseEachKey,
    Reason::DeleteBecauseNoMoveTarget,
    Reason::ReadBecauseConfigUnknown,
    Reason::ReadBecauseDependencyPending,
    Reason::ReadBecauseCheckNested,
];

const CHECK_KINDS: &[(CheckKind, &str)] = &[
    (CheckKind::Resource, "resource"),
    (CheckKind::Output, "output"),
    (CheckKind::Check, "check"),
    (CheckKind::Variable, "var"),
];

const CHECK_STATUSES: &[(CheckStatus, &str)] = &[
    (CheckStatus::Pass, "pass"),
    (CheckStatus::Fail, "fail"),
    (CheckStatus::Error, "error"),
    (CheckStatus::Unknown, "unknown"),
];

fn name_of<T: PartialEq + Copy>(names: &[(T, &'static str)], value: T) -> String {
    let found = names.iter().find(|(named, _)| *named == value).map(|(_, name)| *name);
    found.expect("the table names every variant").to_owned()
}

fn named<T: Copy>(names: &[(T, &'static str)], name: &str) -> Option<T> {
    names.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
}

impl<'a> PlanForm<'a> {
    /// Returns the form of a plan, without its states.
    pub fn of(plan: &'a Plan) -> Self {
        let output = |output: &OutputChange| OutputForm {
            before: encode(&output.before),
            after: encode(&output.after),
            action: name_of(ACTIONS, output.action),
            sensitive: output.sensitive,
        };
        Self {
            mode: name_of(MODES, plan.mode),
            changes: Changes(Cow::Borrowed(&plan.changes)),
            drift: Changes(Cow::Borrowed(&plan.drift)),
            outputs: plan.outputs.iter().map(|(name, change)| (name.to_string(), output(change))).collect(),
            checks: plan.checks.iter().map(check_form).collect(),
            variables: plan.variables.iter().map(|(name, value)| (name.to_string(), encode(value))).collect(),
            ephemeral_variables: plan.ephemeral_variables.iter().map(ToString::to_string).collect(),
            targets: plan.targets.iter().map(ToString::to_string).collect(),
            excludes: plan.excludes.iter().map(ToString::to_string).collect(),
            modules: plan.modules.iter().map(ToString::to_string).collect(),
            relevant_attributes: plan
                .relevant_attributes
                .iter()
                .map(|(address, path)| (address.to_string(), encode_path(path)))
                .collect(),
            time: plan.time.to_string(),
            errored: plan.errored,
        }
    }

    /// Returns the plan, with the states that it belongs to; `None` if the form is not valid.
    pub fn into_plan(self, previous: State, state_changes: Vec<Change>) -> Option<Plan> {
        let mut state = previous.clone();
        state_changes.iter().cloned().for_each(|change| state.apply(change));
        let output = |form: OutputForm| {
            Some(OutputChange {
                before: decode(&form.before)?,
                after: decode(&form.after)?,
                action: named(ACTIONS, &form.action)?,
                sensitive: form.sensitive,
            })
        };
        let outputs = self.outputs.into_iter().map(|(name, form)| Some((name.into(), output(form)?)));
        let variables = self.variables.iter().map(|(name, json)| Some((name.as_str().into(), decode(json)?)));
        let relevant =
            self.relevant_attributes.iter().map(|(address, json)| Some((address.parse().ok()?, decode_path(json)?)));
        Some(Plan {
            mode: named(MODES, &self.mode)?,
            changes: self.changes.0.into_owned(),
            drift: self.drift.0.into_owned(),
            outputs: outputs.collect::<Option<_>>()?,
            checks: self.checks.into_iter().map(check).collect::<Option<_>>()?,
            variables: variables.collect::<Option<_>>()?,
            ephemeral_variables: self.ephemeral_variables.into_iter().map(Arc::from).collect(),
            targets: parsed(&self.targets)?,
            excludes: parsed(&self.excludes)?,
            previous,
            state,
            state_changes,
            modules: parsed(&self.modules)?,
            relevant_attributes: relevant.collect::<Option<_>>()?,
            time: self.time.parse().ok()?,
            errored: self.errored,
        })
    }
}

fn parsed<T: FromStr>(texts: &[String]) -> Option<Vec<T>> {
    texts.iter().map(|text| text.parse().ok()).collect()
}

fn change_form(change: &ResourceChange) -> ChangeForm {
    ChangeForm {
        address: change.address.to_string(),
        previous_address: change.previous_address.as_ref().map(ToString::to_string),
        deposed: change.deposed.as_ref().map(ToString::to_string),
        provider: change.provider.to_string(),
        action: name_of(ACTIONS, change.action),
        before: encode(&change.before),
        after: (change.after != change.before).then(|| encode(&change.after)),
        replace_paths: change.replace_paths.iter().map(encode_path).collect(),
        reason: change.reason.map(|reason| reason.as_str().to_owned()),
        import_id: change.importing.as_ref().map(|importing| importing.id.clone()),
    }
}

fn change(form: ChangeForm) -> Option<ResourceChange> {
    let before = decode(&form.before)?;
    let after = match &form.after {
        Some(after) => decode(after)?,
        None => Value::clone(&before),
    };
    let reason = match &form.reason {
        Some(name) => Some(*REASONS.iter().find(|reason| reason.as_str() == name)?),
        None => None,
    };
    Some(ResourceChange {
        address: form.address.parse().ok()?,
        previous_address: form
            .previous_address
            .map(|address| address.parse().ok())
            .map_or(Some(None), |a| a.map(Some))?,
        deposed: form.deposed.map(|key| DeposedKey(key.into())),
        provider: form.provider.parse().ok()?,
        action: named(ACTIONS, &form.action)?,
        before,
        after,
        replace_paths: form.replace_paths.iter().map(decode_path).collect::<Option<_>>()?,
        reason,
        importing: form.import_id.map(|id| Importing { id }),
    })
}

fn check_form(result: &CheckResult) -> CheckForm {
    let object = |object: &CheckObject| {
        (object.address.clone(), name_of(CHECK_STATUSES, object.status), object.failure_messages.clone())
    };
    CheckForm {
        kind: name_of(CHECK_KINDS, result.kind),
        address: result.config_address.clone(),
        status: name_of(CHECK_STATUSES, result.status),
        objects: result.objects.iter().map(object).collect(),
    }
}

fn check(form: CheckForm) -> Option<CheckResult> {
    let object = |(address, status, failure_messages): (String, String, Vec<String>)| {
        Some(CheckObject { address, status: named(CHECK_STATUSES, &status)?, failure_messages })
    };
    Some(CheckResult {
        kind: named(CHECK_KINDS, &form.kind)?,
        config_address: form.address,
        status: named(CHECK_STATUSES, &form.status)?,
        objects: form.objects.into_iter().map(object).collect::<Option<_>>()?,
    })
}
