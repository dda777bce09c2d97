//! Secrets: a canary in random places of random values is in nothing that may be seen, and is marked wherever it is kept.

use landfall_engine::{Plan, PlanOptions, VariableInput};
use landfall_value::json::{Json, sensitive_mask};
use landfall_value::{Kind, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value as Tree;

use crate::world::World;

const CANARY: &str = "canary-4711";

/// A name of each kind of secret, and ways to carry a text.
const CARRIERS: [&str; 6] = [
    "SECRET",
    "\"x${SECRET}\"",
    "upper(SECRET) == \"\" ? \"\" : SECRET",
    "[SECRET][0]",
    "jsonencode({ s = SECRET })",
    "one([SECRET])",
];

/// Returns expressions of values with secrets in some of their leaves.
fn expression(secret: &'static str) -> impl Strategy<Value = String> {
    let plain = select(&["1", "\"p\"", "null", "true", "[]", "{}"][..]).prop_map(str::to_owned);
    let hidden = select(&CARRIERS[..]).prop_map(move |text| text.replace("SECRET", secret));
    prop_oneof![2 => plain, 1 => hidden].prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|parts| format!("[{}]", parts.join(", "))),
            vec(inner.clone(), 1..4).prop_map(|parts| {
                let items = parts.iter().enumerate().map(|(at, part)| format!("k{at} = {part}"));
                format!("{{ {} }}", items.collect::<Vec<_>>().join(", "))
            }),
            inner.clone().prop_map(|part| format!("merge({{ a = {part} }}, {{ b = 1 }})")),
            inner.clone().prop_map(|part| format!("[for x in [{part}] : [x]]")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("flatten([[{a}], {b} == null ? [] : [1]])")),
        ]
    })
}

fn check(strategy: impl Strategy<Value = String>, check: impl Fn(&str) -> Result<(), TestCaseError>) {
    let seconds: u64 = std::env::var("LANDFALL_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let begin = std::time::Instant::now();
    loop {
        let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
        if let Err(failure) = TestRunner::new(config).run(&strategy, |text| check(&text)) {
            panic!("{failure}");
        }
        if begin.elapsed().as_secs() >= seconds {
            return;
        }
    }
}

fn world(text: String) -> World {
    let mut world = World::new(&text);
    for name in ["secret", "token"] {
        world.variables.insert(name.into(), VariableInput { value: Value::from(CANARY), span: None });
    }
    world
}

fn variables() -> &'static str {
    "variable \"secret\" {\n  sensitive = true\n}\nvariable \"token\" {\n  ephemeral = true\n}\n"
}

/// Fails where debug output, as it may come into a log, shows the canary.
fn hidden(shown: &impl std::fmt::Debug) -> Result<(), TestCaseError> {
    let text = format!("{shown:?}");
    prop_assert!(!text.contains(CANARY), "{text}");
    Ok(())
}

/// Plans; nothing that is said on the way holds the canary.
fn plan(world: &World) -> Result<Option<Plan>, TestCaseError> {
    let planned = world.try_plan(PlanOptions::default());
    let (plan, found) = match planned {
        Ok((plan, found)) => (Some(plan), found),
        Err(found) => (None, found),
    };
    hidden(&found)?;
    hidden(&*world.events.lock().unwrap())?;
    hidden(&plan)?;
    Ok(plan)
}

/// Fails where a text with the canary is not under a mark.
fn all_masked(value: &Tree, mask: &Tree) -> bool {
    match (value, mask) {
        (_, Tree::Bool(true)) => true,
        (Tree::String(text), _) => !text.contains(CANARY),
        (Tree::Array(parts), _) => {
            parts.iter().enumerate().all(|(at, part)| all_masked(part, mask.get(at).unwrap_or(&Tree::Null)))
        }
        (Tree::Object(parts), _) => parts
            .iter()
            .all(|(name, part)| !name.contains(CANARY) && all_masked(part, mask.get(name).unwrap_or(&Tree::Null))),
        (Tree::Null | Tree::Bool(_) | Tree::Number(_), _) => true,
    }
}

/// Returns whether what the configuration gave is marked. What `output` repeats is the provider's to mark, and it does not.
fn is_masked(value: &Value) -> bool {
    let Kind::Object(attributes) = value.kind() else { return true };
    let given = attributes.iter().filter(|(name, _)| &***name != "output");
    let given = Value::object(given.map(|(name, value)| (name.clone(), value.clone())).collect());
    all_masked(&serde_json::to_value(Json::omitting_unknown(&given)).unwrap(), &sensitive_mask(&given))
}

#[test]
fn what_is_sensitive_is_marked_wherever_it_is_kept() {
    check(expression("var.secret"), |expr| {
        let mut world = world(format!(
            "{}resource \"terraform_data\" \"a\" {{\n  input = {expr}\n  triggers_replace = {expr}\n}}\noutput \"o\" {{\n  \
             value = {expr}\n  sensitive = true\n}}\n",
            variables()
        ));
        let Some(planned) = plan(&world)? else { return Ok(()) };
        prop_assert!(planned.changes.iter().all(|change| is_masked(&change.after)), "{expr}");
        let applied = world.apply_plan(&planned);
        hidden(&applied.diagnostics)?;
        hidden(&*world.events.lock().unwrap())?;
        hidden(&world.state)?;
        // A plan of what is there, with the marks that the state keeps.
        let (again, found) = world.try_plan(PlanOptions::default()).expect("a plan");
        hidden(&found)?;
        hidden(&again.outputs)?;
        prop_assert!(
            again.changes.iter().all(|change| is_masked(&change.before) && is_masked(&change.after)),
            "{expr}"
        );
        Ok(())
    });
}

#[test]
fn an_output_that_is_not_sensitive_shows_no_secret() {
    check(expression("var.secret"), |expr| {
        let world = world(format!("{}output \"o\" {{\n  value = {expr}\n}}\n", variables()));
        let Some(plan) = plan(&world)? else { return Ok(()) };
        let text = serde_json::to_string(&Json::omitting_unknown(&plan.outputs["o"].after)).unwrap();
        prop_assert!(!text.contains(CANARY), "{expr} gives {text}");
        Ok(())
    });
}

#[test]
fn what_is_ephemeral_is_kept_nowhere() {
    check(expression("var.token"), |expr| {
        let world = world(format!(
            "{}locals {{\n  v = {expr}\n}}\nresource \"terraform_data\" \"a\" {{\n  input = local.v\n}}\n",
            variables()
        ));
        let Some(plan) = plan(&world)? else { return Ok(()) };
        for change in &plan.changes {
            let text = serde_json::to_string(&Json::omitting_unknown(&change.after)).unwrap();
            prop_assert!(!text.contains(CANARY), "{expr} gives {text}");
        }
        Ok(())
    });
}
