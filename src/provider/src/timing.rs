//! How long operations of a type take.

use std::time::Duration;

/// Deadlines and usual durations of a type's operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Creation.
    pub create: Span,
    /// Update.
    pub update: Span,
    /// Deletion.
    pub delete: Span,
    /// Whether users may set deadlines in a `timeouts` block; only for operations whose deadline is given.
    pub timeouts_block: bool,
}

/// Deadline and usual duration of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Default deadline; none where the type does not wait.
    pub deadline: Option<&'static str>,
    /// What it usually takes: the first poll comes after half of it, the engine orders work by it.
    pub usual: Option<&'static str>,
}

/// What an operation usually takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usually(&'static str);

/// Returns a usual duration from a text such as `90s`.
pub const fn usually(text: &'static str) -> Usually {
    Usually(text)
}

impl Timing {
    /// Returns a timing without deadlines.
    pub const fn new() -> Self {
        const NONE: Span = Span { deadline: None, usual: None };
        Self { create: NONE, update: NONE, delete: NONE, timeouts_block: true }
    }

    /// Sets deadline and usual duration of creation.
    #[must_use]
    pub const fn create(mut self, deadline: &'static str, usual: Usually) -> Self {
        self.create = Span { deadline: Some(deadline), usual: Some(usual.0) };
        self
    }

    /// Sets deadline and usual duration of updates.
    #[must_use]
    pub const fn update(mut self, deadline: &'static str, usual: Usually) -> Self {
        self.update = Span { deadline: Some(deadline), usual: Some(usual.0) };
        self
    }

    /// Sets deadline and usual duration of deletion.
    #[must_use]
    pub const fn delete(mut self, deadline: &'static str, usual: Usually) -> Self {
        self.delete = Span { deadline: Some(deadline), usual: Some(usual.0) };
        self
    }

    /// Says that users cannot set the deadlines.
    #[must_use]
    pub const fn fixed(mut self) -> Self {
        self.timeouts_block = false;
        self
    }
}

/// Parses a Go-style duration: `90s`, `10m`, `1h30m`, `500ms`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_length = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let seconds = match &rest[..unit_length] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total += Duration::try_from_secs_f64(number * seconds).ok()?;
        rest = &rest[unit_length..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_parse() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("5"), None);
        assert_eq!(parse_duration("m"), None);
    }
}
