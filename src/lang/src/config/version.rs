//! Versions and constraints on them, as `required_version` and `version` have them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The version of Terraform whose language and formats we speak.
pub const SPOKEN_VERSION: &str = "1.11.4";

/// A version: numbers, and a pre-release if it has one. Build metadata does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u64>,
    written: usize,
    prerelease: Option<String>,
}

/// Constraints that must all hold: `>= 1.3, < 2.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionConstraints(Vec<(Operator, Version)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Pessimistic,
}

/// The text is not a version, or not a list of constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a version")]
pub struct VersionError;

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, prerelease) = match text.split_once('-') {
            Some((numbers, prerelease)) => (numbers, Some(prerelease)),
            None => (text, None),
        };
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if prerelease.is_some_and(|text| text.is_empty() || !text.chars().all(is_word)) {
            return Err(VersionError);
        }
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse().map_err(|_| VersionError) } else { Err(VersionError) }
        };
        let mut numbers = numbers.split('.').map(number).collect::<Result<Vec<u64>, _>>()?;
        let written = numbers.len();
        numbers.resize(written.max(3), 0);
        Ok(Self { numbers, written, prerelease: prerelease.map(str::to_owned) })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let number = |version: &Self, at: usize| version.numbers.get(at).copied().unwrap_or(0);
        (0..length).map(|at| number(self, at).cmp(&number(other, at))).find(|order| order.is_ne()).unwrap_or_else(
            || match (&self.prerelease, &other.prerelease) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) => compare_prereleases(a, b),
            },
        )
    }
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        f.write_str(&numbers.join("."))?;
        match &self.prerelease {
            Some(prerelease) => write!(f, "-{prerelease}"),
            None => Ok(()),
        }
    }
}

impl Version {
    /// Returns whether this is a pre-release.
    pub fn is_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }
}

impl FromStr for VersionConstraints {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        text.split(',').map(|part| constraint(part.trim())).collect::<Result<_, _>>().map(Self)
    }
}

fn constraint(text: &str) -> Result<(Operator, Version), VersionError> {
    const OPERATORS: [(&str, Operator); 7] = [
        ("!=", Operator::NotEqual),
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("~>", Operator::Pessimistic),
        ("=", Operator::Equal),
        (">", Operator::Greater),
        ("<", Operator::Less),
    ];
    let found = OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)));
    let (operator, version) = found.unwrap_or((Operator::Equal, text));
    Ok((operator, version.trim().parse()?))
}

impl VersionConstraints {
    /// Returns whether there is one constraint, which is met by this version only.
    pub fn is_exactly(&self, version: &Version) -> bool {
        matches!(self.0.as_slice(), [(Operator::Equal, bound)] if bound.cmp(version).is_eq())
    }

    /// Returns whether a version meets every constraint.
    pub fn allows(&self, version: &Version) -> bool {
        self.0.iter().all(|(operator, bound)| allows(*operator, bound, version))
    }
}

/// A pre-release is only allowed by a constraint that names a pre-release of the same numbers.
fn allows(operator: Operator, bound: &Version, version: &Version) -> bool {
    let prerelease_fits = match (&version.prerelease, &bound.prerelease) {
        (None, None) => true,
        (Some(_), Some(_)) => version.numbers == bound.numbers,
        (Some(_), None) => false,
        (None, Some(_)) => true,
    };
    match operator {
        Operator::Equal => version == bound || version.cmp(bound).is_eq(),
        Operator::NotEqual => version.cmp(bound).is_ne(),
        Operator::Greater => prerelease_fits && version > bound,
        Operator::GreaterOrEqual => prerelease_fits && version >= bound,
        Operator::Less => prerelease_fits && version < bound,
        Operator::LessOrEqual => prerelease_fits && version <= bound,
        Operator::Pessimistic => {
            let fixed = bound.written.saturating_sub(1).max(1);
            prerelease_fits && version >= bound && version.numbers[..fixed.min(3)] == bound.numbers[..fixed.min(3)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(constraints: &str, version: &str, expected: bool) {
        let constraints: VersionConstraints = constraints.parse().unwrap();
        assert_eq!(constraints.allows(&version.parse().unwrap()), expected, "{constraints:?} {version}");
    }

    #[test]
    fn compares_as_hashicorp_does() {
        check(">= 1.3, < 2.0", "1.11.4", true);
        check("~> 6.0", "6.58.0", true);
        check("~> 6.0", "7.0.0", false);
        check("~> 6.1.2", "6.2.0", false);
        check("1.5", "1.5.0", true);
        check("!= 1.5.1", "1.5.1", false);
        check(">= 1.0", "1.12.0-beta1", false);
        check(">= 1.12.0-alpha1", "1.12.0-beta1", true);
    }

    #[test]
    fn refuses_what_is_no_version() {
        assert!("latest".parse::<VersionConstraints>().is_err());
        assert!(">= 1.x".parse::<VersionConstraints>().is_err());
        assert!("".parse::<VersionConstraints>().is_err());
    }
}
