//! The tree of modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::ModulePath;
use landfall_diag::{Diagnostic, Diagnostics, SourceMap};

use crate::config::load::context::Context;
use crate::config::load::json::parse_json_file;
use crate::config::load::module::{check_called, module};
use crate::config::load::providers::check_providers;
use crate::config::load::source::{ModuleRequest, ModuleSource, join};
use crate::config::version::{SPOKEN_VERSION, Version, VersionConstraints};
use crate::config::{Config, Module, ModuleCall};
use crate::{Body, syntax};

/// Where texts come from: the file system, or a map in tests.
pub trait SourceReader {
    /// Returns names and texts of the configuration files in a directory: `*.tf` and `*.tf.json`, hidden files and
    /// editor backups left out.
    ///
    /// # Errors
    /// A lower-case fragment that says why the directory cannot be read.
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String>;

    /// Returns the directory of a called module. [`crate::config::load::Manifest::resolve`] does what Terraform does.
    ///
    /// # Errors
    /// Why there is none.
    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic>;
}

/// Loads the module in `directory` and all that it calls. With errors the configuration is what could be read.
pub fn load(reader: &dyn SourceReader, sources: &mut SourceMap, directory: &str) -> (Config, Diagnostics) {
    let mut loader = Loader { reader, sources, diagnostics: Diagnostics::new(), deferred: Diagnostics::new() };
    let mut root = match reader.config_files(directory) {
        Ok(files) => loader.module(&ModulePath::root(), directory, files),
        Err(problem) => {
            let detail = format!("The directory `{directory}` could not be read: {problem}.");
            loader.diagnostics.push(Diagnostic::error("Failed to read module directory", detail));
            Module::new(ModulePath::root(), directory)
        }
    };
    if !loader.diagnostics.has_errors() {
        loader.children(&mut root, &mut vec![join(directory, ".")]);
        check_providers(&root, &mut loader.diagnostics, &mut loader.deferred);
    }
    let (deferred, warnings): (Diagnostics, Diagnostics) = loader.deferred.into_iter().partition(Diagnostic::is_error);
    if !loader.diagnostics.has_errors() {
        loader.diagnostics.extend(warnings);
    }
    (Config { root, deferred }, loader.diagnostics)
}

struct Loader<'a> {
    reader: &'a dyn SourceReader,
    sources: &'a mut SourceMap,
    diagnostics: Diagnostics,
    /// What is told only where nothing else is wrong.
    deferred: Diagnostics,
}

impl Loader<'_> {
    fn module(&mut self, path: &ModulePath, directory: &str, mut files: Vec<(String, String)>) -> Module {
        files.sort();
        let mut bodies: Vec<(String, Body)> = Vec::with_capacity(files.len());
        for (name, text) in files {
            let source = self.sources.add(join(directory, &name), text.as_str());
            let body = if name.ends_with(".json") {
                parse_json_file(self.sources, source, &mut self.diagnostics)
            } else {
                syntax::parse_body(self.sources, source, &mut self.diagnostics)
            };
            bodies.push((name, body));
        }
        let mut context = Context::new(self.sources);
        let module = module(path, directory, bodies, &mut context);
        if !path.is_root() {
            check_called(&module, &mut context);
        }
        if !self.diagnostics.has_errors() && !context.diagnostics.has_errors() {
            check_core_version(&module, &mut context);
            if path.is_root() {
                check_root(&module, &mut context);
            }
        }
        self.diagnostics.extend(context.diagnostics);
        self.deferred.extend(context.deferred);
        module
    }

    /// Loads what `parent` calls; `open` has the directories from the root to it.
    fn children(&mut self, parent: &mut Module, open: &mut Vec<String>) {
        let mut children = BTreeMap::new();
        for call in parent.calls.values() {
            if let Some(child) = self.child(parent, call, open) {
                children.insert(Arc::clone(&call.name), child);
            }
        }
        parent.children = children;
    }

    fn child(&mut self, parent: &Module, call: &ModuleCall, open: &mut Vec<String>) -> Option<Module> {
        let (text, source_span) = &call.source;
        let source = ModuleSource::parse(text, call.version.is_some()).ok()?;
        let path = parent.path.child(call.name.clone());
        let request = ModuleRequest {
            path: &path,
            caller: &parent.directory,
            source: &source,
            source_text: text,
            source_span: *source_span,
            version: call.version.as_ref().map(|(version, span)| (&**version, *span)),
            span: call.span,
        };
        let directory = match self.reader.module_directory(&request) {
            Ok(directory) => directory,
            Err(problem) => {
                self.diagnostics.push(problem);
                return None;
            }
        };
        let place = join(&directory, ".");
        if open.contains(&place) {
            let detail = format!(
                "The module in `{directory}` calls itself, directly or through the modules that it calls. A module \
                 cannot be a part of itself."
            );
            self.diagnostics.push(Diagnostic::error("Module calls itself", detail).at(*source_span));
            return None;
        }
        match self.reader.config_files(&directory) {
            Ok(files) => {
                let mut child = self.module(&path, &directory, files);
                open.push(place);
                self.children(&mut child, open);
                open.pop();
                Some(child)
            }
            Err(problem) => {
                let detail = format!(
                    "The directory {directory} could not be read for module \"{}\" at {}: {problem}.",
                    call.name,
                    crate::config::load::place(self.sources, call.span)
                );
                self.diagnostics.push(Diagnostic::error("Unreadable module directory", detail));
                None
            }
        }
    }
}

fn check_core_version(module: &Module, context: &mut Context<'_>) {
    let Ok(spoken) = SPOKEN_VERSION.parse::<Version>() else { return };
    for (text, span) in &module.required_versions {
        let allowed = text.parse::<VersionConstraints>().is_ok_and(|constraints| constraints.allows(&spoken));
        if !allowed {
            let detail = format!(
                "This configuration does not support Terraform version {SPOKEN_VERSION}, the level that landfall \
                 speaks. To proceed, update this version constraint. Version constraints are normally set for good \
                 reason, so updating the constraint may lead to other errors or unexpected behavior."
            );
            context.error("Unsupported Terraform Core version", detail, *span);
        }
    }
}

fn check_root(module: &Module, context: &mut Context<'_>) {
    for output in module.outputs.values().filter(|output| output.ephemeral) {
        let detail = "Ephemeral outputs are not allowed in context of a root module";
        context.deferred.push(Diagnostic::error("Ephemeral output not allowed", detail).at(output.span));
    }
}
