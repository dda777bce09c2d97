//! The files of the demo: the quickstart and its modules, as they are in the repository.

use std::fs;
use std::path::Path;

use landfall_diag::Diagnostic;

/// A file of the repository: its path below a folder, and its text.
macro_rules! embedded {
    ($folder:literal, $path:literal) => {
        ($path, include_str!(concat!("../../../../../", $folder, "/", $path)))
    };
}

/// The configuration.
const QUICKSTART: &[(&str, &str)] = &[
    embedded!("examples/quickstart", "main.tf"),
    embedded!("examples/quickstart", "nodes.tf"),
    embedded!("examples/quickstart", "outputs.tf"),
    embedded!("examples/quickstart", "tour"),
    embedded!("examples/quickstart", "variables.tf"),
    embedded!("examples/quickstart", "versions.tf"),
];

/// The modules that it calls, and those that they call.
const MODULES: &[(&str, &str)] = &[
    embedded!("modules", "addons/main.tf"),
    embedded!("modules", "addons/outputs.tf"),
    embedded!("modules", "addons/variables.tf"),
    embedded!("modules", "addons/versions.tf"),
    embedded!("modules", "ami/main.tf"),
    embedded!("modules", "ami/outputs.tf"),
    embedded!("modules", "ami/variables.tf"),
    embedded!("modules", "ami/versions.tf"),
    embedded!("modules", "cluster/access.tf"),
    embedded!("modules", "cluster/encryption.tf"),
    embedded!("modules", "cluster/iam.tf"),
    embedded!("modules", "cluster/logs.tf"),
    embedded!("modules", "cluster/main.tf"),
    embedded!("modules", "cluster/outputs.tf"),
    embedded!("modules", "cluster/variables.tf"),
    embedded!("modules", "cluster/versions.tf"),
    embedded!("modules", "fargate-profile/main.tf"),
    embedded!("modules", "fargate-profile/outputs.tf"),
    embedded!("modules", "fargate-profile/variables.tf"),
    embedded!("modules", "fargate-profile/versions.tf"),
    embedded!("modules", "launch-template/main.tf"),
    embedded!("modules", "launch-template/outputs.tf"),
    embedded!("modules", "launch-template/variables.tf"),
    embedded!("modules", "launch-template/versions.tf"),
    embedded!("modules", "network/main.tf"),
    embedded!("modules", "network/outputs.tf"),
    embedded!("modules", "network/routes.tf"),
    embedded!("modules", "network/variables.tf"),
    embedded!("modules", "network/versions.tf"),
    embedded!("modules", "network/zones.tf"),
    embedded!("modules", "node-group-autoscaling/main.tf"),
    embedded!("modules", "node-group-autoscaling/outputs.tf"),
    embedded!("modules", "node-group-autoscaling/variables.tf"),
    embedded!("modules", "node-group-autoscaling/versions.tf"),
    embedded!("modules", "node-group-managed/main.tf"),
    embedded!("modules", "node-group-managed/outputs.tf"),
    embedded!("modules", "node-group-managed/variables.tf"),
    embedded!("modules", "node-group-managed/versions.tf"),
    embedded!("modules", "node-group-spot-fleet/iam.tf"),
    embedded!("modules", "node-group-spot-fleet/main.tf"),
    embedded!("modules", "node-group-spot-fleet/outputs.tf"),
    embedded!("modules", "node-group-spot-fleet/variables.tf"),
    embedded!("modules", "node-group-spot-fleet/versions.tf"),
    embedded!("modules", "node-role/main.tf"),
    embedded!("modules", "node-role/outputs.tf"),
    embedded!("modules", "node-role/variables.tf"),
    embedded!("modules", "node-role/versions.tf"),
    embedded!("modules", "user-data/main.tf"),
    embedded!("modules", "user-data/outputs.tf"),
    embedded!("modules", "user-data/templates/al2.sh.tftpl"),
    embedded!("modules", "user-data/templates/al2023.mime.tftpl"),
    embedded!("modules", "user-data/templates/bottlerocket.toml.tftpl"),
    embedded!("modules", "user-data/variables.tf"),
    embedded!("modules", "user-data/versions.tf"),
];

/// Where the quickstart finds its modules in the repository, and here.
const MOVED: (&str, &str) = ("\"../../modules/", "\"./modules/");

/// Writes the configuration into a directory, which has to be new or empty.
///
/// # Errors
/// When it is not, or cannot be written.
pub(super) fn write(directory: &Path) -> Result<(), Diagnostic> {
    if fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some()) {
        let detail = format!(
            "`{0}` is not empty. Name another directory:\n\n    landfall demo DIRECTORY\n\nOr, to go on with the demo that is \
             there:\n\n    landfall -chdir={0} apply -sandbox -time-scale={1}",
            directory.display(),
            super::SCALE
        );
        return Err(Diagnostic::error("The demo needs a new directory", detail));
    }
    let own = QUICKSTART.iter().map(|(path, text)| (directory.join(path), text.replace(MOVED.0, MOVED.1)));
    let modules = MODULES.iter().map(|(path, text)| (directory.join("modules").join(path), (*text).to_owned()));
    for (path, text) in own.chain(modules) {
        let folder = path.parent().unwrap_or(directory);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.map_err(|error| super::unusable(&path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Returns the paths of a folder's configuration files, templates included.
    fn paths(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                None if path.file_name().unwrap() == "templates" => found.extend(paths(&path)),
                Some("tf" | "tftpl") => found.push(path),
                _ => {}
            }
        }
        found
    }

    #[test]
    fn every_file_of_the_quickstart_and_its_modules_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let check = |folder: &Path, list: &[(&str, &str)]| {
            for path in paths(folder) {
                let path = path.to_str().unwrap();
                assert!(list.iter().any(|(own, _)| path.ends_with(own)), "{path} is not embedded");
            }
        };
        check(&root.join("examples/quickstart"), QUICKSTART);
        let called = QUICKSTART.iter().chain(MODULES).flat_map(|(_, text)| text.lines());
        let called = called.filter_map(|line| line.trim().strip_prefix("source"));
        let names = called.filter_map(|rest| rest.trim().trim_start_matches('=').trim().strip_prefix("\"../"));
        for name in names.filter_map(|rest| rest.trim_end_matches('"').rsplit('/').next()) {
            check(&root.join("modules").join(name), MODULES);
        }
    }

    #[test]
    fn a_directory_that_is_in_use_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("demo");
        write(&path).unwrap();
        let main = fs::read_to_string(path.join("main.tf")).unwrap();
        assert!(main.contains("\"./modules/network\"") && path.join("modules/user-data/templates").is_dir());
        assert_eq!(write(&path).unwrap_err().summary, "The demo needs a new directory");
    }
}
