//! Recorded configurations: what Terraform plans and applies for them, compared with what the engine does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_diag::{Diagnostics, SourceMap};
use landfall_engine::{Action, ApplyOptions, Plan, PlanMode, PlanOptions, VariableInput};
use landfall_lang::config::Config;
use landfall_lang::config::load::load;
use landfall_lang::{parse_tfvars, parse_tfvars_json};
use landfall_state::State;
use landfall_testkit::MemoryLog;
use landfall_value::Value;
use landfall_value::json::{Json, sensitive_mask, unknown_mask};
use serde_json::{Value as Tree, json};

use super::{all_met, in_context, same, sorted_cycle, table, text};
use crate::world::runtime;
use landfall_testkit::Disk;

/// Errors that `init` finds too, which may name them twice and heads them with a paragraph.
const PREAMBLE: &str = "Terraform encountered problems during initialisation";

#[test]
fn plans_and_applies_as_recorded() {
    let Some(directory) = table("configs") else { return };
    let mut cases: Vec<PathBuf> = fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path()).collect();
    cases.sort();
    let name = |case: &Path| case.file_name().unwrap().to_string_lossy().into_owned();
    let problems = cases.iter().filter_map(|case| Some((name(case), check(case).err()?))).collect();
    all_met(cases.len(), problems, &[]);
}

fn check(case: &Path) -> Result<(), String> {
    let expected: Tree = serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
    let mut state = State::empty("recorded");
    for (number, step) in expected["steps"].as_array().unwrap().iter().enumerate() {
        let directory = case.join(step["dir"].as_str().unwrap());
        one_step(&directory, step, &mut state).map_err(|problem| format!("step {}: {problem}", number + 1))?;
    }
    Ok(())
}

fn one_step(directory: &Path, step: &Tree, state: &mut State) -> Result<(), String> {
    let mut sources = SourceMap::default();
    let disk = Disk::initialized(directory);
    let (config, mut found) = load(&disk, &mut sources, ".");
    let variables = given(&config, directory, step, &mut sources, &mut found);
    let planned = if found.has_errors() {
        Err(found)
    } else {
        let options = options(step, variables.clone());
        in_context(&config, &disk, |context| {
            runtime().block_on(landfall_engine::plan(context, state.clone(), &options)).map_err(Diagnostics::from)
        })
    };
    if step["ok"] == false {
        let Err(found) = planned else { return Err("should fail".to_owned()) };
        return same("errors", &wanted_errors(step), &errors(&found, &sources));
    }
    let (plan, warnings) = planned.map_err(|found| format!("fails: {found:?}"))?;
    let mut wanted: Vec<&str> =
        step["warnings"].as_array().into_iter().flatten().map(|warning| warning["summary"].as_str().unwrap()).collect();
    let mut got: Vec<&str> = warnings.iter().map(|warning| &*warning.summary).collect();
    wanted.sort_unstable();
    got.sort_unstable();
    same("warnings", &json!(wanted), &json!(got))?;
    same("resource_changes", &step["plan"]["resource_changes"], &resource_changes(&plan))?;
    same("output_changes", &step["plan"]["output_changes"], &output_changes(&plan))?;
    if !step["plan"]["checks"].is_null() {
        same("checks", &step["plan"]["checks"], &checks(&plan))?;
    }
    if step["apply"].is_null() {
        return Ok(());
    }
    let mut log = MemoryLog::new();
    let applied = in_context(&config, &disk, |context| {
        let options = ApplyOptions { variables: variables.clone(), parallelism: None };
        runtime().block_on(landfall_engine::apply(context, &plan, &mut log, &options))
    });
    if applied.diagnostics.has_errors() == (step["apply"]["ok"] == true) {
        return Err(format!("apply: {:?}", applied.diagnostics));
    }
    *state = applied.state;
    let addresses: Vec<String> = state.objects().map(|(id, _, _)| id.to_string()).collect();
    same("state", &step["apply"]["state"], &json!(addresses))?;
    same("outputs", &step["apply"]["outputs"], &outputs(state))?;
    if step["apply"]["replan_empty"] == true {
        let options = PlanOptions { variables, ..PlanOptions::default() };
        let again = in_context(&config, &disk, |context| {
            runtime().block_on(landfall_engine::plan(context, state.clone(), &options))
        });
        let (again, _) = again.map_err(|found| format!("a further plan fails: {found:?}"))?;
        if again.has_changes() {
            return Err(format!("a further plan is not empty: {:?}", resource_changes(&again)));
        }
    }
    Ok(())
}

