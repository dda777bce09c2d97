//! A directory with a configuration, and runs of the binary in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::Value;
use tempfile::TempDir;

use crate::Emulator;

/// A temporary directory with a configuration. Nothing of the user's environment reaches the binary.
pub struct Project {
    home: TempDir,
    directory: PathBuf,
    environment: Vec<(String, String)>,
}

/// What a run of the binary left.
#[derive(Debug)]
pub struct Run {
    /// Exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Project {
    /// Returns a project with these files.
    ///
    /// # Panics
    /// When the files cannot be written.
    pub fn with_files(files: &[(&str, &str)]) -> Self {
        let project = Self::empty("project");
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// Returns a copy of one of the repository's examples, with the modules where it expects them.
    ///
    /// # Panics
    /// When there is no such example.
    pub fn with_example(name: &str) -> Self {
        let project = Self::empty(&format!("examples/{name}"));
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        copy(&repository.join("modules"), &project.home.path().join("modules"));
        copy(&repository.join("examples").join(name), &project.directory);
        project
    }

    fn empty(directory: &str) -> Self {
        let home = TempDir::new().expect("a temporary directory can be made");
        let directory = home.path().join(directory);
        fs::create_dir_all(&directory).expect("a directory can be made");
        Self { home, directory, environment: Vec::new() }
    }

    /// Points the AWS SDKs at an emulator, with credentials that it takes.
    #[must_use]
    pub fn on(self, emulator: &Emulator) -> Self {
        self.at(emulator.url())
    }

    /// Points the AWS SDKs at an endpoint, with credentials that the emulator takes.
    #[must_use]
    pub fn at(self, url: &str) -> Self {
        self.with_environment("AWS_ENDPOINT_URL", url)
            .with_environment("AWS_ACCESS_KEY_ID", "testing")
            .with_environment("AWS_SECRET_ACCESS_KEY", "testing")
            .with_environment("AWS_REGION", "us-east-1")
    }

    /// Sets an environment variable for every run.
    #[must_use]
    pub fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the directory of the configuration.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a file of the configuration.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.directory.join(name);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// Reads a file of the configuration.
    ///
    /// # Panics
    /// When there is none.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).expect("the file is there")
    }

    /// Returns the binary with arguments, ready to be run in the project.
    pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("NO_COLOR", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary with arguments.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Run {
        let output = self.command(arguments).output().expect("the binary can be started");
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs the binary and expects it to succeed.
    ///
    /// # Panics
    /// With all that it printed, when it fails.
    #[track_caller]
    pub fn succeed<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
        run
    }
}

impl Run {
    /// Returns standard output as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Returns everything that was printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Returns the binary that was built together with the tests.
fn binary() -> PathBuf {
    let test = env::current_exe().expect("a test knows its own path");
    let profile = test.ancestors().nth(2).expect("tests are in target/PROFILE/deps");
    let binary = profile.join("landfall");
    assert!(binary.is_file(), "{} is missing: build the workspace", binary.display());
    binary
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("the directory is there") {
        let entry = entry.expect("the directory can be read");
        let target = to.join(entry.file_name());
        let is_state = entry.file_name().to_string_lossy().contains(".tfstate") || entry.file_name() == ".terraform";
        if is_state {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
