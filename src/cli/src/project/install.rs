//! Installation of modules: the tree is discovered level by level, and each level is fetched at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use landfall_diag::{Diagnostic, Diagnostics, Severity, SourceMap, Span};
use landfall_install::{Argument, Call, CliConfig, Event, Installed, Installer, Problem, Settings};
use landfall_lang::Config;
use landfall_lang::config::load::{
    InstalledModule, Manifest, ModuleRequest, SourceReader, join, load, manifest_source,
};

use super::files::{manifest_path, read_config_files, read_manifest};
use crate::environment::Environment;
use crate::ui;

/// What to do with modules that are installed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modules {
    /// Leave them where source and version fit.
    Keep,
    /// Fetch all of them again.
    Upgrade,
}

/// Names of calls from the root. Sorted by it, modules are in the order in which the tree is walked.
type Key = Vec<String>;

fn key_of(text: &str) -> Key {
    text.split('.').map(str::to_owned).collect()
}

/// Installs the modules of the configuration in the working directory, writes the manifest, and tells each line of
/// what is done. Returns the configuration with its texts.
pub(crate) fn install_modules(
    environment: &Environment,
    modules: Modules,
    announce: &(dyn Fn(&str) + Sync),
) -> (Config, SourceMap, Diagnostics) {
    let data_directory = environment.data_directory();
    let mut found = Diagnostics::new();
    let known = read_manifest(&data_directory).unwrap_or_else(|problem| {
        found.push(Diagnostic { severity: Severity::Warning, ..problem });
        Manifest::default()
    });
    let mut work = Work { modules, packages: data_directory.join("modules"), tree: Tree::new(known) };
    let (config, sources, more) = work.run(environment, announce);
    found.extend(more);
    found.extend(write_manifest(&data_directory, work.tree.manifest.into_inner()));
    (config, sources, found)
}

fn write_manifest(data_directory: &Path, mut manifest: Manifest) -> Option<Diagnostic> {
    let root = InstalledModule { source: String::new(), version: None, directory: ".".to_owned() };
    manifest.modules.insert(String::new(), root);
    let path = manifest_path(data_directory);
    let written =
        fs::create_dir_all(path.parent().unwrap_or(data_directory)).and_then(|()| fs::write(&path, manifest.to_json()));
    let error = written.err()?;
    let detail = format!("The file `{}` cannot be written: {error}.", path.display());
    Some(Diagnostic::error("Failed to write module manifest", detail))
}

struct Work {
    modules: Modules,
    /// The directory that modules are fetched into.
    packages: PathBuf,
    tree: Tree,
}

/// What is known of the tree so far.
struct Tree {
    manifest: RefCell<Manifest>,
    /// Modules that were installed or found in this run, and need no further look.
    settled: RefCell<BTreeSet<String>>,
    failures: BTreeMap<String, Problem>,
    warnings: Vec<(String, Problem)>,
    lines: Lines,
}

/// Lines that are not told yet, by module.
#[derive(Default)]
struct Lines(Mutex<BTreeMap<Key, Vec<String>>>);

impl Tree {
    fn new(manifest: Manifest) -> Self {
        Self {
            manifest: RefCell::new(manifest),
            settled: RefCell::default(),
            failures: BTreeMap::new(),
            warnings: Vec::new(),
            lines: Lines::default(),
        }
    }
}

impl Lines {
    fn add(&self, key: &str, line: String) {
        let mut lines = self.0.lock().expect("no line is added by a thread that panics");
        lines.entry(key_of(key)).or_default().push(line);
    }

    /// Tells the lines of the modules before the first one that is still to be fetched.
    fn tell(&self, until: Option<&Key>, announce: &(dyn Fn(&str) + Sync)) {
        let mut lines = self.0.lock().expect("no line is added by a thread that panics");
        let later = until.map(|key| lines.split_off(key)).unwrap_or_default();
        std::mem::replace(&mut *lines, later).into_values().flatten().for_each(|line| announce(&line));
    }
}

impl Work {
    fn run(&mut self, environment: &Environment, announce: &(dyn Fn(&str) + Sync)) -> (Config, SourceMap, Diagnostics) {
        let mut fetching: Option<Fetching> = None;
        loop {
            let level = Level { work: self, wanted: RefCell::default(), places: RefCell::default() };
            let mut sources = SourceMap::default();
            let (config, mut found) = load(&level, &mut sources, ".");
            let (wanted, places) = (level.wanted.into_inner(), level.places.into_inner());
            if !wanted.is_empty() && fetching.is_none() {
                match Fetching::new(environment, &self.packages) {
                    Ok(new) => fetching = Some(new),
                    Err(problem) => return (config, sources, problem.into()),
                }
            }
            let Some(fetching) = fetching.as_ref().filter(|_| !wanted.is_empty()) else {
                self.tree.lines.tell(None, announce);
                let located = |(key, warning): &(String, Problem)| {
                    Some(Diagnostic { severity: Severity::Warning, ..diagnostic(warning, *places.get(key)?) })
                };
                found.extend(self.tree.warnings.iter().filter_map(located));
                return (config, sources, found);
            };
            self.fetch(fetching, wanted, announce);
        }
    }

