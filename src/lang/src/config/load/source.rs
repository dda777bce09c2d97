//! Where a module comes from, and the manifest of installed modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::ModulePath;
use landfall_diag::{Diagnostic, Span};
use serde_json::Value as Json;

use crate::config::VersionConstraints;
use crate::config::load::context::Context;
use crate::config::load::remote::{RemoteSource, leads_outside, split_subdirectory};

/// Kind of a module's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleSource {
    /// A directory, relative to the calling module: `./x`, `../x`.
    Local(Arc<str>),
    /// A registry: `[host/]namespace/name/system`, with a directory inside after `//`.
    Registry {
        /// Host; `registry.terraform.io` if not written.
        host: Arc<str>,
        /// `namespace/name/system`
        package: Arc<str>,
        /// Directory inside the package.
        subdirectory: Option<Arc<str>>,
    },
    /// Anything that has to be fetched: git, an archive, a bucket.
    Remote(RemoteSource),
}

/// Summary and detail of what is wrong with a source.
pub(crate) type SourceProblem = (&'static str, String);

impl ModuleSource {
    /// Reads a `source` argument. With a version it must be a registry's.
    ///
    /// # Errors
    /// Summary and detail of what is wrong.
    pub fn parse(text: &str, has_version: bool) -> Result<Self, SourceProblem> {
        if has_version {
            return registry(text).map_err(|problem| {
                let detail = format!(
                    "Failed to parse module registry address: {problem}.\n\nTerraform assumed that you intended a \
                     module registry source address because you also set the argument \"version\", which applies only \
                     to registry modules."
                );
                ("Invalid registry module source address", detail)
            });
        }
        if is_local(text) {
            return Ok(Self::Local(clean(text).into()));
        }
        registry(text).or_else(|_| RemoteSource::parse(text).map(Self::Remote))
    }
}

fn is_local(text: &str) -> bool {
    ["./", "../", ".\\", "..\\"].iter().any(|prefix| text.starts_with(prefix))
}

/// Returns a local path as a manifest has it: without needless parts, and told from a registry's by its first ones.
fn clean(text: &str) -> String {
    let path = join(".", &text.replace('\\', "/"));
    if path.starts_with("../") { path } else { format!("./{path}") }
}

/// Hosts that are fetched from directly.
const FORGES: [&str; 3] = ["github.com", "bitbucket.org", "gitlab.com"];

fn registry(text: &str) -> Result<ModuleSource, String> {
    if is_local(text) {
        return Err(format!("can't use local directory \"{text}\" as a module registry address"));
    }
    let (package, subdirectory) = split_subdirectory(text);
    if let Some(path) = subdirectory.as_deref().filter(|path| leads_outside(path)) {
        return Err(format!("subdirectory path \"{path}\" leads outside of the module package"));
    }
    let parts: Vec<&str> = package.split('/').collect();
    let (host, [namespace, name, system]) = match parts.as_slice() {
        [host, namespace, name, system] => (registry_host(host)?, [*namespace, *name, *system]),
        [namespace, name, system] => ("registry.terraform.io".to_owned(), [*namespace, *name, *system]),
        _ => {
            return Err(
                "a module registry source address must have either three or four slash-separated components".to_owned()
            );
        }
    };
    if namespace.contains('.') {
        return Err("source address must have three more components after the hostname: the namespace, the name, and \
                    the target system"
            .to_owned());
    }
    let name_rule = "must be between one and 64 characters, including ASCII letters, digits, dashes, and underscores, \
                     where dashes and underscores may not be the prefix or suffix";
    for (what, word) in [("namespace", namespace), ("module name", name)] {
        if !is_name(word) {
            return Err(format!("invalid {what} \"{word}\": {name_rule}"));
        }
    }
    if system.contains('?') {
        return Err("module registry addresses may not include a query string portion".to_owned());
    }
    let is_system =
        (1..=64).contains(&system.len()) && system.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !is_system {
        return Err(format!("invalid target system \"{system}\": must be between one and 64 ASCII letters or digits"));
    }
    let package = format!("{namespace}/{name}/{system}").into();
    Ok(ModuleSource::Registry { host: host.into(), package, subdirectory: subdirectory.map(Arc::from) })
}

fn is_name(word: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    (1..=64).contains(&word.len())
        && word.chars().all(|c| edge(c) || c == '-' || c == '_')
        && word.starts_with(edge)
        && word.ends_with(edge)
}

/// Returns the host in lower case, without the usual port.
fn registry_host(text: &str) -> Result<String, String> {
    let host = text.to_lowercase();
    let (name, port) = host.split_once(':').map_or((&*host, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !name.split('.').all(is_label) || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(format!("invalid module registry hostname \"{text}\""));
    }
    if !name.contains('.') {
        return Err("invalid module registry hostname: must contain at least one dot".to_owned());
    }
    if FORGES.contains(&name) {
        return Err(format!(
            "can't use \"{name}\" as a module registry host, because it's reserved for installing directly from \
             version control repositories"
        ));
    }
    Ok(if port == Some("443") { name.to_owned() } else { host })
}

/// Adds an error if a text is not a version constraint.
pub(crate) fn check_version(text: &str, span: Span, context: &mut Context<'_>) -> bool {
    let valid = text.parse::<VersionConstraints>().is_ok();
    if !valid {
        context.error(
            "Invalid version constraint",
            "This string does not use correct version constraint syntax.",
            span,
        );
    }
    valid
}

/// A module call whose directory is wanted.
#[derive(Clone, Debug)]
pub struct ModuleRequest<'a> {
    /// Path of the called module.
    pub path: &'a ModulePath,
    /// Directory of the calling module.
    pub caller: &'a str,
    /// Where the module comes from.
    pub source: &'a ModuleSource,
    /// The `source` argument.
    pub source_text: &'a str,
    /// Place of the `source` argument.
    pub source_span: Span,
    /// The `version` argument, with its place.
    pub version: Option<(&'a str, Span)>,
    /// Place of the `module` block's header.
    pub span: Span,
}

impl ModuleRequest<'_> {
    /// Returns the directory of a local module, relative to what the caller's directory is relative to.
    pub fn local_directory(&self) -> Option<String> {
        match self.source {
            ModuleSource::Local(path) => Some(join(self.caller, path)),
            ModuleSource::Registry { .. } | ModuleSource::Remote(_) => None,
        }
    }
}

/// Joins two paths, with `.` and `..` resolved as far as they can be.
pub fn join(base: &str, path: &str) -> String {
    let absolute = base.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// `.terraform/modules/modules.json`: which modules are installed, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Entries by key: names of calls from the root, joined by dots.
    pub modules: BTreeMap<String, InstalledModule>,
}

/// One entry of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstalledModule {
    /// Source as it was when the module was installed; registry sources with their host.
    pub source: String,
    /// Version that was chosen.
    pub version: Option<String>,
    /// Directory.
    pub directory: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When the text is not JSON of the right shape.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let json: Json = serde_json::from_str(text)?;
        let mut manifest = Self::default();
        for entry in json.get("Modules").and_then(Json::as_array).into_iter().flatten() {
            let field = |name: &str| entry.get(name).and_then(Json::as_str).map(str::to_owned);
            let module = InstalledModule {
                source: field("Source").unwrap_or_default(),
                version: field("Version").filter(|version| !version.is_empty()),
                directory: field("Dir").unwrap_or_default(),
            };
            manifest.modules.insert(field("Key").unwrap_or_default(), module);
        }
        Ok(manifest)
    }

    /// Writes a manifest as Terraform does.
    pub fn to_json(&self) -> String {
        let entry = |(key, module): (&String, &InstalledModule)| {
            let mut fields = serde_json::Map::new();
            fields.insert("Key".to_owned(), key.clone().into());
            fields.insert("Source".to_owned(), module.source.clone().into());
            if let Some(version) = &module.version {
                fields.insert("Version".to_owned(), version.clone().into());
            }
            fields.insert("Dir".to_owned(), module.directory.clone().into());
            Json::Object(fields)
        };
        let text = serde_json::json!({ "Modules": self.modules.iter().map(entry).collect::<Vec<_>>() }).to_string();
        text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
    }

    /// Forgets a module and all that it calls.
    pub fn remove(&mut self, key: &str) {
        let below = format!("{key}.");
        self.modules.retain(|other, _| other != key && !other.starts_with(&below));
    }

    /// Returns the directory of an installed module.
    ///
    /// # Errors
    /// When it is not installed, or another source or version is wanted now.
    pub fn resolve(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        let Some(installed) = self.modules.get(&request.path.key()) else {
            return Err(Diagnostic::error(
                "Module not installed",
                "This module is not yet installed. Run \"terraform init\" to install all modules required by this \
                 configuration.",
            )
            .at(request.span));
        };
        if installed.source != manifest_source(request) {
            return Err(Diagnostic::error(
                "Module source has changed",
                "The source address was changed since this module was installed. Run \"terraform init\" to install \
                 all modules required by this configuration.",
            )
            .at(request.source_span));
        }
        if let Some((text, span)) = request.version
            && let Some(version) = installed.version.as_deref().and_then(|version| version.parse().ok())
            && let Ok(constraints) = text.parse::<VersionConstraints>()
            && !constraints.allows(&version)
        {
            let detail = format!(
                "The version requirements have changed since this module was installed and the installed version \
                 ({version}) is no longer acceptable. Run \"terraform init\" to install all modules required by this \
                 configuration."
            );
            return Err(Diagnostic::error("Module version requirements have changed", detail).at(span));
        }
        Ok(installed.directory.clone())
    }
}

