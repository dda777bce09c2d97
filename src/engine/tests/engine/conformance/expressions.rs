//! `expressions.jsonl`: expressions as values of an output, with what a first plan makes of them.

use std::fs;

use landfall_diag::{Diagnostics, SourceMap};
use landfall_engine::{Plan, PlanOptions};
use landfall_lang::config::load::{ModuleRequest, SourceReader, load};
use landfall_state::State;
use landfall_value::json::{Json, sensitive_mask, type_to_json, unknown_mask};
use landfall_value::{Number, Value};
use serde_json::{Value as Tree, json};

use super::{all_met, cases, in_context, same, table, text};
use crate::world::runtime;
use landfall_testkit::Disk;

#[test]
fn expressions_evaluate_as_recorded() {
    let (Some(cases), Some(directory)) = (cases("expressions.jsonl"), table("module")) else { return };
    let prelude = fs::read_to_string(directory.join("prelude.tf")).unwrap();
    let disk = Disk::initialized(&directory);
    let problem = |case| Some((text(case, "id").to_owned(), check(case, &prelude, &disk).err()?));
    let problems = cases.iter().filter_map(problem).collect();
    all_met(cases.len(), problems, &[]);
}

fn check(case: &Tree, prelude: &str, disk: &Disk) -> Result<(), String> {
    let expr = text(case, "expr");
    let is_sensitive = !case["sensitive"].is_null();
    let mut tested = format!("output \"case\" {{\n  value = {expr}\n  sensitive = {is_sensitive}\n}}\n");
    if is_sensitive {
        tested.push_str(&format!("resource \"terraform_data\" \"case\" {{\n  input = {expr}\n}}\n"));
    }
    let planned = plan(prelude, &tested, disk);
    if case["ok"] == true {
        let plan = planned.map_err(|found| format!("{expr} fails: {found:?}"))?;
        return check_plan(&plan, case).map_err(|problem| format!("{expr}: {problem}"));
    }
    let Err(found) = planned else { return Err(format!("{expr} should fail")) };
    if text(case, "phase") == "parse" {
        return Ok(());
    }
    let summaries: Vec<&str> = found.iter().map(|problem| &*problem.summary).collect();
    let wanted = text(case, "error_summary");
    if summaries.contains(&wanted) { Ok(()) } else { Err(format!("{expr} should fail with {wanted:?}: {summaries:?}")) }
}

fn plan(prelude: &str, tested: &str, disk: &Disk) -> Result<Plan, Diagnostics> {
    let mut sources = SourceMap::default();
    let (config, found) = load(&Texts([prelude, tested]), &mut sources, ".");
    if found.has_errors() {
        return Err(found);
    }
    let options = PlanOptions::default();
    let planned = in_context(&config, disk, |context| {
        runtime().block_on(landfall_engine::plan(context, State::empty("recorded"), &options))
    });
    Ok(planned?.0)
}

fn check_plan(plan: &Plan, case: &Tree) -> Result<(), String> {
    let value = &plan.outputs.get("case").ok_or("there is no output")?.after;
    if let Some(special) = case["special"].as_str() {
        let wanted = if special == "Infinity" { Number::INFINITY } else { Number::NEG_INFINITY };
        return if value.as_number() == Some(&wanted) { Ok(()) } else { Err(format!("should be {special}")) };
    }
    let unknown = if value.is_wholly_known() { json!(false) } else { unknown_mask(value) };
    same("unknown", case.get("unknown").unwrap_or(&json!(false)), &unknown)?;
    same("value", case.get("value").unwrap_or(&Tree::Null), &known(value))?;
    if let Some(r#type) = case.get("type") {
        let own = if value.is_null() { json!("dynamic") } else { type_to_json(&value.r#type()) };
        same("type", r#type, &own)?;
    }
    match case.get("sensitive").filter(|wanted| **wanted != json!("root")) {
        None => Ok(()),
        Some(wanted) => {
            let change = plan.changes.iter().find(|change| change.address.to_string() == "terraform_data.case");
            let masks = change.map(|change| sensitive_mask(&change.after)).unwrap_or_default();
            same("sensitive", wanted, masks.get("input").unwrap_or(&masks))
        }
    }
}

fn known(value: &Value) -> Tree {
    serde_json::to_value(Json::omitting_unknown(value)).unwrap()
}

/// The prelude, and the file with the expression.
struct Texts<'t>([&'t str; 2]);

impl SourceReader for Texts<'_> {
    fn config_files(&self, _directory: &str) -> Result<Vec<(String, String)>, String> {
        let [prelude, case] = self.0;
        Ok(vec![("case.tf".to_owned(), case.to_owned()), ("prelude.tf".to_owned(), prelude.to_owned())])
    }

    fn module_directory(&self, _request: &ModuleRequest<'_>) -> Result<String, landfall_diag::Diagnostic> {
        Err(landfall_diag::Diagnostic::error("Module not installed", ""))
    }
}
