//! The `local` provider: files on this machine.

mod checksums;
mod data;
mod file;
mod sensitive_file;

pub use data::{FileData, SensitiveFileData};
pub use file::LocalFile;
pub use sensitive_file::LocalSensitiveFile;
