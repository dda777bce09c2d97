//! Our layout beside Terraform's own, where a `terraform` is on the `PATH`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;

use crate::formatted;
use crate::texts::texts;

const GENERATED: usize = 700;

#[test]
fn terraform_lays_out_the_same() {
    let is_there = Command::new("terraform").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if is_there.is_err() {
        eprintln!("SKIPPED: no terraform on the PATH");
        return;
    }
    let mut texts = texts_at_hand();
    texts.extend(generated());
    let theirs = formatted_by_terraform(&texts);
    let (mut valid, mut unlike) = (0, Vec::new());
    for (text, theirs) in texts.iter().zip(&theirs) {
        let ours = formatted(text);
        valid += usize::from(ours.is_some());
        // A text that does not parse stays as it is.
        let ours = ours.as_ref().unwrap_or(text);
        if ours != theirs {
            unlike.push(format!("{text}\n--- ours\n{ours}\n--- theirs\n{theirs}"));
        }
        // Of templates that wrap each other only the outermost goes.
        let settled = formatted(ours).filter(|_| !text.contains("\"${\"${"));
        if let Some(again) = settled.filter(|again| again != ours) {
            unlike.push(format!("{ours}\n--- the second time\n{again}"));
        }
    }
    assert!(valid * 4 > texts.len() * 3, "only {valid} of {} texts are valid", texts.len());
    let some = unlike.iter().take(3).cloned().collect::<Vec<_>>().join("\n=====\n");
    assert!(unlike.is_empty(), "{} of {} differ\n{some}", unlike.len(), texts.len());
}

/// Returns the layout that Terraform gives each text, by one run over a directory of them.
fn formatted_by_terraform(texts: &[String]) -> Vec<String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("format-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for texts");
    let path = |at: usize| directory.join(format!("{at}.tf"));
    for (at, text) in texts.iter().enumerate() {
        fs::write(path(at), text).expect("a file for a text");
    }
    let run = Command::new("terraform")
        .args(["fmt", "-list=false"])
        .current_dir(&directory)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .output();
    run.expect("terraform runs");
    let theirs = (0..texts.len()).map(|at| fs::read_to_string(path(at)).expect("the text")).collect();
    fs::remove_dir_all(&directory).expect("the directory is ours");
    theirs
}

fn generated() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = texts();
    (0..GENERATED).map(|_| strategy.new_tree(&mut runner).expect("a text").current()).collect()
}

/// Returns the texts of the repository, and those of the tables beside it.
fn texts_at_hand() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for directory in ["examples", "modules", "tests"] {
        find(&root.join(directory), &mut files);
    }
    let mut texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).expect("a readable file")).collect();
    let tables = root.join("../shared/conformance");
    let cases = |table: &str| -> Vec<Json> {
        let lines = fs::read_to_string(tables.join(table)).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).expect("a case")).collect()
    };
    let text = |text: &Json| text.as_str().map(str::to_owned);
    texts.extend(cases("fmt.jsonl").iter().filter_map(|case| text(&case["output"])));
    for case in cases("parser.jsonl") {
        let files = case["files"].as_object().into_iter().flatten();
        texts.extend(files.filter(|(name, _)| name.ends_with(".tf")).filter_map(|(_, content)| text(content)));
    }
    texts
}

fn find(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            found.push(path);
        }
    }
}
