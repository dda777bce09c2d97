//! `init`: installs modules, and checks that landfall has what the configuration requires.

use std::collections::{BTreeMap, BTreeSet};

use landfall_addr::ProviderSource;
use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_engine::Providers;
use landfall_lang::Config;
use landfall_lang::config::{Module, Version, VersionConstraints};

use super::{Outcome, backend, init_errors};
use crate::args::InitArgs;
use crate::exit::Exit;
use crate::operation;
use crate::project::{self, Modules};
use crate::session::{Session, Voice};
use crate::ui::json::Line;

const DONE: &str = "landfall has been successfully initialized!";
const NEXT: &str = "You may now begin working with landfall. Try running \"landfall plan\" to see\nany changes that are \
                    required for your infrastructure. All landfall commands\nshould now work.\n\nIf you ever set or \
                    change modules, rerun this command. If you forget, other\ncommands will detect it and remind you to \
                    do so if necessary.";

pub(super) fn run(session: &mut Session, args: &InitArgs) -> Outcome {
    session.compact_warnings = args.view.compact_warnings;
    if args.view.json {
        session.speak_json();
    }
    if project::empty_directory("Init").is_some() {
        say(session, "output_init_empty_message", "landfall initialized in an empty directory!");
        return Ok(Exit::Done);
    }
    let root = project::load_root(session).map_err(|found| init_errors::of_root(session, found))?;
    if args.backend {
        say(session, "initializing_backend_message", "Initializing the backend...");
        backend::initialise(session, args, &root)?;
    }
    let (config, mut found) =
        if root.calls.is_empty() || !args.get { project::load(session)? } else { install(session, args.upgrade)? };
    say(session, "initializing_provider_plugin_message", "Initializing provider plugins...");
    let providers = operation::providers();
    for source in required(&config) {
        if let Some(provider) = providers.get(&source) {
            log(session, &format!("- {source} {} is built in to landfall", provider.version()));
        }
    }
    found.extend(check_providers(&config, &providers));
    if found.has_errors() {
        return Err(found);
    }
    session.report(&found);
    say(session, "output_init_success_message", &format!("\n{DONE}"));
    if !session.environment.in_automation() {
        say(session, "output_init_success_cli_message", &format!("\n{NEXT}"));
    }
    Ok(Exit::Done)
}

fn install(session: &mut Session, upgrade: bool) -> Result<(Config, Diagnostics), Diagnostics> {
    let modules = if upgrade {
        say(session, "upgrading_modules_message", "Upgrading modules...");
        Modules::Upgrade
    } else {
        say(session, "initializing_modules_message", "Initializing modules...");
        Modules::Keep
    };
    let (config, sources, found) = project::install_modules(&session.environment, modules, &|line| log(session, line));
    session.sources = sources;
    found.into_result(config).map_err(|found| init_errors::of_modules(session, found))
}

pub(super) fn say(session: &Session, code: &str, text: &str) {
    match session.voice {
        Voice::Human => session.print(&format!("{text}\n")),
        Voice::Json => session.line(&Line::new("init_output", text.trim_start()).with("message_code", code)),
    }
}

fn log(session: &Session, text: &str) {
    match session.voice {
        Voice::Human => session.print(&format!("{text}\n")),
        Voice::Json => session.line(&Line::new("log", text)),
    }
}

/// Returns the providers that a configuration needs, in order.
pub(super) fn required(config: &Config) -> BTreeSet<ProviderSource> {
    let mut sources = BTreeSet::new();
    visit(&config.root, &mut |module| sources.extend(required_by(module)));
    sources
}

fn visit<'a>(module: &'a Module, see: &mut impl FnMut(&'a Module)) {
    see(module);
    module.children.values().for_each(|child| visit(child, see));
}

/// Returns the providers that one module needs: those that it names, and those that its resource types imply.
pub(super) fn required_by(module: &Module) -> BTreeSet<ProviderSource> {
    let named = module.required_providers.values().map(|required| required.source.clone());
    let implied = module.resources.values().map(|block| match &block.provider {
        Some((name, ..)) => name.to_string(),
        None => block.address.implied_provider().to_owned(),
    });
    let configured = module.providers.keys().map(|(name, _)| name.to_string());
    let local = implied.chain(configured).map(|name| source_of(module, &name));
    named.chain(local).collect()
}

fn source_of(module: &Module, name: &str) -> ProviderSource {
    match module.required_providers.get(name) {
        Some(required) => required.source.clone(),
        None if name == "terraform" => ProviderSource::builtin(),
        None => ProviderSource::official(name),
    }
}

/// Where something is required.
#[derive(Default)]
struct Required {
    /// The first entry that names it.
    at: Option<Span>,
    modules: Vec<String>,
}

/// Returns what is wrong with the required providers: there is none of that source, or another version is wanted. Each
/// provider and each constraint is told once, where it is met first, with the other modules that have it.
fn check_providers(config: &Config, providers: &Providers) -> Diagnostics {
    let mut wrong: BTreeMap<(ProviderSource, Option<&str>), Required> = BTreeMap::new();
    visit(&config.root, &mut |module| {
        let named: BTreeMap<_, _> =
            module.required_providers.values().map(|required| (&required.source, required)).collect();
        for source in required_by(module) {
            let required = named.get(&source);
            let wanted = required.and_then(|required| required.version.as_deref());
            let key = match providers.get(&source) {
                None => (source, None),
                Some(provider) if wanted.is_some_and(|wanted| !allows(wanted, provider.version())) => (source, wanted),
                Some(_) => continue,
            };
            let span = required.map(|required| required.span);
            let places = wrong.entry(key).or_default();
            places.at = places.at.or(span);
            places.modules.push(module.place());
        }
    });
    let problems = wrong.into_iter().map(|((source, wanted), Required { at, modules })| {
        let spoken = providers.get(&source).map(|provider| provider.version());
        let problem = match wanted.zip(spoken) {
            None => unknown(&source, &modules, providers),
            Some((wanted, spoken)) => unspoken(&source, &modules, wanted, spoken),
        };
        match at {
            Some(span) => problem.at(span),
            None => problem,
        }
    });
    problems.collect()
}

fn allows(wanted: &str, spoken: &str) -> bool {
    match (wanted.parse::<VersionConstraints>(), spoken.parse::<Version>()) {
        (Ok(wanted), Ok(spoken)) => wanted.allows(&spoken),
        _ => true,
    }
}

fn unknown(source: &ProviderSource, modules: &[String], providers: &Providers) -> Diagnostic {
    let known: Vec<String> = providers.iter().map(|provider| provider.source().to_string()).collect();
    let detail = format!(
        "landfall has no provider `{source}`: providers are built in, not downloaded. It has these: {}. {}",
        known.join(", "),
        required_in(modules)
    );
    Diagnostic::error("Failed to query available provider packages", detail)
}

fn unspoken(source: &ProviderSource, modules: &[String], wanted: &str, spoken: &str) -> Diagnostic {
    let detail = format!(
        "landfall speaks version {spoken} of the provider {source}, which the constraint `{wanted}` does not allow. {}",
        required_in(modules)
    );
    Diagnostic::error("Unsupported provider version", detail)
}

/// Returns a sentence that names the first of the modules that require something.
fn required_in(modules: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = match modules.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let shown: Vec<_> = modules.iter().take(SHOWN).map(String::as_str).collect();
    format!("It is required in {}{more}.", shown.join(", "))
}
