//! `parser.jsonl`: small configurations, whether they are valid, and every error with its place.

use std::collections::BTreeSet;
use std::path::Path;

use landfall_diag::{Diagnostic, SourceMap};
use landfall_lang::config::load::{InstalledModule, Manifest, ModuleRequest, SourceReader, load};
use serde_json::Value as Tree;

use super::{all_met, cases, in_context, sorted_cycle, text};
use landfall_testkit::Disk;

const KNOWN: &[(&str, &str)] = &[
    ("parse-tests-01", "files of `terraform test` are not read"),
    ("parse-data-03", "the backend of terraform_remote_state is looked at when it is read"),
];

#[test]
fn configurations_are_judged_as_recorded() {
    let Some(cases) = cases("parser.jsonl") else { return };
    let problems = cases.iter().filter_map(|case| Some((text(case, "id").to_owned(), check(case).err()?))).collect();
    all_met(cases.len(), problems, KNOWN);
}

/// An error as its summary, file and line.
type Finding = (String, Option<String>, u64);

fn check(case: &Tree) -> Result<(), String> {
    let mut sources = SourceMap::default();
    let files = Files::of(case);
    let (config, mut found) = load(&files, &mut sources, ".");
    if !found.has_errors() {
        found.extend(in_context(&config, &Disk::fresh(Path::new(".")), landfall_engine::validate));
    }
    if found.has_errors() == (case["valid"] == true) {
        return Err(format!("valid should be {}", case["valid"]));
    }
    let place = |problem: &Diagnostic| match problem.subject {
        Some(span) => {
            let line = sources.position(span.source, span.start).line;
            (Some(sources.name(span.source).to_string()), u64::from(line))
        }
        None => (None, 0),
    };
    let ours = found.iter().filter(|problem| problem.is_error()).map(|problem| {
        let (file, line) = place(problem);
        (sorted_cycle(&problem.summary), file, line)
    });
    let theirs = case["errors"].as_array().into_iter().flatten().map(|problem| {
        let file = problem["file"].as_str().map(str::to_owned);
        (sorted_cycle(text(problem, "summary")), file, problem["start"]["line"].as_u64().unwrap_or(0))
    });
    let (ours, theirs): (BTreeSet<Finding>, BTreeSet<Finding>) = (ours.collect(), theirs.collect());
    if ours == theirs {
        return Ok(());
    }
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let extra: Vec<_> = ours.difference(&theirs).collect();
    Err(format!("missing {missing:?}, not expected {extra:?}"))
}

/// The files of a case by path, with what `init` has installed.
struct Files<'c> {
    texts: Vec<(&'c str, &'c str)>,
    manifest: Manifest,
}

impl<'c> Files<'c> {
    fn of(case: &'c Tree) -> Self {
        let files = case["files"].as_object().unwrap();
        let texts: Vec<_> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str().unwrap_or_default())).collect();
        let mut manifest = Manifest::default();
        for (path, _) in &texts {
            if let Some((directory, _)) = path.split_once('/').filter(|_| case["init"] == true) {
                let source = format!("./{directory}");
                let module = InstalledModule { source, version: None, directory: directory.to_owned() };
                manifest.modules.insert(directory.to_owned(), module);
            }
        }
        Self { texts, manifest }
    }
}

impl SourceReader for Files<'_> {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        let is_config = |name: &str| name.ends_with(".tf") || name.ends_with(".tf.json");
        let in_directory = |(path, text): &(&str, &str)| {
            let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
            (parent == directory && is_config(name)).then(|| (name.to_owned(), (*text).to_owned()))
        };
        Ok(self.texts.iter().filter_map(in_directory).collect())
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        self.manifest.resolve(request)
    }
}
