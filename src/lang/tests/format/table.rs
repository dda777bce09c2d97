//! The table beside the workspace: `../shared/conformance`.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::formatted;

#[test]
fn every_line_of_the_table_is_met() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/fmt.jsonl");
    let Ok(lines) = fs::read_to_string(&table) else {
        eprintln!("SKIPPED: {} is not there", table.display());
        return;
    };
    let (mut count, mut unmet) = (0, Vec::new());
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).expect("a case");
        // Which files are taken is for the command to say.
        let is_file =
            |name: &str| [".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl"].iter().any(|end| name.ends_with(end));
        if !case["name"].as_str().is_none_or(is_file) {
            continue;
        }
        count += 1;
        let mut found = formatted(case["input"].as_str().unwrap_or_default());
        if case["name"].is_null() {
            // What goes to standard output ends with a newline.
            found = found.map(|text| if text.ends_with('\n') { text } else { text + "\n" });
        }
        if found.as_deref() != case["output"].as_str() {
            unmet.push(format!("{} {}: {found:?}, not {:?}", case["id"], case["note"], case["output"]));
        }
    }
    assert!(count > 150, "only {count} cases");
    assert!(unmet.is_empty(), "{} of {count} are not met\n{}", unmet.len(), unmet.join("\n"));
}
