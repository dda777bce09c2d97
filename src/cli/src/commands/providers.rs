//! `providers`: which providers the configuration requires, by module; `providers schema`: what they have.

use landfall_lang::config::Module;

use super::{Outcome, init};
use crate::exit::Exit;
use crate::project;
use crate::session::Session;
use crate::{operation, views};

pub(super) fn run(session: &mut Session) -> Outcome {
    let (config, found) = project::load(session)?;
    session.report(&found);
    let mut out = String::from("\nProviders required by configuration:\n.\n");
    write_module(&mut out, &config.root, "");
    let state = project::read_current(session, &Default::default())?;
    let sources: std::collections::BTreeSet<_> =
        state.resources().values().map(|resource| &resource.provider.source).collect();
    if !sources.is_empty() {
        out.push_str("\nProviders required by state:\n\n");
        sources.iter().for_each(|source| out.push_str(&format!("    provider[{source}]\n\n")));
    }
    session.print(&format!("{out}\n"));
    Ok(Exit::Done)
}

/// `providers schema`
pub(super) fn schema(session: &mut Session) -> Outcome {
    let (config, found) = project::load(session)?;
    session.report(&found);
    let mut sources = init::required(&config);
    let state = project::read_current(session, &Default::default())?;
    sources.extend(state.resources().values().map(|resource| resource.provider.source.clone()));
    session.print(&format!("{}\n", views::json::provider_schemas(&operation::providers(), &sources)));
    Ok(Exit::Done)
}

fn write_module(out: &mut String, module: &Module, prefix: &str) {
    let sources = init::required_by(module);
    let mut left = sources.len() + module.children.len();
    let mut branch = |out: &mut String, text: &str| {
        left -= 1;
        let (here, below) = if left == 0 { ("└── ", "    ") } else { ("├── ", "│   ") };
        out.push_str(&format!("{prefix}{here}{text}\n"));
        format!("{prefix}{below}")
    };
    for source in &sources {
        let required = module.required_providers.values().find(|required| required.source == *source);
        let version = required.and_then(|required| required.version.as_deref());
        branch(out, &format!("provider[{source}]{}", version.map(|text| format!(" {text}")).unwrap_or_default()));
    }
    for (name, child) in &module.children {
        let prefix = branch(out, &format!("module.{name}"));
        write_module(out, child, &prefix);
    }
}
