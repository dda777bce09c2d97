//! The world as a file, so that several processes see one cloud: read when another has written it, replaced at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::World;
use crate::timestamp::Timestamp;

const VERSION: u32 = 1;

/// The file of a world.
#[derive(Debug)]
pub struct WorldFile {
    path: PathBuf,
    seen: Option<Seen>,
}

/// What tells whether another process has written the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    modified: SystemTime,
    length: u64,
}

/// What is in the file; the world is owned when read, borrowed when written.
#[derive(Serialize, Deserialize)]
struct Saved<W> {
    version: u32,
    /// The sandbox's time when it was saved.
    now: Timestamp,
    /// The machine's time when it was saved.
    machine: Timestamp,
    world: W,
}

/// A world that was read, and what time it is there by now.
pub struct Loaded {
    /// The world.
    pub world: World,
    /// The sandbox's time when the file was written.
    pub now: Timestamp,
    /// How long ago that was, by the machine's time.
    pub elsewhere: Duration,
}

/// Holds other processes off while it lives.
pub struct Held(#[expect(dead_code, reason = "held, not read")] File);

impl WorldFile {
    /// Returns the file at a path, which need not be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), seen: None }
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Holds other processes off.
    ///
    /// # Errors
    /// When the lock file beside the file cannot be made.
    pub fn hold(&self) -> io::Result<Held> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(beside(&self.path, "lock"))?;
        lock.lock()?;
        Ok(Held(lock))
    }

    /// Returns the world, where the file is there and was not seen as it is now.
    ///
    /// # Errors
    /// When the file cannot be read, or is not a world.
    pub fn load(&mut self) -> io::Result<Option<Loaded>> {
        let seen = self.look()?;
        if seen.is_none() || seen == self.seen {
            return Ok(None);
        }
        let saved: Saved<World> = serde_json::from_slice(&fs::read(&self.path)?)?;
        if saved.version != VERSION {
            return Err(io::Error::other(format!("version {} of the file is not known", saved.version)));
        }
        self.seen = seen;
        let elsewhere = Timestamp::of_machine().since(saved.machine);
        Ok(Some(Loaded { world: saved.world, now: saved.now, elsewhere }))
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&mut self, world: &World, now: Timestamp) -> io::Result<()> {
        let saved = Saved { version: VERSION, now, machine: Timestamp::of_machine(), world };
        let temporary = beside(&self.path, "new");
        let mut file = File::create(&temporary)?;
        file.write_all(&serde_json::to_vec(&saved)?)?;
        fs::rename(&temporary, &self.path)?;
        self.seen = self.look()?;
        Ok(())
    }

    fn look(&self) -> io::Result<Option<Seen>> {
        match fs::metadata(&self.path) {
            Ok(metadata) => Ok(Some(Seen { modified: metadata.modified()?, length: metadata.len() })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// Removes a world's file; returns whether it was there.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(path: &Path) -> io::Result<bool> {
    if !path.exists() {
        return Ok(false);
    }
    let held = WorldFile::new(path).hold()?;
    fs::remove_file(path)?;
    fs::remove_file(beside(path, "lock"))?;
    drop(held);
    Ok(true)
}
