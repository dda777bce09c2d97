//! `fmt`: rewrites files in the canonical layout.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use landfall_diag::{Diagnostic, Diagnostics, SourceId, Span};
use landfall_lang::{format, syntax};
use similar::TextDiff;

use super::Outcome;
use crate::args::{FmtArgs, Targets};
use crate::exit::Exit;
use crate::project::{is_ignored_file, reason};
use crate::session::Session;

const ENDINGS: [&str; 4] = [".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl"];

pub(super) fn run(session: &mut Session, args: &FmtArgs) -> Outcome {
    let outputs = Outputs::of(args);
    let mut formatter =
        Formatter { session, outputs, recursive: args.recursive, changes: false, found: Diagnostics::new() };
    match &args.targets {
        Targets::StandardInput => formatter.standard_input(),
        Targets::Paths(paths) => paths.iter().for_each(|path| formatter.path(&normal(Path::new(path)))),
    }
    let Formatter { changes, found, .. } = formatter;
    session.report(&found);
    Ok(if found.has_errors() {
        Exit::NotFormatted
    } else if args.check && changes {
        Exit::Unformatted
    } else {
        Exit::Done
    })
}

/// What becomes of a text's layout.
#[derive(Clone, Copy)]
struct Outputs {
    /// Print the path where it differs.
    list: bool,
    /// Write the file where it differs.
    write: bool,
    /// Print how it differs.
    diff: bool,
    /// Print it, whether it differs or not.
    text: bool,
}

impl Outputs {
    fn of(args: &FmtArgs) -> Self {
        let files = args.targets != Targets::StandardInput;
        let list = args.list && files;
        let write = args.write && files && !args.check;
        // A check prints nothing unless it may name the files.
        let diff = args.diff && (list || !args.check);
        Self { list, write, diff, text: !(args.check || list || write || diff) }
    }
}

struct Formatter<'s> {
    session: &'s mut Session,
    outputs: Outputs,
    recursive: bool,
    /// Whether a text differs from its layout.
    changes: bool,
    found: Diagnostics,
}

impl Formatter<'_> {
    fn standard_input(&mut self) {
        let path = Path::new("<stdin>");
        let mut bytes = Vec::new();
        match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => self.text(path, bytes),
            Err(error) => self.fail("Failed to read file", path, &error),
        }
    }

    /// Formats what the user named: a file or a directory.
    fn path(&mut self, path: &Path) {
        match fs::metadata(path) {
            Err(error) => self.fail("No file or directory", path, &error),
            Ok(about) if about.is_dir() => self.directory(path),
            Ok(_) if is_formatted(&path.to_string_lossy()) => self.file(path),
            Ok(_) => self.found.push(Diagnostic::error(
                "Only .tf, .tfvars, and .tftest.hcl files can be processed with landfall fmt",
                format!("`{}` is none of these.", path.display()),
            )),
        }
    }

    /// Formats the files of a directory, ordered by name.
    fn directory(&mut self, directory: &Path) {
        let entries = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.fail("Cannot read directory", directory, &error),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_directory = entry.file_type().is_ok_and(|file_type| file_type.is_dir());
            let wanted = if is_directory { self.recursive } else { is_formatted(&name) };
            if !wanted || is_ignored_file(&name) {
                continue;
            }
            let path = normal(&entry.path());
            if is_directory { self.directory(&path) } else { self.file(&path) }
        }
    }

    fn file(&mut self, path: &Path) {
        match fs::read(path) {
            Ok(bytes) => self.text(path, bytes),
            Err(error) => self.fail("Failed to read file", path, &error),
        }
    }

    /// Formats a text. One that does not parse stays: its layout could not be told from its mistakes.
    fn text(&mut self, path: &Path, bytes: Vec<u8>) {
        let bytes = String::from_utf8(bytes);
        let broken = bytes.as_ref().err().map(|error| error.utf8_error().valid_up_to());
        let text = bytes.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let source = self.session.sources.add(path.to_string_lossy(), text);
        if let Some(at) = broken {
            self.found.push(not_utf8(source, at));
            return;
        }
        let mut found = Diagnostics::new();
        syntax::parse_body(&self.session.sources, source, &mut found);
        if found.has_errors() {
            self.found.extend(found);
            return;
        }
        let text = self.session.sources.text(source).clone();
        self.put_out(path, &text, &format(&text));
    }

    fn put_out(&mut self, path: &Path, before: &str, after: &str) {
        let name = path.to_string_lossy();
        if before != after {
            self.changes = true;
            if self.outputs.list {
                self.print(&name);
            }
            if self.outputs.write
                && let Err(error) = fs::write(path, after)
            {
                return self.fail("Failed to write file", path, &error);
            }
            if self.outputs.diff {
                self.print(&patch(&name, before, after));
            }
        }
        if self.outputs.text {
            self.print(after);
        }
    }

    /// Prints a text and the end of its last line.
    fn print(&self, text: &str) {
        self.session.print(text);
        if !text.ends_with('\n') {
            self.session.print("\n");
        }
    }

    fn fail(&mut self, summary: &str, path: &Path, error: &io::Error) {
        let detail = format!("`{}`: {}.", path.display(), reason(error));
        self.found.push(Diagnostic::error(summary, detail));
    }
}

