//! `plan -generate-config-out`: blocks for objects that are to be imported and have none.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use landfall_addr::{InstanceKey, Mode, ResourceInstance, Target};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_engine::{ConsoleValues, PlanOptions};
use landfall_lang::Config;
use landfall_lang::config::Import;
use landfall_state::State;

use crate::operation::Engine;
use crate::project;
use crate::session::Session;
use crate::ui::Progress;
use crate::views::generated::{GeneratedBlock, generated};
use crate::views::schemas::Schemas;

/// Writes blocks for imported objects that have none into a new file, and returns the configuration with them; `None`
/// where every import has its block.
///
/// # Errors
/// When the file is there already, or an object cannot be read.
pub(super) fn generate(
    session: &mut Session,
    engine: &Engine,
    (config, state): (&Config, &State),
    options: &PlanOptions,
    path: &Path,
) -> Result<Option<Config>, Diagnostics> {
    let wanted: Vec<(ResourceInstance, &Import)> =
        config.root.imports.iter().filter_map(|import| Some((without_block(config, import)?, import))).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let stubs: String = wanted.iter().map(|(address, import)| stub(address, import)).collect();
    let with_stubs = project::load_with(session, ("<generated>", &stubs))?;
    let ids = ids(engine, (&with_stubs, state), options, &wanted)?;
    let progress = Progress::start(session.voice);
    let imported = engine.import(&with_stubs, state.clone(), &ids, &options.variables, &progress);
    drop(progress);
    let (imported, found) = imported?;
    session.report(&found);
    let text = text(engine, &imported, &wanted, &ids)?;
    write(path, &text)?;
    let is_read = path.parent().is_none_or(|parent| parent.as_os_str().is_empty() || parent == Path::new("."))
        && path.extension().is_some_and(|extension| extension == "tf");
    let config = match is_read {
        true => project::load(session)?.0,
        // A saved plan keeps it among the files of the root module.
        false => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            project::load_with(session, (&format!("{stem}_generated.tf"), &text))?
        }
    };
    Ok(Some(config))
}

/// Says that a file for generated configuration is there already, if it is.
pub(super) fn check_file(path: &Path) -> Result<(), Diagnostic> {
    if !path.exists() {
        return Ok(());
    }
    let detail = "landfall can only write generated config into a new file. Either choose a different target location \
                  or move all existing configuration out of the target file, delete it and try again.";
    Err(Diagnostic::error("Target generated file already exists", detail))
}

/// Returns the address of an import for which a block can be generated: one resource of the root module.
fn without_block(config: &Config, import: &Import) -> Option<ResourceInstance> {
    let address = match &import.to {
        Target::Resource(resource) => resource.instance(InstanceKey::None),
        Target::Instance(instance) => instance.clone(),
        Target::Module(_) => return None,
    };
    let is_single = address.key == InstanceKey::None && import.to_key.is_none() && import.for_each.is_none();
    let is_missing = address.module.is_root() && !config.root.resources.contains_key(&address.resource);
    (is_single && is_missing && address.resource.mode == Mode::Managed).then_some(address)
}

fn provider(import: &Import) -> Option<String> {
    let ((name, alias), _) = import.provider.as_ref()?;
    Some(alias.as_ref().map_or_else(|| name.to_string(), |alias| format!("{name}.{alias}")))
}

/// Returns a block that an object can be imported into.
fn stub(address: &ResourceInstance, import: &Import) -> String {
    let provider = provider(import).map(|provider| format!("provider = {provider}\n")).unwrap_or_default();
    format!("resource \"{}\" \"{}\" {{\n{provider}}}\n", address.resource.r#type, address.resource.name)
}

/// Evaluates the identifiers of imports.
fn ids(
    engine: &Engine,
    (config, state): (&Config, &State),
    options: &PlanOptions,
    wanted: &[(ResourceInstance, &Import)],
) -> Result<BTreeMap<ResourceInstance, String>, Diagnostics> {
    let mut ids = BTreeMap::new();
    let mut found = Diagnostics::new();
    engine.console(config, state.clone(), options, ConsoleValues::State, |scope, _| {
        for (address, import) in wanted {
            let id = import.id.evaluate(scope, &mut found);
            match id.as_str().filter(|id| !id.is_empty()) {
                Some(id) => _ = ids.insert(address.clone(), id.to_owned()),
                None if found.has_errors() => {}
                None => {
                    let detail = "The import ID must be a string that is not empty and is known now.";
                    found.push(Diagnostic::error("Invalid import id argument", detail).at(import.id.span()));
                }
            }
        }
    })?;
    found.into_result(ids).map(|(ids, _)| ids)
}

fn text(
    engine: &Engine,
    imported: &State,
    wanted: &[(ResourceInstance, &Import)],
    ids: &BTreeMap<ResourceInstance, String>,
) -> Result<String, Diagnostics> {
    let mut blocks = Vec::new();
    for (address, import) in wanted {
        let (Some(object), Some(resource), Some(id)) =
            (imported.current(address), imported.resource(&address.abs_resource()), ids.get(address))
        else {
            continue;
        };
        let source = &resource.provider.source;
        let Some(schema) = engine.providers.of_resource(source, Mode::Managed, &address.resource.r#type) else {
            continue;
        };
        let (resource, schema) = (&address.resource, &schema.block);
        blocks.push(GeneratedBlock { resource, provider: provider(import), id, object, schema });
    }
    generated(&blocks).map_err(|error| {
        Diagnostic::error("Failed to generate configuration", format!("An object does not fit its type: {error}."))
            .into()
    })
}

fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let detail = format!("The generated configuration cannot be written to `{}`: {error}.", path.display());
        Diagnostic::error("Failed to save generated config", detail)
    })
}
