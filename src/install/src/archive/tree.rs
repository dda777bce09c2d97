//! The directory that an archive is unpacked into. Nothing is written outside of it: links come last, when no file can be
//! written through them any more, and none of them may lead out.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::error::{FetchError, Fetched};

/// Bytes that an archive may unpack to.
const MOST_BYTES: u64 = 2 << 30;
/// Files, directories and links that it may have.
const MOST_ENTRIES: usize = 200_000;

/// A directory that is being filled.
pub(super) struct Tree {
    root: PathBuf,
    /// Links to make: where, and what they say.
    links: Vec<(PathBuf, PathBuf)>,
    /// Files that are the same as others of the archive.
    copies: Vec<(PathBuf, PathBuf)>,
    bytes: u64,
    entries: usize,
}

impl Tree {
    pub fn new(root: &Path) -> Fetched<Self> {
        fs::create_dir_all(root).map_err(FetchError::at(root))?;
        Ok(Self { root: root.to_owned(), links: Vec::new(), copies: Vec::new(), bytes: 0, entries: 0 })
    }

    /// Adds a directory.
    pub fn directory(&mut self, path: &Path) -> Fetched<()> {
        let path = self.place(path)?;
        fs::create_dir_all(&path).map_err(FetchError::at(&path))
    }

    /// Adds a file.
    pub fn file(&mut self, path: &Path, mode: Option<u32>, content: &mut dyn Read) -> Fetched<()> {
        let path = self.place(path)?;
        make_parent(&path)?;
        let mut file = fs::File::create(&path).map_err(FetchError::at(&path))?;
        let left = MOST_BYTES - self.bytes;
        let written = io::copy(&mut content.take(left + 1), &mut file).map_err(FetchError::at(&path))?;
        if written > left {
            return Err(FetchError::Archive(format!("it unpacks to more than {} GiB", MOST_BYTES >> 30)));
        }
        self.bytes += written;
        set_mode(&path, mode)
    }

    /// Notes a symbolic link.
    pub fn link(&mut self, path: &Path, target: &Path) -> Fetched<()> {
        let place = self.place(path)?;
        let parent = path.parent().unwrap_or(Path::new(""));
        inside(&parent.join(target)).ok_or_else(|| leads_out(path, target))?;
        if target.is_absolute() {
            return Err(leads_out(path, target));
        }
        self.links.push((place, target.to_owned()));
        Ok(())
    }

    /// Notes a file that is another one's copy; `target` is relative to the archive.
    pub fn copy(&mut self, path: &Path, target: &Path) -> Fetched<()> {
        let place = self.place(path)?;
        let original = self.root.join(inside(target).ok_or_else(|| leads_out(path, target))?);
        self.copies.push((place, original));
        Ok(())
    }

    /// Makes the links that were noted.
    pub fn finish(self) -> Fetched<()> {
        for (path, original) in &self.copies {
            make_parent(path)?;
            fs::copy(original, path).map_err(FetchError::at(path))?;
        }
        for (path, target) in &self.links {
            make_parent(path)?;
            std::os::unix::fs::symlink(target, path).map_err(FetchError::at(path))?;
        }
        let root = self.root.canonicalize().map_err(FetchError::at(&self.root))?;
        for (path, target) in &self.links {
            // The parent too: it may be reached through another link.
            let parent = path.parent().unwrap_or(&self.root);
            let stays = |path: &Path| path.canonicalize().map_or(true, |path| path.starts_with(&root));
            if !stays(parent) || !stays(path) {
                return Err(leads_out(path.strip_prefix(&self.root).unwrap_or(path), target));
            }
        }
        Ok(())
    }

    /// Returns where an entry goes.
    fn place(&mut self, path: &Path) -> Fetched<PathBuf> {
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(FetchError::Archive(format!("it has more than {MOST_ENTRIES} entries")));
        }
        let outside = || FetchError::Archive(format!("its entry `{}` lies outside of it", path.display()));
        if path.components().any(|part| matches!(part, Component::ParentDir | Component::RootDir)) {
            return Err(outside());
        }
        Ok(self.root.join(inside(path).ok_or_else(outside)?))
    }
}

fn leads_out(path: &Path, target: &Path) -> FetchError {
    let (path, target) = (path.display(), target.display());
    FetchError::Archive(format!("its link `{path}` leads out of it, to `{target}`"))
}

/// Returns a relative path without `.` and `..`; `None` if it leads out.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => {
                if !clean.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(clean)
}

fn make_parent(path: &Path) -> Fetched<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(FetchError::at(parent))
}

/// Keeps the bit that makes a file a program; who may read and write it is the user's.
fn set_mode(path: &Path, mode: Option<u32>) -> Fetched<()> {
    use std::os::unix::fs::PermissionsExt;
    if mode.is_none_or(|mode| mode & 0o111 == 0) {
        return Ok(());
    }
    let metadata = fs::metadata(path).map_err(FetchError::at(path))?;
    let mut permissions = metadata.permissions();
    let readers = permissions.mode() & 0o444;
    permissions.set_mode(permissions.mode() | readers >> 2);
    fs::set_permissions(path, permissions).map_err(FetchError::at(path))
}
