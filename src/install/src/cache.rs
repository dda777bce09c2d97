//! Archives and repositories that were fetched before, shared by all working directories of a user.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::Sha256;
use url::Url;

use crate::digest::{name_of, of_file};
use crate::error::{FetchError, Fetched};
use crate::web::{Headers, Web};

/// Where content is kept. Without a directory of the user's it is kept as long as the process lives.
pub(crate) struct Cache {
    directory: PathBuf,
    /// Addresses that were asked in this run: many calls of one package ask once.
    asked: Mutex<BTreeSet<String>>,
    _temporary: Option<tempfile::TempDir>,
}

/// Whether what an address gives may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// It stays what it is: a version of a registry's module, by this name.
    Forever(String),
    /// The server has to be asked.
    Revalidate,
}

impl Cache {
    pub fn new(directory: Option<PathBuf>) -> Fetched<Self> {
        match directory {
            Some(directory) => Ok(Self { directory, asked: Mutex::default(), _temporary: None }),
            None => {
                let temporary = tempfile::tempdir().map_err(FetchError::at(&std::env::temp_dir()))?;
                let directory = temporary.path().to_owned();
                Ok(Self { directory, asked: Mutex::default(), _temporary: Some(temporary) })
            }
        }
    }

    /// Returns whether an address was asked in this run.
    pub fn was_asked(&self, address: &str) -> bool {
        self.asked.lock().expect("no use of the set panics").contains(address)
    }

    /// Notes that an address was asked.
    pub fn note_asked(&self, address: &str) {
        self.asked.lock().expect("no use of the set panics").insert(address.to_owned());
    }

    /// Returns the place of a repository's mirror; its folder is there.
    pub fn mirror(&self, url: &str) -> Fetched<PathBuf> {
        Ok(self.folder("git")?.join(format!("{}.git", name_of(url))))
    }

    /// Returns the file that an address gives: fetched now, or before and unchanged since then.
    pub async fn archive(&self, web: &Web, url: &Url, headers: &Headers, lasting: &Lasting) -> Fetched<PathBuf> {
        let key = match lasting {
            Lasting::Forever(name) => name.as_str(),
            Lasting::Revalidate => url.as_str(),
        };
        let entry = Entry { path: self.folder("archives")?.join(name_of(key)) };
        let _lock = lock(&entry.beside("lock")).await?;
        let kept = entry.is_whole();
        if kept && (*lasting != Lasting::Revalidate || self.was_asked(key)) {
            return Ok(entry.path);
        }
        let mut headers = headers.clone();
        if let Some(tag) = fs::read_to_string(entry.beside("etag")).ok().filter(|_| kept) {
            headers.push(("if-none-match", tag));
        }
        let answer = web.get(url, &headers).await?;
        if answer.status == 304 && kept {
            self.note_asked(key);
            return Ok(entry.path);
        }
        let tag = answer.header("etag").map(str::to_owned);
        let part = entry.beside("part");
        answer.save(&part).await?;
        entry.keep(&part, tag.as_deref())?;
        self.note_asked(key);
        Ok(entry.path)
    }

    fn folder(&self, name: &str) -> Fetched<PathBuf> {
        let folder = self.directory.join(name);
        fs::create_dir_all(&folder).map_err(FetchError::at(&folder))?;
        Ok(folder)
    }
}

/// A file with its digest beside it.
struct Entry {
    path: PathBuf,
}

impl Entry {
    fn beside(&self, extension: &str) -> PathBuf {
        self.path.with_extension(extension)
    }

    /// Returns whether the file is there and is what was kept.
    fn is_whole(&self) -> bool {
        let noted = fs::read_to_string(self.beside("sha256"));
        matches!((noted, of_file::<Sha256>(&self.path)), (Ok(noted), Ok(found)) if noted == found)
    }

    /// Makes a file the content; the digest comes last, so that half an entry is none.
    fn keep(&self, part: &Path, tag: Option<&str>) -> Fetched<()> {
        for stale in ["sha256", "etag"] {
            // What is not there needs no removal.
            let _ = fs::remove_file(self.beside(stale));
        }
        let digest = of_file::<Sha256>(part).map_err(FetchError::at(part))?;
        fs::rename(part, &self.path).map_err(FetchError::at(&self.path))?;
        if let Some(tag) = tag {
            fs::write(self.beside("etag"), tag).map_err(FetchError::at(&self.path))?;
        }
        fs::write(self.beside("sha256"), digest).map_err(FetchError::at(&self.path))
    }
}

/// Waits until no other process works at the same entry. The lock ends with the file.
pub(crate) async fn lock(path: &Path) -> Fetched<File> {
    let path = path.to_owned();
    let locked = move || {
        let file = File::create(&path).map_err(FetchError::at(&path))?;
        file.lock().map_err(FetchError::at(&path))?;
        Ok(file)
    };
    tokio::task::spawn_blocking(locked).await.expect("a lock does not panic")
}