    /// Fetches the modules of one level.
    fn fetch(&mut self, fetching: &Fetching, wanted: BTreeMap<Key, Wanted>, announce: &(dyn Fn(&str) + Sync)) {
        self.tree.lines.tell(wanted.keys().next(), announce);
        for wanted in wanted.values() {
            self.tree.manifest.borrow_mut().remove(&wanted.call.key);
        }
        let calls = wanted.values().map(|wanted| wanted.call.clone()).collect();
        let (lines, shown) = (&self.tree.lines, ui::Fetching::new(wanted.len()));
        let outcomes = fetching.install(calls, &|event| match event {
            Event::Downloading { key, package, version } => {
                shown.begin(&key);
                let version = version.map(|version| format!(" {version}")).unwrap_or_default();
                lines.add(&key, format!("Downloading {package}{version} for {key}..."));
            }
            Event::Done { key } => shown.end(&key),
        });
        drop(shown);
        for (key, outcome) in outcomes {
            match outcome {
                Ok(Installed { version, directory, warnings }) => {
                    self.tree.lines.add(&key, format!("- {key} in {directory}"));
                    self.tree.warnings.extend(warnings.into_iter().map(|warning| (key.clone(), warning)));
                    let source = wanted.get(&key_of(&key)).map(|wanted| wanted.source.clone()).unwrap_or_default();
                    let version = version.map(|version| version.to_string());
                    let module = InstalledModule { source, version, directory };
                    self.tree.manifest.borrow_mut().modules.insert(key.clone(), module);
                    self.tree.settled.borrow_mut().insert(key);
                }
                Err(problem) => {
                    self.tree.failures.insert(key, problem);
                }
            }
        }
    }
}

/// A module that has to be fetched, with its source as the manifest will have it.
struct Wanted {
    call: Call,
    source: String,
}

/// Places of `source` and `version`.
#[derive(Clone, Copy)]
struct Place {
    source: Span,
    version: Option<Span>,
}

fn diagnostic(problem: &Problem, place: Place) -> Diagnostic {
    let span = match problem.argument {
        Argument::Source => place.source,
        Argument::Version => place.version.unwrap_or(place.source),
    };
    Diagnostic::error(problem.summary, problem.detail.clone()).at(span)
}

/// Reads the tree as far as it is there, and notes which modules are missing.
struct Level<'a> {
    work: &'a Work,
    wanted: RefCell<BTreeMap<Key, Wanted>>,
    places: RefCell<BTreeMap<String, Place>>,
}

impl SourceReader for Level<'_> {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        read_config_files(directory)
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        let key = request.path.key();
        let place = Place { source: request.source_span, version: request.version.map(|(_, span)| span) };
        self.places.borrow_mut().insert(key.clone(), place);
        let tree = &self.work.tree;
        if let Some(problem) = tree.failures.get(&key) {
            return Err(diagnostic(problem, place));
        }
        if tree.settled.borrow().contains(&key)
            && let Some(module) = tree.manifest.borrow().modules.get(&key)
        {
            return Ok(module.directory.clone());
        }
        match request.local_directory() {
            Some(directory) => self.local(request, &key, directory),
            None => self.fetched(request, key),
        }
    }
}

