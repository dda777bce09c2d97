//! What is wrong with a backend's configuration.

/// What is wrong, and with which setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting, where one is to blame.
    pub setting: Option<String>,
    /// What kind of problem.
    pub summary: String,
    /// What is wrong and what to do.
    pub detail: String,
}

impl Problem {
    pub(crate) fn new(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { setting: None, summary: summary.into(), detail: detail.into() }
    }

    pub(crate) fn of(setting: &str, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { setting: Some(setting.to_owned()), ..Self::new(summary, detail) }
    }
}
