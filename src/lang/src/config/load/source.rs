//! Where a module comes from, and the manifest of installed modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::ModulePath;
use landfall_diag::{Diagnostic, Span};
use serde_json::Value as Json;

use crate::config::VersionConstraints;
use crate::config::load::context::Context;

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
    Remote(Arc<str>),
}

/// Summary and detail of what is wrong with a source.
pub(crate) type SourceProblem = (&'static str, String);

impl ModuleSource {
    /// Reads a `source` argument. With a version it must be a registry's.
    ///
    /// # Errors
    /// Summary and detail of what is wrong.
    pub fn parse(text: &str, has_version: bool) -> Result<Self, SourceProblem> {
        if is_local(text) {
            return if has_version { Err(not_a_registry(text)) } else { Ok(Self::Local(text.into())) };
        }
        if let Some(registry) = registry(text) {
            return Ok(registry);
        }
        if has_version {
            let detail = format!(
                "Failed to parse module registry address: a module registry source address must have either three or \
                 four slash-separated components. `{text}` has not."
            );
            return Err(("Invalid registry module source address", detail));
        }
        if is_remote(text) {
            return Ok(Self::Remote(text.into()));
        }
        let detail = format!(
            "Terraform failed to determine your intended installation method for remote module package \"{text}\".\n\nIf \
             you intended this as a path relative to the current module, use \"./{text}\" instead. The \"./\" prefix \
             indicates that the address is a relative filesystem path."
        );
        Err(("Invalid module source address", detail))
    }
}

fn not_a_registry(text: &str) -> SourceProblem {
    let detail = format!(
        "Failed to parse module registry address: can't use local directory \"{text}\" as a module registry address."
    );
    ("Invalid registry module source address", detail)
}

fn is_local(text: &str) -> bool {
    text.starts_with("./") || text.starts_with("../") || text == "." || text == ".."
}

fn registry(text: &str) -> Option<ModuleSource> {
    let (package, subdirectory) = match text.split_once("//") {
        Some((package, inside)) => (package, Some(inside.into())),
        None => (text, None),
    };
    let parts: Vec<&str> = package.split('/').collect();
    let (host, parts) = match parts.as_slice() {
        [host, namespace, name, system] if host.contains('.') => (*host, [*namespace, *name, *system]),
        [namespace, name, system] => ("registry.terraform.io", [*namespace, *name, *system]),
        _ => return None,
    };
    let is_word = |part: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let edge = |c: char| c.is_ascii_alphanumeric();
        part.chars().all(inner) && part.starts_with(edge) && part.ends_with(edge) && part.len() <= 64
    };
    let system = parts[2].bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_forge = matches!(host, "github.com" | "bitbucket.org" | "gitlab.com");
    (parts.iter().all(|part| is_word(part)) && system && !is_forge).then(|| ModuleSource::Registry {
        host: host.into(),
        package: parts.join("/").into(),
        subdirectory,
    })
}

fn is_remote(text: &str) -> bool {
    let forges = ["github.com/", "bitbucket.org/", "gitlab.com/", "git@", "/"];
    let forced = text.split_once("::").is_some_and(|(getter, _)| getter.bytes().all(|b| b.is_ascii_alphanumeric()));
    forced
        || text.contains("://")
        || forges.iter().any(|prefix| text.starts_with(prefix))
        || text.contains(".amazonaws.com/")
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
        serde_json::json!({ "Modules": self.modules.iter().map(entry).collect::<Vec<_>>() }).to_string()
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
        ModuleSource::Local(_) | ModuleSource::Remote(_) => request.source_text.to_owned(),
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