impl Level<'_> {
    fn is_kept(&self, request: &ModuleRequest<'_>, key: &str) -> Option<InstalledModule> {
        let manifest = self.work.tree.manifest.borrow();
        let fits = self.work.modules == Modules::Keep && manifest.resolve(request).is_ok();
        manifest.modules.get(key).filter(|module| fits && Path::new(&module.directory).is_dir()).cloned()
    }

    fn local(&self, request: &ModuleRequest<'_>, key: &str, directory: String) -> Result<String, Diagnostic> {
        let tree = &self.work.tree;
        let directory = without_links(&directory);
        if !Path::new(&directory).is_dir() {
            return Err(self.no_directory(key, &directory).at(request.source_span));
        }
        let module = InstalledModule { source: manifest_source(request), version: None, directory };
        if self.is_kept(request, key).as_ref() != Some(&module) {
            tree.lines.add(key, format!("- {key} in {}", module.directory));
            let mut manifest = tree.manifest.borrow_mut();
            manifest.remove(key);
            manifest.modules.insert(key.to_owned(), module.clone());
        }
        tree.settled.borrow_mut().insert(key.to_owned());
        Ok(module.directory)
    }

    /// Returns what is wrong with a local source whose directory is not there.
    fn no_directory(&self, key: &str, directory: &str) -> Diagnostic {
        match self.package_of(key).filter(|package| !Path::new(directory).starts_with(package)) {
            Some(package) => {
                let detail = format!(
                    "The given source directory for \"{key}\" would be outside of its containing package `{}`. Local \
                     source addresses starting with \"../\" must stay within the same package that the calling module \
                     belongs to.",
                    package.display()
                );
                Diagnostic::error("Local module path escapes module package", detail)
            }
            None => {
                let detail = format!("There is no directory `{directory}` for module \"{key}\".");
                Diagnostic::error("Unreadable module directory", detail)
            }
        }
    }

    fn fetched(&self, request: &ModuleRequest<'_>, key: String) -> Result<String, Diagnostic> {
        if let Some(module) = self.is_kept(request, &key) {
            self.work.tree.settled.borrow_mut().insert(key);
            return Ok(module.directory);
        }
        let source = manifest_source(request);
        let version = request.version.and_then(|(text, _)| text.parse().ok());
        let call = Call { key: key.clone(), source: request.source.clone(), version };
        if self.is_within_itself(&call, &source) {
            let detail = format!(
                "The module from `{}` calls itself, directly or through the modules that it calls. A module cannot be \
                 a part of itself.",
                request.source_text
            );
            return Err(Diagnostic::error("Module calls itself", detail).at(request.source_span));
        }
        self.wanted.borrow_mut().insert(key_of(&key), Wanted { call, source });
        Err(Diagnostic::error("Module not installed", "The module is being fetched.").at(request.span))
    }

    /// Returns whether a module that is above a call is the one that is called.
    fn is_within_itself(&self, call: &Call, source: &str) -> bool {
        let manifest = self.work.tree.manifest.borrow();
        let is_same = |module: &InstalledModule| {
            let version = module.version.as_ref().and_then(|version| version.parse().ok());
            module.source == source
                && match (&call.version, version) {
                    (Some(wanted), Some(version)) => wanted.allows(&version),
                    (None, _) | (_, None) => true,
                }
        };
        above(&call.key).filter_map(|key| manifest.modules.get(key)).any(is_same)
    }

    /// Returns the directory of the package that the caller of a module is in.
    fn package_of(&self, key: &str) -> Option<PathBuf> {
        let manifest = self.work.tree.manifest.borrow();
        above(key).find_map(|key| {
            let package = self.work.packages.join(key);
            manifest.modules.get(key).filter(|module| Path::new(&module.directory).starts_with(&package))?;
            Some(package)
        })
    }
}

/// Returns the keys of the modules above one, the nearest first.
fn above(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(key.rsplit_once('.'), |(above, _)| above.rsplit_once('.')).map(|(above, _)| above)
}

/// Returns a path with the links in it followed, as Terraform records it.
fn without_links(path: &str) -> String {
    // Links in a circle lead nowhere; and what is not there is told with the path as written.
    if fs::canonicalize(path).is_err() {
        return path.to_owned();
    }
    let mut clean = if path.starts_with('/') { "/".to_owned() } else { ".".to_owned() };
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let next = join(&clean, part);
        clean = match fs::read_link(&next) {
            Ok(target) if target.is_absolute() => without_links(&target.to_string_lossy()),
            Ok(target) => without_links(&join(&clean, &target.to_string_lossy())),
            Err(_) => next,
        };
    }
    clean
}

/// What fetches, made when the first module has to be fetched.
struct Fetching {
    installer: Installer,
    executor: tokio::runtime::Runtime,
}

impl Fetching {
    fn new(environment: &Environment, packages: &Path) -> Result<Self, Diagnostic> {
        let home = environment.get("HOME").map(PathBuf::from);
        let cli_config = CliConfig::load(environment.iter(), home.as_deref()).map_err(|error| {
            let detail = format!("{}.", capitalised(&error.to_string()));
            Diagnostic::error("Invalid CLI configuration", detail)
        })?;
        let settings = Settings {
            modules: packages.to_owned(),
            cache: environment.cache_directory().map(|directory| directory.join("modules")),
            cli_config,
            patience: patience(environment),
        };
        let no_files = |problem: Problem| Diagnostic::error(problem.summary, problem.detail);
        let no_threads = |error: std::io::Error| Diagnostic::error("Failed to start", format!("No threads: {error}."));
        Ok(Self {
            installer: Installer::new(settings).map_err(no_files)?,
            executor: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .map_err(no_threads)?,
        })
    }

    fn install(
        &self,
        calls: Vec<Call>,
        events: &(dyn Fn(Event) + Sync),
    ) -> BTreeMap<String, Result<Installed, Problem>> {
        self.executor.block_on(self.installer.install(calls, events))
    }
}

/// How long to wait for an answer, unless the environment says it.
const PATIENCE: Duration = Duration::from_secs(20);

fn patience(environment: &Environment) -> Duration {
    let given = environment.get("TF_REGISTRY_CLIENT_TIMEOUT").and_then(|text| text.parse().ok());
    given.filter(|seconds| *seconds > 0).map_or(PATIENCE, Duration::from_secs)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
