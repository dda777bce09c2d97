//! Repositories, by the program `git`: a bare mirror in the cache, and a plain tree of files for the module.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::cache::{Cache, lock};
use crate::error::{FetchError, Fetched};
use crate::package::Repository;

/// Where a mirror keeps what the repository's default branch is.
const DEFAULT_BRANCH: &str = "refs/landfall/default";

/// Puts the files of a repository into a directory that does not exist yet. Returns the commit.
pub(crate) async fn check_out(cache: &Cache, repository: &Repository, directory: &Path) -> Fetched<String> {
    let commit = match repository.depth {
        Some(depth) => shallow(repository, depth, directory).await?,
        None => from_mirror(cache, repository, directory).await?,
    };
    if directory.join(".gitmodules").is_file() {
        let submodules = ["submodule", "update", "--quiet", "--init", "--recursive"];
        git(Some(directory), submodules).await?;
    }
    let history = directory.join(".git");
    // The files are what a module is; the mirror has the history.
    tokio::fs::remove_dir_all(&history).await.map_err(FetchError::at(&history))?;
    Ok(commit)
}

async fn from_mirror(cache: &Cache, repository: &Repository, directory: &Path) -> Fetched<String> {
    let mirror = cache.mirror(&repository.url)?;
    let _lock = lock(&mirror.with_extension("lock")).await?;
    if !mirror.join("HEAD").is_file() {
        git(None, ["init", "--quiet", "--bare", "--"].map(OsStr::new).into_iter().chain([mirror.as_os_str()])).await?;
    }
    let commit = match kept_commit(&mirror, repository).await {
        Some(commit) => commit,
        None => {
            if !cache.was_asked(&repository.url) {
                update(&mirror, &repository.url).await?;
                cache.note_asked(&repository.url);
            }
            resolve(&mirror, repository).await?
        }
    };
    let arguments = ["clone", "--quiet", "--no-checkout", "--shared", "--"].map(OsStr::new);
    git(None, arguments.into_iter().chain([mirror.as_os_str(), directory.as_os_str()])).await?;
    // Filters and submodules ask the repository itself, not the mirror.
    git(Some(directory), ["remote", "set-url", "origin", &repository.url]).await?;
    git(Some(directory), ["checkout", "--quiet", "--detach", &commit]).await?;
    Ok(commit)
}

/// Returns the commit that the source names in full, if the mirror has it: it can be no other one.
async fn kept_commit(mirror: &Path, repository: &Repository) -> Option<String> {
    let commit = repository.reference.as_deref().filter(|text| is_commit(text))?;
    git(Some(mirror), ["cat-file", "-e", &format!("{commit}^{{commit}}")]).await.ok().map(|_| commit.to_owned())
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

async fn update(mirror: &Path, url: &str) -> Fetched<()> {
    let default_branch = format!("+HEAD:{DEFAULT_BRANCH}");
    let arguments = ["fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules", "--", url];
    let references = [default_branch.as_str(), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
    git(Some(mirror), arguments.into_iter().chain(references)).await.map(|_| ())
}

/// Returns the commit of what the source names: a tag before a branch before a commit.
async fn resolve(mirror: &Path, repository: &Repository) -> Fetched<String> {
    let Some(reference) = &repository.reference else {
        return commit_of(mirror, DEFAULT_BRANCH)
            .await
            .ok_or_else(|| FetchError::Address("the repository is empty".into()));
    };
    for name in [format!("refs/tags/{reference}"), format!("refs/heads/{reference}"), reference.clone()] {
        if let Some(commit) = commit_of(mirror, &name).await {
            return Ok(commit);
        }
    }
    // Servers give commits that no branch holds, if they are asked for them.
    let alone = ["fetch", "--quiet", "--", &repository.url, reference];
    if is_commit(reference) && git(Some(mirror), alone).await.is_ok() {
        return Ok(reference.clone());
    }
    let newest = ["for-each-ref", "--count=5", "--sort=-version:refname", "--format=%(refname:short)", "refs/tags"];
    let tags = git(Some(mirror), newest).await.unwrap_or_default();
    let tags = tags.lines().map(str::to_owned).collect();
    Err(FetchError::Reference { reference: reference.clone(), tags })
}

async fn commit_of(mirror: &Path, name: &str) -> Option<String> {
    let commit = format!("{name}^{{commit}}");
    let found = git(Some(mirror), ["rev-parse", "--quiet", "--verify", "--end-of-options", &commit]).await.ok()?;
    Some(found.lines().last()?.trim().to_owned()).filter(|text| is_commit(text))
}

async fn shallow(repository: &Repository, depth: u32, directory: &Path) -> Fetched<String> {
    let depth = format!("--depth={depth}");
    let mut arguments = vec!["clone", "--quiet", &depth];
    if let Some(reference) = &repository.reference {
        if is_commit(reference) {
            let problem = "`depth` goes with a branch or a tag, not with a commit";
            return Err(FetchError::Address(problem.to_owned()));
        }
        arguments.extend(["--branch", reference]);
    }
    arguments.extend(["--", &repository.url]);
    git(None, arguments.into_iter().map(OsStr::new).chain([directory.as_os_str()])).await?;
    Ok(git(Some(directory), ["rev-parse", "HEAD"]).await?.trim().to_owned())
}

/// Runs git, and returns what it prints.
async fn git<A: AsRef<OsStr>>(directory: Option<&Path>, arguments: impl IntoIterator<Item = A>) -> Fetched<String> {
    let mut command = Command::new("git");
    let mut action = None;
    for argument in arguments {
        action.get_or_insert_with(|| argument.as_ref().to_string_lossy().into_owned());
        command.arg(argument);
    }
    if let Some(directory) = directory {
        command.current_dir(directory);
    }
    // A hook that calls us says where its own repository is; several prompts at once help nobody.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(FetchError::NoGit)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    Err(FetchError::Git { action: action.unwrap_or_default(), stderr })
}
