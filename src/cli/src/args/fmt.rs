//! Arguments of `fmt`.

use super::flags::{Flags, Known, UsageError};

/// `fmt`
#[derive(Clone, Debug)]
pub struct FmtArgs {
    /// Name the files that change.
    pub list: bool,
    /// Write the files that change.
    pub write: bool,
    /// Show what changes.
    pub diff: bool,
    /// Change nothing, but fail where something would change.
    pub check: bool,
    /// Go into the directories of a directory.
    pub recursive: bool,
    /// What to format.
    pub targets: Targets,
}

/// What `fmt` reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// A text from standard input; its layout goes to standard output.
    StandardInput,
    /// Files, and the files of directories.
    Paths(Vec<String>),
}

pub(super) fn parse(words: &[String]) -> Result<FmtArgs, UsageError> {
    let known = Known { switches: &[&["list", "write", "diff", "check", "recursive"]], values: &[] };
    let flags = Flags::parse(words, &known)?;
    let targets = match flags.words.as_slice() {
        [] => Targets::Paths(vec![".".to_owned()]),
        [first, ..] if first == "-" => Targets::StandardInput,
        paths => Targets::Paths(paths.to_vec()),
    };
    Ok(FmtArgs {
        list: flags.switch_or("list", true),
        write: flags.switch_or("write", true),
        diff: flags.switch("diff"),
        check: flags.switch("check"),
        recursive: flags.switch("recursive"),
        targets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: &Targets) -> FmtArgs {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let args = parse(&words).unwrap();
        assert_eq!(&args.targets, expected);
        args
    }

    #[test]
    fn working_directory_is_formatted_unless_something_is_named() {
        let args = check(&["-check", "-write=false"], &Targets::Paths(vec![".".into()]));
        assert!(args.check && args.list && !args.write && !args.recursive);
        check(&["-diff", "a.tf", "b"], &Targets::Paths(vec!["a.tf".into(), "b".into()]));
        check(&["-", "a.tf"], &Targets::StandardInput);
    }
}
