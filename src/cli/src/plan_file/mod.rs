//! Saved plans: a zip with the plan, the state that it was made from, and the configuration's texts, so that it is
//! applied as it was made.

mod value;
mod wire;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Cursor, Read, Seek, Write};
use std::path::Path;

use landfall_diag::{Diagnostic, Diagnostics, SourceMap};
use landfall_engine::Plan;
use landfall_lang::Config;
use landfall_lang::config::Module;
use landfall_lang::config::load::{ModuleRequest, SourceReader, load};
use landfall_state::{Encryption, State, StateError, decode_changes, encode_changes};
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use wire::PlanForm;

/// A plan with the configuration that it was made from.
pub(crate) struct SavedPlan {
    /// The plan.
    pub plan: Plan,
    /// The configuration.
    pub config: Config,
}

/// What the archive says about itself, and where modules are.
#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    landfall: String,
    modules: BTreeMap<String, String>,
}

const FORMAT: u32 = 1;
const MANIFEST: &str = "landfall.json";
const PLAN: &str = "plan.json";
const STATE: &str = "tfstate-prev";
const CHANGES: &str = "changes.jsonl";
const CONFIG: &str = "tfconfig/";

/// Why a plan cannot be saved or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanFileError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    State(#[from] StateError),
    #[error("it was saved by another version of landfall ({0})")]
    Version(String),
    #[error("it is damaged, or was not saved by landfall")]
    Damaged,
}

/// Saves a plan.
pub(crate) fn save(
    path: &Path,
    plan: &Plan,
    config: &Config,
    sources: &SourceMap,
    encryption: &Encryption,
) -> Result<(), PlanFileError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    if encryption.is_on() {
        // Nothing of it reaches the disk as it is.
        let mut text = Cursor::new(Vec::new());
        write(&mut text, plan, config, sources)?;
        file.write_all(&encryption.seal(text.get_ref(), None).map_err(StateError::from)?)?;
    } else {
        write(BufWriter::with_capacity(1 << 16, file.as_file_mut()), plan, config, sources)?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn write(out: impl Write + Seek, plan: &Plan, config: &Config, sources: &SourceMap) -> Result<(), PlanFileError> {
    let mut archive = ZipWriter::new(out);
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(1));
    let mut modules = BTreeMap::new();
    directories(&config.root, &mut modules);
    let manifest = Manifest { format: FORMAT, landfall: env!("CARGO_PKG_VERSION").to_owned(), modules };
    archive.start_file(MANIFEST, options)?;
    serde_json::to_writer(&mut archive, &manifest)?;
    archive.start_file(PLAN, options)?;
    buffered(&mut archive, |out| Ok(serde_json::to_writer(out, &PlanForm::of(plan))?))?;
    archive.start_file(STATE, options)?;
    buffered(&mut archive, |out| Ok(plan.previous.write_json(out)?))?;
    archive.start_file(CHANGES, options)?;
    archive.write_all(&encode_changes(&plan.state_changes)?)?;
    // A module that is called twice is among the sources twice.
    let texts: BTreeMap<_, _> = sources.iter().map(|(_, name, text)| (name, text)).collect();
    for (name, text) in texts.into_iter().filter(|(name, _)| is_config(name)) {
        archive.start_file(format!("{CONFIG}{name}"), options)?;
        archive.write_all(text.as_bytes())?;
    }
    archive.finish()?.flush()?;
    Ok(())
}

/// Writes in pieces of a size that the compression likes, to the last one.
fn buffered<W: Write>(
    out: W,
    write: impl FnOnce(&mut BufWriter<W>) -> Result<(), PlanFileError>,
) -> Result<(), PlanFileError> {
    let mut out = BufWriter::new(out);
    write(&mut out)?;
    Ok(out.flush()?)
}

fn is_config(name: &str) -> bool {
    name.ends_with(".tf") || name.ends_with(".tf.json")
}

fn directories(module: &Module, found: &mut BTreeMap<String, String>) {
    found.insert(module.path.key(), module.directory.to_string());
    module.children.values().for_each(|child| directories(child, found));
}

/// Returns whether a file is perhaps a saved plan: an archive, or encrypted and no state, which would say its serial.
pub(crate) fn is_plan(path: &Path) -> std::io::Result<bool> {
    let mut start = [0; 4];
    let length = File::open(path)?.read(&mut start)?;
    if length == 4 && start == *ARCHIVE {
        return Ok(true);
    }
    let json = serde_json::from_slice::<serde_json::Value>(&std::fs::read(path)?).unwrap_or_default();
    Ok(json.get("encrypted_data").is_some() && json.get("serial").is_none())
}

/// How archives begin.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// Reads a saved plan; the configuration's texts become known to `sources`.
pub(crate) fn read(
    path: &Path,
    sources: &mut SourceMap,
    encryption: &Encryption,
) -> Result<Result<SavedPlan, Diagnostics>, PlanFileError> {
    let text = std::fs::read(path)?;
    let text = encryption.open(&text).map_err(StateError::from)?;
    let mut archive = ZipArchive::new(Cursor::new(text))?;
    let manifest: Manifest = serde_json::from_str(&entry(&mut archive, MANIFEST)?)?;
    if manifest.format != FORMAT {
        return Err(PlanFileError::Version(manifest.landfall));
    }
    let previous = State::from_json(entry(&mut archive, STATE)?.as_bytes())?;
    let changes = decode_changes(entry(&mut archive, CHANGES)?.as_bytes())?;
    let form: PlanForm = serde_json::from_str(&entry(&mut archive, PLAN)?)?;
    let plan = form.into_plan(previous, changes).ok_or(PlanFileError::Damaged)?;
    let names: Vec<String> = archive.file_names().filter(|name| name.starts_with(CONFIG)).map(str::to_owned).collect();
    let mut texts = BTreeMap::new();
    for name in names {
        let text = entry(&mut archive, &name)?;
        texts.insert(name[CONFIG.len()..].to_owned(), text);
    }
    let (config, found) = load(&Archived { modules: manifest.modules, texts }, sources, ".");
    Ok(found.into_result(config).map(|(config, _)| SavedPlan { plan, config }))
}

fn entry(archive: &mut ZipArchive<impl Read + Seek>, name: &str) -> Result<String, PlanFileError> {
    let mut text = String::new();
    archive.by_name(name)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The configuration's texts in the archive.
struct Archived {
    modules: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
}

impl SourceReader for Archived {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        let prefix = if directory == "." { String::new() } else { format!("{directory}/") };
        let files = self.texts.iter().filter_map(|(name, text)| {
            let file = name.strip_prefix(&prefix)?;
            (!file.contains('/')).then(|| (file.to_owned(), text.clone()))
        });
        Ok(files.collect())
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        self.modules.get(&request.path.key()).cloned().ok_or_else(|| {
            let detail = "The saved plan does not hold this module. It is damaged; make it anew.";
            Diagnostic::error("Module not in the saved plan", detail).at(request.span)
        })
    }
}
