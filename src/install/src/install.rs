//! Installation of the modules of one level of calls.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use landfall_lang::config::load::{ModuleSource, RemoteSource, join};
use landfall_lang::config::{Version, VersionConstraints};

use crate::cache::{Cache, Lasting};
use crate::cli_config::CliConfig;
use crate::error::{FetchError, Fetched};
use crate::fetch::Fetcher;
use crate::glob;
use crate::hosts::Hosts;
use crate::problem::{Problem, sentence_end};
use crate::registry::Registry;
use crate::select::{Selection, select};
use crate::web::Web;

/// Modules that are fetched at the same time.
const AT_ONCE: usize = 8;
/// Versions that a message lists.
const LISTED: usize = 5;

/// Where modules and the cache are, and whom to trust with what.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory that gets a directory for each module: `.terraform/modules`.
    pub modules: PathBuf,
    /// Where archives and repositories are kept for the next time; `None` for nowhere.
    pub cache: Option<PathBuf>,
    /// Credentials and services of hosts.
    pub cli_config: CliConfig,
    /// How long to wait for an answer.
    pub patience: Duration,
}

/// A module that has to be fetched.
#[derive(Clone, Debug)]
pub struct Call {
    /// Names of the calls from the root, joined by dots.
    pub key: String,
    /// Where it comes from: a registry or elsewhere.
    pub source: ModuleSource,
    /// Which versions are allowed.
    pub version: Option<VersionConstraints>,
}

/// What goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is known what to fetch, and the fetching begins.
    Downloading {
        /// The module's key.
        key: String,
        /// The package: a registry's with its host, or an address.
        package: String,
        /// The version that was chosen.
        version: Option<Version>,
    },
    /// The files are there, or it failed.
    Done {
        /// The module's key.
        key: String,
    },
}

/// A module that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The version that was chosen.
    pub version: Option<Version>,
    /// The module's directory.
    pub directory: String,
    /// What is odd, but no hindrance.
    pub warnings: Vec<Problem>,
}

/// Fetches modules. One installer asks every registry once.
pub struct Installer {
    modules: PathBuf,
    fetcher: Fetcher,
    registry: Registry,
}

impl Installer {
    /// Returns an installer. Nothing is done yet.
    ///
    /// # Errors
    /// When there is no place for temporary files.
    pub fn new(settings: Settings) -> Result<Self, Problem> {
        let Settings { modules, cache, cli_config, patience } = settings;
        let cache = Cache::new(cache).map_err(|error| Problem::source("No temporary files", error.to_string()))?;
        Ok(Self {
            modules,
            fetcher: Fetcher { web: Web::new(patience), cache },
            registry: Registry::new(Hosts::new(cli_config)),
        })
    }

    /// Fetches modules, several at the same time. Their directories are removed before they are filled.
    pub async fn install(
        &self,
        calls: Vec<Call>,
        events: &(dyn Fn(Event) + Sync),
    ) -> BTreeMap<String, Result<Installed, Problem>> {
        let work = calls.into_iter().map(|call| async move {
            let outcome = self.install_one(&call, events).await;
            events(Event::Done { key: call.key.clone() });
            (call.key, outcome)
        });
        futures::stream::iter(work).buffer_unordered(AT_ONCE).collect().await
    }

    async fn install_one(&self, call: &Call, events: &(dyn Fn(Event) + Sync)) -> Result<Installed, Problem> {
        match &call.source {
            ModuleSource::Local(path) => {
                let detail = format!("`{path}` is a directory of the project, and is not fetched.");
                Err(Problem::source("Local module", detail))
            }
            ModuleSource::Remote(remote) => {
                let package = hidden(remote, &remote.package);
                events(Event::Downloading { key: call.key.clone(), package, version: None });
                let directory = self.fetch(&call.key, remote, &Lasting::Revalidate).await?;
                Ok(Installed { version: None, directory, warnings: Vec::new() })
            }
            ModuleSource::Registry { host, package, subdirectory } => {
                let wanted = Wanted { call, host, package };
                let (version, warnings) = self.choose(&wanted).await?;
                let label = wanted.label();
                let chosen = Some(version.clone());
                events(Event::Downloading { key: call.key.clone(), package: label.clone(), version: chosen });
                let remote = self.locate(&wanted, &version, subdirectory.as_deref()).await?;
                let lasting = Lasting::Forever(format!("{label}@{version} {}", remote.package));
                let directory = self.fetch(&call.key, &remote, &lasting).await?;
                Ok(Installed { version: Some(version), directory, warnings })
            }
        }
    }

    /// Returns the version to take, and what is odd about the registry's answer.
    async fn choose(&self, wanted: &Wanted<'_>) -> Result<(Version, Vec<Problem>), Problem> {
        let Wanted { call, host, package } = *wanted;
        let take =
            |found: &crate::registry::Versions| (select(&found.versions, call.version.as_ref()), found.invalid.clone());
        let found = self.registry.versions(&self.fetcher.web, host, package, take).await;
        let (selection, invalid) = found.map_err(|error| wanted.unlisted(&error))?;
        let warnings = invalid.iter().map(|text| {
            let detail = format!(
                "The registry at {host} returned an invalid version string \"{text}\" for module \"{}\", which was \
                 ignored.",
                call.key
            );
            Problem::source("Invalid response from remote module registry", detail)
        });
        match selection {
            Selection::Version(version) => Ok((version, warnings.collect())),
            Selection::NoVersions => {
                let detail = format!("Module \"{}\" has no versions available on {host}.", wanted.label());
                Err(Problem::source("Module has no versions", detail))
            }
            Selection::NoneAllowed(there) => {
                let some: Vec<String> = there.iter().take(LISTED).map(Version::to_string).collect();
                let detail = format!(
                    "There is no available version of module \"{}\" which matches the given version constraint. The \
                     newest available {}.",
                    wanted.label(),
                    match some.as_slice() {
                        [one] => format!("version is {one}"),
                        several => format!("versions are {}", several.join(", ")),
                    }
                );
                Err(Problem::version("Unresolvable module version constraint", detail))
            }
        }
    }

