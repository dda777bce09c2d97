//! Which of a registry's versions to take.

use landfall_lang::config::{Version, VersionConstraints};

/// What a registry has for a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The newest version that is allowed.
    Version(Version),
    /// None is allowed; these are there, the newest first.
    NoneAllowed(Vec<Version>),
    /// There is none at all.
    NoVersions,
}

/// Returns the newest version that meets the constraints. A pre-release has to be named exactly.
pub(crate) fn select(versions: &[Version], constraints: Option<&VersionConstraints>) -> Selection {
    let is_named = |version: &Version| constraints.is_some_and(|constraints| constraints.is_exactly(version));
    let mut there: Vec<Version> =
        versions.iter().filter(|version| !version.is_prerelease() || is_named(version)).cloned().collect();
    there.sort_by(|a, b| b.cmp(a));
    // Versions that differ in build metadata only.
    there.dedup();
    if there.is_empty() {
        return Selection::NoVersions;
    }
    let allowed = |version: &&Version| constraints.is_none_or(|constraints| constraints.allows(version));
    match there.iter().find(allowed) {
        Some(version) => Selection::Version(version.clone()),
        None => Selection::NoneAllowed(there),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(constraints: Option<&str>, expected: &str) {
        let versions: Vec<Version> =
            ["1.0.0", "1.10.0", "1.9.2", "2.0.0-rc1"].iter().map(|text| text.parse().unwrap()).collect();
        let constraints = constraints.map(|text| text.parse().unwrap());
        let found = match select(&versions, constraints.as_ref()) {
            Selection::Version(version) => version.to_string(),
            Selection::NoneAllowed(there) => format!("none of {}", there.len()),
            Selection::NoVersions => "nothing".to_owned(),
        };
        assert_eq!(found, expected, "{constraints:?}");
    }

    #[test]
    fn the_newest_allowed_version_is_taken() {
        check(None, "1.10.0");
        check(Some("~> 1.0"), "1.10.0");
        check(Some("< 1.10"), "1.9.2");
        check(Some(">= 2.0"), "none of 3");
    }

    #[test]
    fn prereleases_have_to_be_named() {
        check(Some("2.0.0-rc1"), "2.0.0-rc1");
        check(Some("= 2.0.0-rc1"), "2.0.0-rc1");
        check(Some(">= 2.0.0-rc1"), "none of 3");
        let twice = ["1.0.0+a".parse().unwrap(), "1.0.0+b".parse().unwrap()];
        let none = select(&twice, Some(&"2".parse().unwrap()));
        assert_eq!(none, Selection::NoneAllowed(vec!["1.0.0".parse().unwrap()]));
        assert_eq!(select(&["1.0.0-a".parse().unwrap()], None), Selection::NoVersions);
    }
}
