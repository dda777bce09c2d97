//! Conditions: validations, pre- and postconditions, assertions of `check` blocks.

use std::collections::BTreeMap;

use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_lang::Scope;
use landfall_lang::config::Condition;
use landfall_state::{CheckKind, CheckObject, CheckResult, CheckStatus};
use landfall_value::{Marks, Value};

/// Where a condition stands, which decides how its failure is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionKind {
    /// `validation` of a variable; where the value was given.
    Validation(Span),
    /// `precondition` of a resource or data source.
    Precondition,
    /// `postcondition` of a resource or data source.
    Postcondition,
    /// `precondition` of an output.
    OutputPrecondition,
    /// `assert` of a `check` block.
    Assertion,
}

impl ConditionKind {
    fn failed(self) -> &'static str {
        match self {
            Self::Validation(_) => "Invalid value for variable",
            Self::Precondition => "Resource precondition failed",
            Self::Postcondition => "Resource postcondition failed",
            Self::OutputPrecondition => "Module output value precondition failed",
            Self::Assertion => "Check block assertion failed",
        }
    }

    /// Returns an error, or a warning where failure does not stop anything.
    fn finding(self, summary: &str, detail: impl Into<String>) -> Diagnostic {
        match self {
            Self::Assertion => Diagnostic::warning(summary, detail),
            Self::Validation(_) | Self::Precondition | Self::Postcondition | Self::OutputPrecondition => {
                Diagnostic::error(summary, detail)
            }
        }
    }
}

/// Evaluates conditions and returns the worst status with the messages of those that failed.
pub(crate) fn evaluate_conditions(
    conditions: &[Condition],
    kind: ConditionKind,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> (CheckStatus, Vec<String>) {
    let mut worst = CheckStatus::Pass;
    let mut messages = Vec::new();
    for condition in conditions {
        let (status, message) = evaluate(condition, kind, scope, diagnostics);
        worst = worse(worst, status);
        messages.extend(message);
    }
    (worst, messages)
}

fn evaluate(
    condition: &Condition,
    kind: ConditionKind,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> (CheckStatus, Option<String>) {
    let span = condition.condition.span();
    let mut found = Diagnostics::new();
    let value = condition.condition.evaluate(scope, &mut found);
    if found.has_errors() {
        diagnostics.extend(found);
        return (CheckStatus::Error, None);
    }
    if !value.is_known() {
        if kind == ConditionKind::Assertion {
            let detail =
                "The condition could not be evaluated at this time, a result will be known when this plan is applied.";
            diagnostics.push(Diagnostic::warning("Check block assertion known after apply", detail).at(span));
        }
        return (CheckStatus::Unknown, None);
    }
    let Some(holds) = truth(&value) else {
        let detail = match value.is_null() {
            true => "A condition must be either true or false, not null.",
            false => "A condition must be either true or false.",
        };
        diagnostics.push(Diagnostic::error("Invalid condition result", detail).at(span));
        return (CheckStatus::Error, None);
    };
    if holds {
        return (CheckStatus::Pass, None);
    }
    let (message, is_shown) = message(condition, scope, diagnostics);
    if !is_shown && !matches!(kind, ConditionKind::Validation(_)) {
        let detail = "The expression of the error message refers to sensitive values, so it will not be displayed. Take \
                      these references out, or wrap them with nonsensitive() where they do not reveal anything.";
        let finding = Diagnostic::warning("Error message refers to sensitive values", detail);
        diagnostics.push(finding.at(condition.error_message.span()));
    }
    let (subject, detail) = match kind {
        ConditionKind::Validation(given) => {
            (given, format!("{message}\n\nThis was checked by the validation rule in the variable's block."))
        }
        _ => (span, message.clone()),
    };
    let mut finding = kind.finding(kind.failed(), detail).at(subject);
    finding.values = condition.condition.took_part(scope);
    if matches!(kind, ConditionKind::Validation(_)) && subject.source == span.source {
        finding = finding.within(span);
    }
    diagnostics.push(finding);
    (CheckStatus::Fail, Some(message).filter(|_| is_shown))
}

fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| match value.as_str() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    })
}

/// Returns the message of a condition, and whether it is not kept from view for what it refers to.
fn message(condition: &Condition, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> (String, bool) {
    let mut found = Diagnostics::new();
    let value = condition.error_message.evaluate(scope, &mut found);
    if found.has_errors() {
        diagnostics.extend(found);
        return ("Failed to evaluate condition error message.".to_owned(), true);
    }
    let marks = value.marks_deep();
    if marks.contains(Marks::EPHEMERAL) {
        return ("The error message included ephemeral values, so it will not be displayed.".to_owned(), true);
    }
    if marks.contains(Marks::SENSITIVE) {
        return ("The error message included a sensitive value, so it will not be displayed.".to_owned(), false);
    }
    let text = value.as_str().map_or("Unable to evaluate the error message of this condition.", str::trim);
    (text.to_owned(), true)
}

fn worse(a: CheckStatus, b: CheckStatus) -> CheckStatus {
    let rank = |status| match status {
        CheckStatus::Pass => 0,
        CheckStatus::Unknown => 1,
        CheckStatus::Fail => 2,
        CheckStatus::Error => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// Outcomes of conditions by block and instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks(BTreeMap<(CheckKind, String), BTreeMap<String, CheckObject>>);

impl Checks {
    /// Makes an entry for a block whose instances may never be evaluated.
    pub(crate) fn declare(&mut self, kind: CheckKind, block: String) {
        self.0.entry((kind, block)).or_default();
    }

    /// Records an outcome; of several for one instance, the worst counts.
    pub(crate) fn record(
        &mut self,
        kind: CheckKind,
        block: String,
        instance: String,
        (status, messages): (CheckStatus, Vec<String>),
    ) {
        let instances = self.0.entry((kind, block)).or_default();
        let entry = instances.entry(instance.clone()).or_insert_with(|| CheckObject {
            address: instance,
            status: CheckStatus::Pass,
            failure_messages: Vec::new(),
        });
        entry.status = worse(entry.status, status);
        entry.failure_messages.extend(messages);
    }

    /// Takes over outcomes of an earlier run for instances that this one has not evaluated.
    pub(crate) fn fill_from(&mut self, earlier: &[CheckResult]) {
        for result in earlier {
            let instances = self.0.entry((result.kind, result.config_address.clone())).or_default();
            for object in &result.objects {
                instances.entry(object.address.clone()).or_insert_with(|| object.clone());
            }
        }
    }

    /// Returns the outcomes in order of block.
    pub(crate) fn into_results(self) -> Vec<CheckResult> {
        let result = |((kind, config_address), objects): ((CheckKind, String), BTreeMap<String, CheckObject>)| {
            let objects: Vec<CheckObject> = objects.into_values().collect();
            let status = match objects.is_empty() {
                true => CheckStatus::Unknown,
                false => objects.iter().fold(CheckStatus::Pass, |status, object| worse(status, object.status)),
            };
            CheckResult { kind, config_address, status, objects }
        };
        self.0.into_iter().map(result).collect()
    }
}
