//! Locks on a state, and who holds them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Lease, State};

/// Who holds a lock, in Terraform's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LockInfo {
    /// Names this one lock.
    #[serde(rename = "ID")]
    pub id: String,
    /// What it was taken for, such as `OperationTypeApply`.
    pub operation: String,
    /// Anything else.
    #[serde(default)]
    pub info: String,
    /// `user@host`
    pub who: String,
    /// Version of Terraform that we speak.
    pub version: String,
    /// RFC 3339 time.
    pub created: String,
    /// What is locked.
    #[serde(default)]
    pub path: String,
    /// How long it is good without word from its owner. Terraform does not know it and passes it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

impl LockInfo {
    /// Returns the information for a lock. The store fills in the path.
    pub fn new(id: impl Into<String>, operation: impl Into<String>, who: impl Into<String>, created: String) -> Self {
        Self {
            id: id.into(),
            operation: operation.into(),
            info: String::new(),
            who: who.into(),
            version: State::TERRAFORM_VERSION.to_owned(),
            created,
            path: String::new(),
            lease: None,
        }
    }
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let created = self.created.replacen('T', " ", 1).replace('Z', " +0000 UTC");
        writeln!(f, "Lock Info:")?;
        writeln!(f, "  ID:        {}", self.id)?;
        writeln!(f, "  Path:      {}", self.path)?;
        writeln!(f, "  Operation: {}", self.operation)?;
        writeln!(f, "  Who:       {}", self.who)?;
        writeln!(f, "  Version:   {}", self.version)?;
        writeln!(f, "  Created:   {created}")?;
        writeln!(f, "  Info:      {}", self.info)
    }
}

/// A lock that is held; dropping it releases it.
pub trait StateLock: Send {
    /// Returns who holds it: us.
    fn info(&self) -> &LockInfo;

    /// Returns whose it was, where it was taken over from an owner that is dead.
    fn taken_from(&self) -> Option<&LockInfo> {
        None
    }
}