fn options(step: &Tree, variables: BTreeMap<Arc<str>, VariableInput>) -> PlanOptions {
    let mut options = PlanOptions { variables, ..PlanOptions::default() };
    for argument in step["plan_args"].as_array().into_iter().flatten() {
        match argument.as_str().unwrap().split_once('=') {
            Some(("-target", target)) => options.targets.push(target.parse().unwrap()),
            Some(("-replace", address)) => options.replace.push(address.parse().unwrap()),
            None if argument == "-destroy" => options.mode = PlanMode::Destroy,
            None if argument == "-refresh-only" => options.mode = PlanMode::RefreshOnly,
            _ => panic!("argument {argument}"),
        }
    }
    options
}

/// Reads values of variables: from files in their order, then those of the command line.
fn given(
    config: &Config,
    directory: &Path,
    step: &Tree,
    sources: &mut SourceMap,
    found: &mut Diagnostics,
) -> BTreeMap<Arc<str>, VariableInput> {
    let mut out = BTreeMap::new();
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".tfvars") || name.ends_with(".tfvars.json"))
        .collect();
    names.sort_by_key(|name| (!name.starts_with("terraform.tfvars"), name.clone()));
    for name in names {
        let source = sources.add(&*name, fs::read_to_string(directory.join(&name)).unwrap());
        let read = if name.ends_with(".json") { parse_tfvars_json } else { parse_tfvars };
        for (name, given) in read(sources, source, found) {
            out.insert(name, VariableInput { value: given.value, span: Some(given.span) });
        }
    }
    for (name, text) in step["vars"].as_object().into_iter().flatten() {
        let Some(variable) = config.root.variables.get(&**name) else { continue };
        let origin = format!("<value for var.{name}>");
        let text = text.as_str().unwrap();
        if let Some(value) = landfall_lang::parse_variable_text(variable, text, &origin, sources, found) {
            out.insert(variable.name.clone(), VariableInput { value, span: None });
        }
    }
    out
}

fn wanted_errors(step: &Tree) -> Tree {
    let mut wanted: Vec<Tree> = step["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|error| !text(error, "summary").starts_with(PREAMBLE))
        .map(|error| json!([sorted_cycle(text(error, "summary")), error["file"], error["line"]]))
        .collect();
    wanted.sort_by_key(Tree::to_string);
    if step["stage"] == "init" {
        wanted.dedup();
    }
    json!(wanted)
}

fn errors(found: &Diagnostics, sources: &SourceMap) -> Tree {
    let mut got: Vec<Tree> = found
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| {
            let place = finding
                .subject
                .map(|span| (sources.name(span.source).to_string(), sources.position(span.source, span.start).line));
            let (file, line) = place.map_or((Tree::Null, Tree::Null), |(file, line)| (json!(file), json!(line)));
            json!([sorted_cycle(&finding.summary), file, line])
        })
        .collect();
    got.sort_by_key(Tree::to_string);
    json!(got)
}

fn resource_changes(plan: &Plan) -> Tree {
    let mut out: Vec<Tree> = plan.changes.iter().map(resource_change).collect();
    out.sort_by_key(|change| change["address"].as_str().unwrap().to_owned());
    json!(out)
}