    /// Returns where the package of a version is, with the directory that the call names inside.
    async fn locate(
        &self,
        wanted: &Wanted<'_>,
        version: &Version,
        subdirectory: Option<&str>,
    ) -> Result<RemoteSource, Problem> {
        let Wanted { host, package, .. } = *wanted;
        let label = wanted.label();
        let found = self.registry.location(&self.fetcher.web, host, package, version).await;
        let location = found.map_err(|error| {
            let why = sentence_end(&error.to_string());
            let detail = format!("Failed to retrieve a download URL for {label} {version} from {host}: {why}");
            Problem::source("Error accessing remote module registry", detail)
        })?;
        let invalid = |why: &str| {
            let detail = format!(
                "Module registry {host} returned invalid source location \"{location}\" for {label} {version}: {why}."
            );
            Problem::source("Invalid package location from module registry", detail)
        };
        let remote = match ModuleSource::parse(&location, false) {
            Ok(ModuleSource::Remote(remote)) => remote,
            Ok(ModuleSource::Local(_) | ModuleSource::Registry { .. }) => {
                return Err(invalid("must be a direct remote package address"));
            }
            Err((_, detail)) => return Err(invalid(detail.trim_end_matches('.'))),
        };
        let inside = match (remote.subdirectory.as_deref(), subdirectory) {
            (Some(outer), Some(inner)) => Some(join(outer, inner)),
            (outer, inner) => outer.or(inner).map(str::to_owned),
        };
        Ok(RemoteSource { package: remote.package, subdirectory: inside.map(Into::into) })
    }

    /// Puts a package into the module's directory, and returns the directory of the module in it.
    async fn fetch(&self, key: &str, remote: &RemoteSource, lasting: &Lasting) -> Result<String, Problem> {
        let directory = self.modules.join(key);
        let fetched = match self.clear(&directory).await {
            Ok(()) => self.fetcher.fetch(&remote.package, lasting, &directory).await,
            Err(error) => Err(error),
        };
        if let Err(error) = fetched {
            // What is half there would only mislead; the failure itself is what is told.
            let _ = self.clear(&directory).await;
            let why = hidden(remote, &sentence_end(&error.to_string()));
            let detail = format!(
                "Could not download module \"{}\" source code from \"{}\": {why}",
                name_of(key),
                hidden(remote, &remote.package)
            );
            return Err(Problem::source("Failed to download module", detail));
        }
        let Some(pattern) = &remote.subdirectory else { return Ok(text_of(&directory)) };
        match glob::expand(&directory, pattern) {
            Ok(path) => Ok(text_of(&directory.join(path))),
            Err(why) => {
                let detail = format!("The package \"{}\" was fetched, but {why}.", hidden(remote, &remote.package));
                Err(Problem::source("Unreadable module subdirectory", detail))
            }
        }
    }

    /// Removes what is left of an earlier installation.
    async fn clear(&self, directory: &Path) -> Fetched<()> {
        tokio::fs::create_dir_all(&self.modules).await.map_err(FetchError::at(&self.modules))?;
        let removed = match tokio::fs::symlink_metadata(directory).await {
            Ok(found) if found.is_dir() => tokio::fs::remove_dir_all(directory).await,
            Ok(_) => tokio::fs::remove_file(directory).await,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        removed.map_err(FetchError::at(directory))
    }
}

/// A registry's module that is called.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    call: &'a Call,
    host: &'a str,
    package: &'a str,
}

impl Wanted<'_> {
    fn label(&self) -> String {
        format!("{}/{}", self.host, self.package)
    }

    /// Returns why there is no list of versions.
    fn unlisted(&self, error: &FetchError) -> Problem {
        let Self { call, host, package } = self;
        if let FetchError::Status { status: 404, url } = error {
            let detail = format!(
                "Module \"{}\" cannot be found in the module registry at {host}: it has no `{package}`, as {url} says.",
                name_of(&call.key)
            );
            return Problem::source("Module not found", detail);
        }
        let why = sentence_end(&error.to_string());
        let detail =
            format!("Failed to retrieve available versions for module \"{}\" from {host}: {why}", name_of(&call.key));
        Problem::source("Error accessing remote module registry", detail)
    }
}

/// Returns the name of the call, which ends the key.
fn name_of(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Returns a text without the password that is in an address.
fn hidden(remote: &RemoteSource, text: &str) -> String {
    match password(&remote.package) {
        Some(password) => text.replace(&format!(":{password}@"), ":redacted@"),
        None => text.to_owned(),
    }
}

fn password(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let (user, _) = rest[..rest.find(['/', '?']).unwrap_or(rest.len())].rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        let remote = RemoteSource::parse("git::https://me:secret@h/a.git?ref=v1").unwrap();
        assert_eq!(hidden(&remote, &remote.package), "git::https://me:redacted@h/a.git?ref=v1");
        let other = RemoteSource::parse("git::https://h/a:b@c.git").unwrap();
        assert_eq!(hidden(&other, &other.package), "git::https://h/a:b@c.git");
    }
}
