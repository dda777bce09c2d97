//! What every test has: directories, a configuration that names the loopback registry, and a way to install.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use landfall_install::{Call, CliConfig, Event, Installed, Installer, Problem, Settings};
use landfall_lang::config::load::ModuleSource;

use crate::server::Server;

/// The registry's name; it is served on loopback.
pub const HOST: &str = "registry.example.com";

pub struct World {
    pub place: tempfile::TempDir,
    pub server: Server,
}

impl World {
    pub fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap(), server: Server::start() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn installer(&self) -> Installer {
        let rc = self.path("terraformrc");
        let text = format!(
            "host \"{HOST}\" {{\n  services = {{ \"modules.v1\" = \"{}/m\" }}\n}}\nhost \"empty.example.com\" {{ services \
             = {{}} }}\ncredentials \"{HOST}\" {{ token = \"sesame\" }}\n",
            self.server.address
        );
        fs::write(&rc, text).unwrap();
        let variables = [("TF_CLI_CONFIG_FILE", rc.to_str().unwrap())];
        Installer::new(Settings {
            modules: self.path("modules"),
            cache: Some(self.path("cache")),
            cli_config: CliConfig::load(variables.into_iter(), None).unwrap(),
            patience: Duration::from_secs(5),
        })
        .unwrap()
    }

    /// Installs one module under the key `m`, and returns what was said of it.
    pub fn install(&self, source: &str, version: Option<&str>) -> (Result<Installed, Problem>, Vec<Event>) {
        let call = Call {
            key: "m".to_owned(),
            source: ModuleSource::parse(source, version.is_some()).unwrap(),
            version: version.map(|text| text.parse().unwrap()),
        };
        let events = Mutex::new(Vec::new());
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let installer = self.installer();
        let mut outcomes =
            executor.block_on(installer.install(vec![call], &|event| events.lock().unwrap().push(event)));
        (outcomes.remove("m").unwrap(), events.into_inner().unwrap())
    }

    /// Installs a module, and returns the text of its `main.tf`.
    #[track_caller]
    pub fn main_of(&self, source: &str, version: Option<&str>) -> String {
        let installed = self.install(source, version).0.unwrap();
        fs::read_to_string(PathBuf::from(installed.directory).join("main.tf")).unwrap()
    }

    /// Tries to install a module, and returns the detail of what is wrong after its summary.
    #[track_caller]
    pub fn problem(&self, source: &str, version: Option<&str>) -> String {
        let problem = self.install(source, version).0.unwrap_err();
        format!("{} [{:?}] {}", problem.summary, problem.argument, problem.detail)
    }

    /// Makes a repository with a module at its root and one in `modules/a`, tagged `v1`, and goes on from there.
    pub fn repository(&self) -> String {
        let root = self.path("repository");
        fs::create_dir_all(root.join("modules/a")).unwrap();
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        fs::write(root.join("main.tf"), "# one").unwrap();
        fs::write(root.join("modules/a/main.tf"), "# a").unwrap();
        self.commit("v1");
        fs::write(root.join("main.tf"), "# two").unwrap();
        self.commit("v2");
        fs::write(root.join("main.tf"), "# head").unwrap();
        self.commit("head");
        self.git(&["tag", "--delete", "head"]);
        format!("git::file://{}", root.display())
    }

    pub fn commit(&self, tag: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", tag]);
        self.git(&["tag", tag]);
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let mut git = Command::new("git");
        git.current_dir(self.path("repository")).args(identity).args(arguments);
        let output = git.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// Returns an archive of files.
pub fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}