fn resource_change(change: &landfall_engine::ResourceChange) -> Tree {
    let mut out = serde_json::Map::new();
    out.insert("address".to_owned(), json!(change.address.to_string()));
    out.insert("actions".to_owned(), actions(change.action));
    if let Some(previous) = &change.previous_address {
        out.insert("previous_address".to_owned(), json!(previous.to_string()));
    }
    if let Some(reason) = change.reason {
        out.insert("action_reason".to_owned(), json!(reason.as_str()));
    }
    let unknown = if change.after.is_wholly_known() { json!({}) } else { unknown_mask(&change.after) };
    let parts = [
        ("before", known(&change.before)),
        ("after", known(&change.after)),
        ("after_unknown", unknown),
        ("before_sensitive", sensitive_mask(&change.before)),
        ("after_sensitive", sensitive_mask(&change.after)),
    ];
    for (name, part) in parts {
        if !part.is_null() && part != json!(false) && part != json!({}) {
            out.insert(name.to_owned(), part);
        }
    }
    if !change.replace_paths.is_empty() {
        let paths: Vec<Tree> = change.replace_paths.iter().map(path).collect();
        out.insert("replace_paths".to_owned(), json!(paths));
    }
    if change.importing.is_some() {
        out.insert("importing".to_owned(), json!(true));
    }
    masked(&Tree::Object(out))
}

fn path(path: &landfall_value::AttributePath) -> Tree {
    path.0
        .iter()
        .map(|step| match step {
            landfall_value::Step::Attribute(name) => json!(**name),
            landfall_value::Step::Index(key) => known(key),
        })
        .collect()
}

fn actions(action: Action) -> Tree {
    match action {
        Action::NoOp => json!(["no-op"]),
        Action::Create => json!(["create"]),
        Action::Read => json!(["read"]),
        Action::Update => json!(["update"]),
        Action::Delete => json!(["delete"]),
        Action::Replace { create_before_destroy: false } => json!(["delete", "create"]),
        Action::Replace { create_before_destroy: true } => json!(["create", "delete"]),
        Action::Forget => json!(["forget"]),
    }
}

fn known(value: &Value) -> Tree {
    serde_json::to_value(Json::omitting_unknown(value)).unwrap()
}

fn output_changes(plan: &Plan) -> Tree {
    let changes = plan.outputs.iter().map(|(name, change)| {
        let mut out = serde_json::Map::from_iter([("actions".to_owned(), actions(change.action))]);
        let unknown = if change.after.is_wholly_known() { json!(false) } else { unknown_mask(&change.after) };
        let parts = [("before", known(&change.before)), ("after", known(&change.after)), ("after_unknown", unknown)];
        for (key, part) in parts {
            if !part.is_null() && part != json!(false) && (key != "after_unknown" || part != json!({})) {
                out.insert(key.to_owned(), part);
            }
        }
        (name.to_string(), masked(&Tree::Object(out)))
    });
    Tree::Object(changes.collect())
}

fn checks(plan: &Plan) -> Tree {
    let mut out: Vec<Tree> = plan
        .checks
        .iter()
        .map(|check| {
            let problems: Vec<&String> = check.objects.iter().flat_map(|object| &object.failure_messages).collect();
            let kind = match check.kind {
                landfall_state::CheckKind::Resource => "resource",
                landfall_state::CheckKind::Output => "output_value",
                landfall_state::CheckKind::Check => "check",
                landfall_state::CheckKind::Variable => "var",
            };
            let status = format!("{:?}", check.status).to_lowercase();
            json!({"address": check.config_address, "kind": kind, "status": status, "problems": problems})
        })
        .collect();
    out.sort_by_key(|check| (check["kind"].to_string(), check["address"].to_string()));
    json!(out)
}

fn outputs(state: &State) -> Tree {
    let outputs = state.outputs().iter().map(|(name, output)| {
        let mut out =
            json!({"type": landfall_value::json::type_to_json(&output.value.r#type()), "value": known(&output.value)});
        if output.sensitive {
            out["sensitive"] = json!(true);
        }
        (name.to_string(), masked(&out))
    });
    Tree::Object(outputs.collect())
}

/// Replaces random identifiers.
fn masked(tree: &Tree) -> Tree {
    match tree {
        Tree::String(text) if text.len() == 36 && text.matches('-').count() == 4 => json!("<uuid>"),
        Tree::Array(parts) => parts.iter().map(masked).collect(),
        Tree::Object(parts) => Tree::Object(parts.iter().map(|(name, part)| (name.clone(), masked(part))).collect()),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => tree.clone(),
    }
}
