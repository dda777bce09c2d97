//! Formats of archives, by the names that sources have for them.

/// Format of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    Zip,
    Tar,
    TarGz,
    TarBz2,
    TarXz,
}

const NAMES: [(&str, Format); 8] = [
    ("zip", Format::Zip),
    ("tar.gz", Format::TarGz),
    ("tgz", Format::TarGz),
    ("tar.bz2", Format::TarBz2),
    ("tbz2", Format::TarBz2),
    ("tar.xz", Format::TarXz),
    ("txz", Format::TarXz),
    ("tar", Format::Tar),
];

impl Format {
    /// Returns the format that the `archive` argument of a source means.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(other, _)| *other == name).map(|(_, format)| *format)
    }

    /// Returns the format that the end of a file's name tells.
    pub fn of_name(path: &str) -> Option<Self> {
        let ends = |name: &str| path.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        NAMES.iter().find(|(name, _)| ends(name)).map(|(_, format)| *format)
    }

    /// Returns all names, as a list for people.
    pub fn names() -> String {
        NAMES.map(|(name, _)| name).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_tells_the_format() {
        assert_eq!(Format::of_name("/a/b.tar.gz"), Some(Format::TarGz));
        assert_eq!(Format::of_name("/a/b.txz"), Some(Format::TarXz));
        assert_eq!(Format::of_name("/a/zip"), None);
        assert_eq!(Format::of_name("/a.zip/b"), None);
    }
}
