//! What is about to be done to an object.

use std::sync::Arc;

use landfall_addr::ProviderConfig;

use crate::ObjectState;

/// What is about to be done to an object, written down before the first call. One that is still open when a state is
/// read belongs to a run that was cut off: the calls may have been made or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// What is done.
    pub work: IntentWork,
    /// Provider configuration that does it.
    pub provider: ProviderConfig,
    /// Client token of a creation; empty for other work.
    pub token: Arc<str>,
    /// What a creation is to make; null where only the service knows. `None` for other work.
    pub planned: Option<Arc<ObjectState>>,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntentWork {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
}

impl IntentWork {
    /// Returns the name in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Returns the work of a name in the log.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Delete].into_iter().find(|work| work.name() == name)
    }
}
