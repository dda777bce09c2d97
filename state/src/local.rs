//! A state in a local file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::{Encryption, FileStepLog, LockInfo, State, StateError, StateLock, StateStore, StepLog, step_log, v4};

/// Keeps a state in a file, such as `terraform.tfstate`, with a backup of the previous one, lock information and the
/// log of finished steps beside it.
pub struct LocalStore {
    path: PathBuf,
    backup: Option<PathBuf>,
    /// The locked file. Shared with the guard, since a write replaces the file and must lock the new one first.
    locked: Arc<Mutex<Option<File>>>,
    encryption: Encryption,
}

impl LocalStore {
    /// Returns the store of a file, with `FILE.backup` as backup.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let backup = Some(with_suffix(&path, ".backup"));
        Self { path, backup, locked: Arc::default(), encryption: Encryption::none() }
    }

    /// Sets where the previous state is kept; `None` keeps none.
    #[must_use]
    pub fn with_backup(mut self, backup: Option<PathBuf>) -> Self {
        self.backup = backup;
        self
    }

    /// Sets how the state and its log are encrypted.
    #[must_use]
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a state from any file, without a log of finished steps.
    ///
    /// # Errors
    /// When it cannot be read or is not a state.
    pub fn read_file(path: &Path, encryption: &Encryption) -> Result<Option<State>, StateError> {
        match fs::read(path) {
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => v4::read_sealed(&text, encryption).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StateError::io("read", path, source)),
        }
    }

    fn log_path(&self) -> PathBuf {
        with_suffix(&self.path, ".steps")
    }

    fn info_path(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.lock.info"))
    }

    fn locked(&self) -> MutexGuard<'_, Option<File>> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a new file beside the old one and puts it in its place, locked if the old one is.
    fn replace(&self, state: &State) -> io::Result<()> {
        // A state that is a symbolic link stays one.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let directory = directory_of(&target);
        fs::create_dir_all(directory)?;
        let mut file = tempfile::Builder::new().prefix(".terraform.tfstate.").tempfile_in(directory)?;
        if let Ok(old) = fs::metadata(&target) {
            file.as_file().set_permissions(old.permissions())?;
        } else {
            file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        }
        let mut writer = BufWriter::with_capacity(1 << 16, file.as_file_mut());
        if self.encryption.is_on() {
            writer.write_all(&v4::sealed(state, &self.encryption).map_err(io::Error::other)?)?;
        } else {
            v4::write(state, &mut writer)?;
        }
        writer.flush()?;
        drop(writer);
        file.as_file().sync_all()?;
        self.keep_backup(&target)?;
        let mut locked = self.locked();
        if locked.is_some() && !try_lock(file.as_file())? {
            return Err(io::Error::other("a new file is locked by someone else"));
        }
        let hidden = locked.is_some().then(|| hide(&target)).flatten();
        let new = file.persist(&target).map_err(|error| error.error)?;
        File::open(directory)?.sync_all()?;
        if let (Some(old), Some(hidden)) = (locked.as_mut(), hidden) {
            if bring_back(old, &new, &hidden, &target).is_ok() {
                return Ok(());
            }
            // What could not be brought back is in the way of nobody.
            let _ = fs::remove_file(&hidden);
        }
        if locked.is_some() {
            *locked = Some(new);
        }
        Ok(())
    }

    /// Keeps the file that is about to be replaced.
    fn keep_backup(&self, target: &Path) -> io::Result<()> {
        let Some(backup) = &self.backup else { return Ok(()) };
        match fs::metadata(target) {
            Ok(old) if old.len() > 0 => {}
            Ok(_) | Err(_) => return Ok(()),
        }
        let mut copy = tempfile::Builder::new().prefix(".terraform.tfstate.").tempfile_in(directory_of(backup))?;
        io::copy(&mut File::open(target)?, copy.as_file_mut())?;
        copy.as_file().set_permissions(fs::metadata(target)?.permissions())?;
        copy.persist(backup).map_err(|error| error.error)?;
        Ok(())
    }

    fn remove_log(&self) -> Result<(), StateError> {
        let path = self.log_path();
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(StateError::io("remove", path, source)),
        }
    }

    /// Opens the state's file and locks it, unless someone else has the lock.
    fn try_acquire(&self) -> io::Result<Option<(File, bool)>> {
        fs::create_dir_all(directory_of(&self.path))?;
        let created = !self.path.exists();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path)?;
        if !try_lock(&file)? {
            return Ok(None);
        }
        // The holder before us may have put another file in its place between our opening and locking.
        let (mine, there) = (file.metadata()?, fs::metadata(&self.path));
        Ok(there.is_ok_and(|there| (there.dev(), there.ino()) == (mine.dev(), mine.ino())).then_some((file, created)))
    }
}

