//! What went wrong with a module call, in words for people.

/// The argument of a `module` block that a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// `source`
    Source,
    /// `version`
    Version,
}

/// A problem or a warning about a module call: a diagnostic that lacks only its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem: capital first, no full stop, no user data.
    pub summary: &'static str,
    /// Sentences: what is wrong, what to do.
    pub detail: String,
    /// The argument in question.
    pub argument: Argument,
}

impl Problem {
    pub(crate) fn source(summary: &'static str, detail: impl Into<String>) -> Self {
        Self { summary, detail: detail.into(), argument: Argument::Source }
    }

    pub(crate) fn version(summary: &'static str, detail: impl Into<String>) -> Self {
        Self { summary, detail: detail.into(), argument: Argument::Version }
    }
}

/// Returns a text as the end of a sentence: with a full stop, unless it ends its lines itself.
pub(crate) fn sentence_end(text: &str) -> String {
    let text = text.trim_end();
    let ended = text.ends_with(['.', '!', '?']) || text.contains('\n');
    if ended { text.to_owned() } else { format!("{text}.") }
}
