//! `graph`: which resources depend on which, in the language of Graphviz.

use std::fmt::Write;

use landfall_diag::Diagnostic;

use super::Outcome;
use crate::args::GraphArgs;
use crate::exit::Exit;
use crate::plan_file;
use crate::project;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &GraphArgs) -> Outcome {
    let config = match &args.plan {
        None => {
            let (config, found) = project::load(session)?;
            session.report(&found);
            config
        }
        Some(path) => {
            let encryption = project::current_encryptions(session)?.plan;
            let saved = plan_file::read(path, &mut session.sources, &encryption).map_err(|error| {
                let detail = format!("The file `{}`: {error}.", path.display());
                Diagnostic::error("Failed to read the plan", detail)
            })?;
            saved?.config
        }
    };
    let mut out = String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    let dependencies = landfall_engine::resource_dependencies(&config)?;
    let quoted = |text: &dyn ToString| serde_json::Value::String(text.to_string()).to_string();
    for resource in dependencies.keys() {
        let name = quoted(resource);
        let _ = writeln!(out, "  {name} [label={name}];");
    }
    for (resource, needed) in &dependencies {
        for dependency in needed {
            let _ = writeln!(out, "  {} -> {};", quoted(resource), quoted(dependency));
        }
    }
    out.push_str("}\n");
    session.print(&out);
    Ok(Exit::Done)
}