impl StateStore for LocalStore {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&self) -> Result<Option<State>, StateError> {
        let mut state = Self::read_file(&self.path, &self.encryption)?;
        let path = self.log_path();
        match fs::read(&path) {
            Ok(log) => _ = step_log::replay(&log, &path.to_string_lossy(), &self.encryption, &mut state)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(StateError::io("read", path, source)),
        }
        Ok(state)
    }

    fn write_as_is(&self, state: &State) -> Result<(), StateError> {
        self.replace(state).map_err(|source| StateError::io("write", &self.path, source))?;
        self.remove_log()
    }

    fn force_unlock(&self, id: &str) -> Result<(), StateError> {
        let Some(info) = read_info(&self.info_path()) else {
            return Err(StateError::NotLocked("the state is not locked".to_owned()));
        };
        if info.id != id {
            return Err(StateError::NotLocked(format!("lock id `{id}` does not match existing lock id `{}`", info.id)));
        }
        let path = self.info_path();
        fs::remove_file(&path).map_err(|source| StateError::io("remove", path, source))
    }

    fn write(&self, state: &mut State) -> Result<(), StateError> {
        if state.changed {
            state.serial += 1;
            if let Err(source) = self.replace(state) {
                state.serial -= 1;
                return Err(StateError::io("write", &self.path, source));
            }
            state.changed = false;
        }
        if state.intents.is_empty() {
            self.remove_log()
        } else {
            FileStepLog::replace(&self.log_path(), state, &self.encryption)
        }
    }

    fn lock(&self, mut info: LockInfo, timeout: Duration) -> Result<Box<dyn StateLock>, StateError> {
        let deadline = Instant::now() + timeout;
        let failed = |source| StateError::io("lock", &self.path, source);
        let (file, created) = loop {
            if let Some(acquired) = self.try_acquire().map_err(failed)? {
                break acquired;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StateError::Locked { holder: read_info(&self.info_path()).map(Box::new) });
            }
            std::thread::sleep(left.min(Duration::from_millis(250)));
        };
        info.path = self.path.to_string_lossy().into_owned();
        let info_path = self.info_path();
        let text = serde_json::to_string(&info).map_err(|error| failed(error.into()))?;
        fs::write(&info_path, text).map_err(|source| StateError::io("write", &info_path, source))?;
        *self.locked() = Some(file);
        let path = self.path.clone();
        Ok(Box::new(LocalLock { info, info_path, path, created, locked: self.locked.clone() }))
    }

    fn step_log(&self, state: &State) -> Result<Box<dyn StepLog>, StateError> {
        Ok(Box::new(FileStepLog::open(self.log_path(), state, &self.encryption)?))
    }
}

struct LocalLock {
    info: LockInfo,
    info_path: PathBuf,
    path: PathBuf,
    /// The state's file was made by locking it.
    created: bool,
    locked: Arc<Mutex<Option<File>>>,
}

impl StateLock for LocalLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }
}

impl Drop for LocalLock {
    /// Removes the lock information, and a state file that is still as empty as locking made it; then lets go.
    fn drop(&mut self) {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing can be done about a failure here: the lock itself ends with the file handle.
        let _ = fs::remove_file(&self.info_path);
        if self.created && fs::metadata(&self.path).is_ok_and(|file| file.len() == 0) {
            let _ = fs::remove_file(&self.path);
        }
        *locked = None;
    }
}

/// Gives the locked file another name beside its own, under which it outlives its replacement; none where the file system
/// has no such names.
fn hide(target: &Path) -> Option<PathBuf> {
    let hidden = tempfile::Builder::new().prefix(".terraform.tfstate.").tempfile_in(directory_of(target)).ok()?;
    let path = hidden.path().to_owned();
    hidden.close().ok()?;
    fs::hard_link(target, &path).ok()?;
    Some(path)
}

/// Puts the locked file back in its place with the contents of the one that replaced it: whoever waits for its lock has
/// it open, and would otherwise go on with a file that is nowhere.
fn bring_back(old: &mut File, new: &File, hidden: &Path, target: &Path) -> io::Result<()> {
    let mut contents = new.try_clone()?;
    contents.seek(SeekFrom::Start(0))?;
    old.set_len(0)?;
    old.seek(SeekFrom::Start(0))?;
    io::copy(&mut contents, old)?;
    old.sync_all()?;
    fs::rename(hidden, target)?;
    File::open(directory_of(target))?.sync_all()
}

/// Takes an open-file-description lock, which excludes Terraform's POSIX locks and other handles of this process.
fn try_lock(file: &File) -> io::Result<bool> {
    let whole = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole)) {
        Ok(_) => Ok(true),
        Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn read_info(path: &Path) -> Option<LockInfo> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Returns the directory that a file is in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
