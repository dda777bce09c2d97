//! The CLI configuration: credentials of hosts, and where their services are.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// A token; never shown.
#[derive(Clone, PartialEq, Eq)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// What is known of hosts before they are asked.
#[derive(Clone, Debug, Default)]
pub struct CliConfig {
    services: BTreeMap<String, BTreeMap<String, String>>,
    tokens: BTreeMap<String, Token>,
}

/// A file of the CLI configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the CLI configuration file `{}` cannot be read: {why}", .path.display())]
pub struct CliConfigError {
    path: PathBuf,
    why: String,
}

impl CliConfig {
    /// Reads the file that the variables `TF_CLI_CONFIG_FILE` or `TERRAFORM_CONFIG` name, or else `.terraformrc` and
    /// the files in `.terraform.d` of the home directory; credentials in variables come before those in files.
    ///
    /// # Errors
    /// When a file cannot be read or is not valid.
    pub fn load<'a>(
        variables: impl Iterator<Item = (&'a str, &'a str)>,
        home: Option<&Path>,
    ) -> Result<Self, CliConfigError> {
        let variables: BTreeMap<&str, &str> = variables.collect();
        let set = |name: &str| variables.get(name).copied().filter(|value| !value.is_empty());
        let mut config = Self::default();
        for path in files(set("TF_CLI_CONFIG_FILE").or_else(|| set("TERRAFORM_CONFIG")), home) {
            config.add_file(&path)?;
        }
        for (name, token) in variables.iter().filter(|(_, token)| !token.is_empty()) {
            if let Some(host) = name.strip_prefix("TF_TOKEN_") {
                config.tokens.insert(host_of_variable(host), Token((*token).to_owned()));
            }
        }
        Ok(config)
    }

    fn add_file(&mut self, path: &Path) -> Result<(), CliConfigError> {
        let failed = |why: String| CliConfigError { path: path.to_owned(), why };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error.to_string())),
        };
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let json: Json = match is_json {
            true => serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?,
            false => hcl::from_str(&text).map_err(|error| failed(error.to_string()))?,
        };
        for (host, block) in blocks(&json, "credentials") {
            if let Some(token) = block.get("token").and_then(Json::as_str) {
                self.tokens.insert(host.to_lowercase(), Token(token.to_owned()));
            }
        }
        for (host, block) in blocks(&json, "host") {
            let services = block.get("services").and_then(Json::as_object);
            let text = |(name, value): (&String, &Json)| Some((name.clone(), value.as_str()?.to_owned()));
            let services = services.into_iter().flatten().filter_map(text).collect();
            self.services.insert(host.to_lowercase(), services);
        }
        Ok(())
    }

    pub(crate) fn services(&self, host: &str) -> Option<&BTreeMap<String, String>> {
        self.services.get(host)
    }

    pub(crate) fn token(&self, host: &str) -> Option<&str> {
        self.tokens.get(host).map(|token| token.0.as_str())
    }
}

/// Returns the labelled blocks of a type; of several with one label the last.
fn blocks<'a>(json: &'a Json, r#type: &str) -> impl Iterator<Item = (&'a String, &'a Json)> {
    json.get(r#type).and_then(Json::as_object).into_iter().flatten().filter_map(|(label, block)| match block {
        Json::Array(several) => several.last().map(|block| (label, block)),
        block => Some((label, block)),
    })
}

/// Returns the files to read; of two that say the same, the later one counts.
fn files(named: Option<&str>, home: Option<&Path>) -> Vec<PathBuf> {
    let directory = home.map(|home| home.join(".terraform.d"));
    let mut files: Vec<PathBuf> = directory.iter().map(|path| path.join("credentials.tfrc.json")).collect();
    match named {
        Some(path) => files.push(path.into()),
        None => {
            let entries = directory.iter().filter_map(|path| fs::read_dir(path).ok()).flatten().flatten();
            let is_config = |path: &PathBuf| {
                let name = path.to_string_lossy();
                (name.ends_with(".tfrc") || name.ends_with(".tfrc.json")) && !name.ends_with("credentials.tfrc.json")
            };
            let mut more: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_config).collect();
            more.sort();
            files.extend(more);
            files.extend(home.map(|home| home.join(".terraformrc")));
        }
    }
    files
}

/// Returns the host in the name of a variable: `_` is a dot, `__` a hyphen.
fn host_of_variable(name: &str) -> String {
    name.replace("__", "-").replace('_', ".").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_variables_are_decoded() {
        assert_eq!(host_of_variable("app_terraform_io"), "app.terraform.io");
        assert_eq!(host_of_variable("my__site_example_com"), "my-site.example.com");
        assert_eq!(host_of_variable("app.terraform.io"), "app.terraform.io");
    }

    #[test]
    fn variables_come_before_files() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".terraform.d")).unwrap();
        let stored = r#"{"credentials": {"a.example.com": {"token": "stored"}, "c.example.com": {"token": "c"}}}"#;
        fs::write(home.path().join(".terraform.d/credentials.tfrc.json"), stored).unwrap();
        let rc = "credentials \"a.example.com\" {\n  token = \"rc\"\n}\ncredentials \"b.example.com\" { token = \"b\" }\n\
                  host \"b.example.com\" {\n  services = { \"modules.v1\" = \"http://127.0.0.1/\" }\n}\n";
        fs::write(home.path().join(".terraformrc"), rc).unwrap();
        let config = CliConfig::load([("TF_TOKEN_b_example_com", "variable")].into_iter(), Some(home.path())).unwrap();
        assert_eq!(config.token("a.example.com"), Some("rc"));
        assert_eq!(config.token("b.example.com"), Some("variable"));
        assert_eq!(config.token("c.example.com"), Some("c"));
        assert_eq!(config.services("b.example.com").unwrap()["modules.v1"], "http://127.0.0.1/");
        assert!(!format!("{config:?}").contains("variable"));
        let named = CliConfig::load([("TF_CLI_CONFIG_FILE", "/dev/null")].into_iter(), Some(home.path())).unwrap();
        assert_eq!(named.token("a.example.com"), Some("stored"));
    }

    #[test]
    fn a_broken_file_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "credentials {").unwrap();
        let path = file.path().to_str().unwrap();
        let error = CliConfig::load([("TF_CLI_CONFIG_FILE", path)].into_iter(), None).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}