fn is_formatted(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Returns a path as seen from the working directory, without detours.
fn normal(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let there = here.join(path);
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in there.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.last(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            Component::ParentDir if parts.last() == Some(&Component::RootDir) => {}
            _ => parts.push(part),
        }
    }
    let shared = parts.iter().zip(here.components()).take_while(|(part, other)| *part == other).count();
    let up = here.components().skip(shared).map(|_| Component::ParentDir);
    let clean: PathBuf = up.chain(parts[shared..].iter().copied()).collect();
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

/// Returns the change of a text as `diff -u` writes it.
fn patch(name: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().header(&format!("old/{name}"), &format!("new/{name}")).to_string()
}

fn not_utf8(source: SourceId, at: usize) -> Diagnostic {
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span { source, start, end: start.saturating_add(char::REPLACEMENT_CHARACTER.len_utf8() as u32) };
    let detail = "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.";
    Diagnostic::error("Invalid character encoding", detail).at(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    const MESS: &str = "a=1\n";
    const NEAT: &str = "a = 1\n";

    /// Runs over a directory with these files; returns the exit and the texts after it.
    fn run_over(files: &[(&str, &str)], args: FmtArgs) -> (Exit, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let targets = Targets::Paths(vec![directory.path().to_string_lossy().into_owned()]);
        let mut session = Session::new(Environment::of_process(), true);
        let exit = run(&mut session, &FmtArgs { targets, ..args }).unwrap();
        let text = |(name, _): &(&str, &str)| fs::read_to_string(directory.path().join(name)).unwrap();
        (exit, files.iter().map(text).collect())
    }

    fn quiet() -> FmtArgs {
        let targets = Targets::StandardInput;
        FmtArgs { list: false, write: true, diff: false, check: false, recursive: false, targets }
    }

    #[test]
    fn files_of_the_language_are_written() {
        let files = [("a.tf", MESS), ("b.tfvars", MESS), ("c.tftest.hcl", MESS), (".d.tf", MESS), ("e/f.tf", MESS)];
        assert_eq!(run_over(&files, quiet()), (Exit::Done, [NEAT, NEAT, NEAT, MESS, MESS].map(str::to_owned).into()));
        let (_, texts) = run_over(&files, FmtArgs { recursive: true, ..quiet() });
        assert_eq!(texts[4], NEAT);
    }

    #[test]
    fn check_writes_nothing_and_tells_by_the_exit() {
        let check = FmtArgs { check: true, ..quiet() };
        assert_eq!(run_over(&[("a.tf", MESS)], check.clone()), (Exit::Unformatted, vec![MESS.to_owned()]));
        assert_eq!(run_over(&[("a.tf", NEAT)], check).0, Exit::Done);
    }

    #[test]
    fn text_with_mistakes_stays_and_the_others_are_written() {
        let (exit, texts) = run_over(&[("a.tf", "a=\n"), ("b.tf", MESS)], quiet());
        assert_eq!((exit, texts), (Exit::NotFormatted, vec!["a=\n".to_owned(), NEAT.to_owned()]));
    }

    #[test]
    fn paths_are_seen_from_the_working_directory() {
        let here = std::env::current_dir().unwrap();
        let absolute = |path: &str| here.join(path).to_string_lossy().into_owned();
        for (path, expected) in [
            ("./a/../b/./c.tf".to_owned(), "b/c.tf"),
            ("../a//b.tf".to_owned(), "../a/b.tf"),
            (format!("../{}/a.tf", here.file_name().unwrap().to_string_lossy()), "a.tf"),
            (".".to_owned(), "."),
            (absolute("a.tf"), "a.tf"),
            (absolute("../a.tf"), "../a.tf"),
            (absolute(""), "."),
        ] {
            assert_eq!(normal(Path::new(&path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn patch_is_that_of_diff() {
        let patch = patch("a.tf", "a=1\n\n\n\n\nb = 2\n\n\n\n\nc=3", "a = 1\n\n\n\n\nb = 2\n\n\n\n\nc = 3");
        let expected = "--- old/a.tf\n+++ new/a.tf\n@@ -1,4 +1,4 @@\n-a=1\n+a = 1\n \n \n \n@@ -8,4 +8,4 @@\n \n \n \n-c=3\n\\ No newline at end of file\n+c = 3\n\\ No newline at end of file\n";
        assert_eq!(patch, expected);
    }
}
