//! The sandbox has every operation that the resource types call.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names of the clients in the AWS crate, which are those of the services here.
const CLIENTS: &[&str] = &["autoscaling", "ec2", "eks", "iam", "kms", "logs", "ssm", "sts"];
/// What is called on a client and is no operation.
const NO_OPERATIONS: &[&str] = &["clone", "config"];

/// Returns service and operation of every call in a file: `ec2().create_vpc(` in any layout, in lower case.
fn calls(text: &str, found: &mut BTreeSet<(String, String)>) {
    let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    for client in CLIENTS {
        let mut accessors = vec![format!(".{client}().")];
        // A closure may stand for the client: `let group = || aws.autoscaling().clone();`.
        for (at, _) in text.match_indices(&format!("=||aws.{client}().clone();")) {
            accessors.extend(text[..at].rsplit("let").next().map(|name| format!("={name}().")));
        }
        for (at, accessor) in accessors.iter().flat_map(|accessor| text.match_indices(accessor.as_str())) {
            let rest = &text[at + accessor.len()..];
            let name = rest.split('(').next().unwrap_or_default();
            if !NO_OPERATIONS.contains(&name) && name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_') {
                found.insert(((*client).to_owned(), name.replace('_', "")));
            }
        }
    }
}

fn calls_in(directory: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(directory).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            calls_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            calls(&fs::read_to_string(&path).expect("a source"), found);
        }
    }
}

#[test]
fn every_operation_that_is_called_is_there() {
    let mut called = BTreeSet::new();
    calls_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../aws/src"), &mut called);
    assert!(called.len() > 150, "only {} calls were found: they are written in another way now", called.len());
    let there: BTreeSet<(String, String)> = landfall_sandbox::families::operations()
        .map(|(service, operation)| (service.to_owned(), operation.to_lowercase()))
        .collect();
    let missing: Vec<_> = called.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
