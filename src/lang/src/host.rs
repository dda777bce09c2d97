//! What evaluation may ask of the world.

use std::sync::Arc;

/// Answers questions of file, clock and random functions. Passed in, so that evaluation stays pure.
pub trait Host: Send + Sync {
    /// Reads a file. The path is as the user wrote it; relative ones are relative to the working directory.
    ///
    /// # Errors
    /// A lower-case fragment that says why.
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String>;
    /// Returns whether the path is a regular file; an error if it is something else.
    ///
    /// # Errors
    /// A lower-case fragment that says why.
    fn is_file(&self, path: &str) -> Result<bool, String>;
    /// Returns the paths of all files below `directory`, relative to it, with `/`, sorted; none if there is no
    /// such directory.
    ///
    /// # Errors
    /// A lower-case fragment that says why.
    fn list_files(&self, directory: &str) -> Result<Vec<String>, String>;
    /// Makes a path absolute, relative to the working directory.
    fn absolute(&self, path: &str) -> String;
    /// Replaces a leading `~` by the user's home directory.
    fn expand_home(&self, path: &str) -> String;
    /// Returns the time now as nanoseconds since 1970; `None` while planning, when `timestamp()` is unknown.
    fn now(&self) -> Option<i128>;
    /// Returns the time at which the plan was made.
    fn plan_time(&self) -> i128;
    /// Fills a buffer with random bytes; false while planning, when `uuid()` and `bcrypt()` are unknown.
    fn random(&self, buffer: &mut [u8]) -> bool;
}

/// A world without files, clock and randomness: constant expressions ask for none.
pub struct NoHost;

impl Host for NoHost {
    fn read_file(&self, _path: &str) -> Result<Arc<[u8]>, String> {
        Err("files cannot be read here".to_owned())
    }

    fn is_file(&self, _path: &str) -> Result<bool, String> {
        Err("files cannot be read here".to_owned())
    }

    fn list_files(&self, _directory: &str) -> Result<Vec<String>, String> {
        Err("files cannot be read here".to_owned())
    }

    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }

    fn expand_home(&self, path: &str) -> String {
        path.to_owned()
    }

    fn now(&self) -> Option<i128> {
        None
    }

    fn plan_time(&self) -> i128 {
        0
    }

    fn random(&self, _buffer: &mut [u8]) -> bool {
        false
    }
}
