//! `graph`: which resources depend on which, in the language of Graphviz.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use landfall_addr::ConfigResource;
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
    session.print(&drawn(&landfall_engine::resource_dependencies(&config)?));
    Ok(Exit::Done)
}

/// Returns a graph as Terraform writes it: the resources of a module in a frame of their own.
fn drawn(dependencies: &BTreeMap<ConfigResource, BTreeSet<ConfigResource>>) -> String {
    let mut out = String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    if dependencies.is_empty() {
        out.push_str("  /* This configuration does not contain any resources.         */\n");
    }
    let quoted = |text: &dyn ToString| serde_json::Value::String(text.to_string()).to_string();
    let resources: Vec<&ConfigResource> = dependencies.keys().collect();
    for of_module in resources.chunk_by(|a, b| a.module == b.module) {
        let module = &of_module[0].module;
        let indent = if module.is_root() { "  " } else { "    " };
        if !module.is_root() {
            let _ = writeln!(out, "  subgraph {} {{", quoted(&format!("cluster_{module}")));
            let _ = writeln!(out, "    label = {}\n    fontname = \"sans-serif\"", quoted(module));
        }
        for resource in of_module {
            let _ = writeln!(out, "{indent}{} [label={}];", quoted(resource), quoted(&resource.resource));
        }
        if !module.is_root() {
            out.push_str("  }\n");
        }
    }
    for (resource, needed) in dependencies {
        for dependency in needed {
            let _ = writeln!(out, "  {} -> {};", quoted(resource), quoted(dependency));
        }
    }
    out.push_str("}\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_of_a_module_have_a_frame() {
        let parse = |text: &str| text.parse::<landfall_addr::ResourceInstance>().expect("an address").config();
        let (a, b) = (parse("terraform_data.a"), parse("module.m.terraform_data.b"));
        let drawn = drawn(&BTreeMap::from([(a.clone(), BTreeSet::new()), (b, BTreeSet::from([a]))]));
        let expected = r#"digraph G {
  rankdir = "RL";
  node [shape = rect, fontname = "sans-serif"];
  "terraform_data.a" [label="terraform_data.a"];
  subgraph "cluster_module.m" {
    label = "module.m"
    fontname = "sans-serif"
    "module.m.terraform_data.b" [label="terraform_data.b"];
  }
  "module.m.terraform_data.b" -> "terraform_data.a";
}
"#;
        assert_eq!(drawn, expected);
    }
}