/// Returns the source as a manifest has it.
pub fn manifest_source(request: &ModuleRequest<'_>) -> String {
    match request.source {
        ModuleSource::Local(path) => path.to_string(),
        ModuleSource::Remote(source) => source.to_string(),
        ModuleSource::Registry { host, package, subdirectory } => {
            let inside = subdirectory.as_ref().map(|path| format!("//{path}")).unwrap_or_default();
            format!("{host}/{package}{inside}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match ModuleSource::parse(text, false) {
            Ok(ModuleSource::Local(_)) => "local",
            Ok(ModuleSource::Registry { .. }) => "registry",
            Ok(ModuleSource::Remote(_)) => "remote",
            Err((summary, _)) => summary,
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn sources_are_told_apart() {
        check("./m", "local");
        check("../m", "local");
        check("terraform-aws-modules/eks/aws", "registry");
        check("terraform-aws-modules/eks/aws//modules/karpenter", "registry");
        check("app.example.com/a/b/c", "registry");
        check("github.com/a/b", "remote");
        check("git::https://example.com/a.git?ref=v1", "remote");
        check("m", "Invalid module source address");
        check("..", "Invalid module source address");
        check("localhost:80/a/b/c", "remote");
    }

    #[test]
    fn manifests_hold_sources_in_one_form() {
        let Ok(ModuleSource::Local(path)) = ModuleSource::parse("./a/../b/", false) else { panic!("not local") };
        assert_eq!(&*path, "./b");
        let Ok(ModuleSource::Local(path)) = ModuleSource::parse("../", false) else { panic!("not local") };
        assert_eq!(&*path, "./..");
        let mut manifest = Manifest::default();
        let source = "git::file:///r?depth=1&ref=v1".to_owned();
        let installed = InstalledModule { source, version: None, directory: ".terraform/modules/a".to_owned() };
        manifest.modules.insert("a".to_owned(), installed);
        let text = manifest.to_json();
        assert!(text.contains(r"?depth=1\u0026ref=v1"), "{text}");
        assert_eq!(Manifest::parse(&text).unwrap(), manifest);
    }

    #[test]
    fn a_version_is_for_registries_only() {
        let detail = |text| ModuleSource::parse(text, true).unwrap_err().1;
        assert!(detail("./m").contains("can't use local directory \"./m\" as a module registry address."));
        assert!(detail("git::file:///srv/a/b").contains("three or four slash-separated components."));
        assert!(detail("github.com/a/b/c").contains("can't use \"github.com\" as a module registry host"));
    }

    #[test]
    fn paths_join() {
        assert_eq!(join(".", "./m"), "m");
        assert_eq!(join("a/b", "../c"), "a/c");
        assert_eq!(join("a", "../.."), "..");
        assert_eq!(join("/a", "../../b"), "/b");
        assert_eq!(join("m", "../"), ".");
    }
}
