//! `kubeconfig`: writes or merges an entry for a cluster, whose tokens come from `landfall token`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::Value;
use serde_norway::{Mapping, Value as Yaml};

use super::Outcome;
use super::cloud::{Account, read_cluster_data, text};
use crate::args::KubeconfigArgs;
use crate::exit::Exit;
use crate::operation::Engine;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &KubeconfigArgs) -> Outcome {
    let engine = Engine::new(session)?;
    let account = Account { region: args.region.as_deref(), profile: args.profile.as_deref(), role: None };
    let cluster = Cluster::of(&read_cluster_data(&engine, &account, "aws_eks_cluster", &args.cluster)?)?;
    let context = args.alias.clone().unwrap_or_else(|| cluster.arn.clone());
    let user = user(session, args, &cluster);
    if args.file.as_deref() == Some(Path::new("-")) {
        let config = merged(Yaml::Null, &cluster, &context, user)?;
        session.print(&to_text(&config)?);
        return Ok(Exit::Done);
    }
    let path = path(session, args)?;
    let old = match fs::read_to_string(&path) {
        Ok(text) => serde_norway::from_str(&text).map_err(|error| unusable(&path, &error.to_string()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Yaml::Null,
        Err(error) => return Err(unusable(&path, &error.to_string()).into()),
    };
    let config = merged(old, &cluster, &context, user)?;
    replace(&path, &to_text(&config)?).map_err(|error| unusable(&path, &error.to_string()))?;
    session.print(&format!("Context \"{context}\" is in {} and selected.\n", path.display()));
    Ok(Exit::Done)
}

fn unusable(path: &Path, problem: &str) -> Diagnostic {
    Diagnostic::error("Kubeconfig cannot be written", format!("The file `{}`: {problem}.", path.display()))
}

/// What kubectl needs to know of a cluster.
struct Cluster {
    arn: String,
    endpoint: String,
    authority: String,
}

impl Cluster {
    fn of(data: &Value) -> Result<Self, Diagnostics> {
        let authority = || text(data.get("certificate_authority")?.as_slice()?.first()?, "data").map(str::to_owned);
        let cluster = || {
            Some(Self {
                arn: text(data, "arn")?.to_owned(),
                endpoint: text(data, "endpoint")?.to_owned(),
                authority: authority()?,
            })
        };
        cluster().ok_or_else(|| {
            let detail = "The cluster has no endpoint yet. Wait until it is active, then try again.";
            Diagnostic::error("Cluster is not ready", detail).into()
        })
    }

    /// Returns the region, which an ARN has as its fourth part.
    fn region(&self) -> &str {
        self.arn.split(':').nth(3).unwrap_or_default()
    }
}

fn path(session: &Session, args: &KubeconfigArgs) -> Result<PathBuf, Diagnostic> {
    if let Some(path) = &args.file {
        return Ok(path.clone());
    }
    if let Some(paths) = session.environment.get("KUBECONFIG")
        && let Some(first) = std::env::split_paths(paths).find(|path| !path.as_os_str().is_empty())
    {
        return Ok(first);
    }
    let home = std::env::home_dir().ok_or_else(|| {
        Diagnostic::error("No home directory", "Give the file to write with -kubeconfig, or set KUBECONFIG.")
    })?;
    Ok(home.join(".kube").join("config"))
}

fn mapping(entries: impl IntoIterator<Item = (&'static str, Yaml)>) -> Yaml {
    Yaml::Mapping(entries.into_iter().map(|(name, value)| (Yaml::from(name), value)).collect::<Mapping>())
}

/// Returns the user entry: an exec plugin that calls us.
fn user(session: &Session, args: &KubeconfigArgs, cluster: &Cluster) -> Yaml {
    let program =
        std::env::current_exe().map_or_else(|_| "landfall".to_owned(), |path| path.to_string_lossy().into_owned());
    let mut words = vec![Yaml::from("token"), Yaml::from(format!("-region={}", cluster.region()))];
    words.extend(args.role.iter().map(|role| Yaml::from(format!("-role-arn={role}"))));
    words.push(Yaml::from(args.cluster.as_str()));
    let profile = args.profile.as_deref().or(session.environment.get("AWS_PROFILE"));
    let variables = profile.map(|profile| mapping([("name", "AWS_PROFILE".into()), ("value", profile.into())]));
    mapping([(
        "exec",
        mapping([
            ("apiVersion", "client.authentication.k8s.io/v1beta1".into()),
            ("command", program.into()),
            ("args", Yaml::Sequence(words)),
            ("env", variables.map_or(Yaml::Null, |variable| Yaml::Sequence(vec![variable]))),
            ("interactiveMode", "Never".into()),
        ]),
    )])
}

/// Returns a kubeconfig with entries for the cluster, in place of older ones of the same names.
fn merged(old: Yaml, cluster: &Cluster, context: &str, user: Yaml) -> Result<Yaml, Diagnostics> {
    let mut config = match old {
        Yaml::Mapping(config) => config,
        Yaml::Null => Mapping::new(),
        _ => return Err(Diagnostic::error("Invalid kubeconfig", "The existing file is not a kubeconfig.").into()),
    };
    let arn = cluster.arn.as_str();
    config.entry("apiVersion".into()).or_insert("v1".into());
    config.entry("kind".into()).or_insert("Config".into());
    config.entry("preferences".into()).or_insert(mapping([]));
    let place = mapping([
        ("server", cluster.endpoint.as_str().into()),
        ("certificate-authority-data", cluster.authority.as_str().into()),
    ]);
    put(&mut config, "clusters", arn, "cluster", place);
    put(&mut config, "users", arn, "user", user);
    put(&mut config, "contexts", context, "context", mapping([("cluster", arn.into()), ("user", arn.into())]));
    config.insert("current-context".into(), context.into());
    Ok(Yaml::Mapping(config))
}

fn put(config: &mut Mapping, list: &str, name: &str, kind: &'static str, content: Yaml) {
    let entry = mapping([("name", name.into()), (kind, content)]);
    let list = config.entry(list.into()).or_insert(Yaml::Sequence(Vec::new()));
    if !list.is_sequence() {
        *list = Yaml::Sequence(Vec::new());
    }
    let Some(entries) = list.as_sequence_mut() else { return };
    match entries.iter_mut().find(|old| old.get("name").and_then(Yaml::as_str) == Some(name)) {
        Some(old) => *old = entry,
        None => entries.push(entry),
    }
}

fn to_text(config: &Yaml) -> Result<String, Diagnostic> {
    serde_norway::to_string(config)
        .map_err(|error| Diagnostic::error("Kubeconfig cannot be written", format!("{error}.")))
}

/// Replaces a file at once; only its owner may read it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> Cluster {
        Cluster {
            arn: "arn:aws:eks:eu-west-1:123456789012:cluster/c".to_owned(),
            endpoint: "https://new".to_owned(),
            authority: "CA".to_owned(),
        }
    }

    #[test]
    fn entries_of_others_stay_and_ours_are_replaced() {
        let old = "apiVersion: v1\nclusters:\n- name: other\n  cluster: {server: https://other}\n- name: \
                   arn:aws:eks:eu-west-1:123456789012:cluster/c\n  cluster: {server: https://old}\ncurrent-context: other\n";
        let new = merged(serde_norway::from_str(old).unwrap(), &cluster(), "mine", mapping([])).unwrap();
        let clusters = new.get("clusters").and_then(Yaml::as_sequence).unwrap();
        assert_eq!(clusters.len(), 2);
        let text = to_text(&new).unwrap();
        assert!(
            text.contains("https://other") && text.contains("https://new") && !text.contains("https://old"),
            "{text}"
        );
        assert!(text.contains("current-context: mine"), "{text}");
    }

    #[test]
    fn region_is_part_of_the_arn() {
        assert_eq!(cluster().region(), "eu-west-1");
    }
}
