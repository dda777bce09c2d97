//! What every command is given, and the only place that prints.

use std::io::{self, BufRead, Write};

use landfall_diag::{Diagnostic, Diagnostics, SourceMap};

use crate::args::SandboxFlags;
use crate::environment::Environment;
use crate::report;
use crate::ui::json;
use crate::views::Style;

/// How a command speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Text for people.
    Human,
    /// A stream of JSON objects.
    Json,
}

/// What every command is given: the environment, the texts that diagnostics point into, and its voice.
pub struct Session {
    /// Environment variables and working directory.
    pub environment: Environment,
    /// What was said about the sandbox on the command line.
    pub sandbox_flags: SandboxFlags,
    /// Texts that diagnostics point into.
    pub sources: SourceMap,
    /// How the command speaks.
    pub voice: Voice,
    /// Warnings as a list of summaries.
    pub compact_warnings: bool,
    /// Look of standard output.
    pub out_style: Style,
    /// Look of standard error.
    pub error_style: Style,
}

impl Session {
    /// Returns a session that speaks to people.
    pub fn new(environment: Environment, no_colour: bool) -> Self {
        Self {
            out_style: environment.stdout_style(no_colour),
            error_style: environment.stderr_style(no_colour),
            environment,
            sandbox_flags: SandboxFlags::default(),
            sources: SourceMap::default(),
            voice: Voice::Human,
            compact_warnings: false,
        }
    }

    /// Starts a stream of JSON objects, which begins with the version.
    pub fn speak_json(&mut self) {
        self.voice = Voice::Json;
        self.line(&json::version());
    }

    /// Prints data.
    pub fn print(&self, text: &str) {
        // A reader that went away is no concern of ours: there is nobody left to tell.
        let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    }

    /// Prints talk: what people read beside the data.
    pub fn say(&self, text: &str) {
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Prints an object of the JSON stream.
    pub fn line(&self, line: &json::Line) {
        self.print(&line.to_text());
    }

    /// Prints findings.
    pub fn report(&self, found: &Diagnostics) {
        if found.is_empty() {
            return;
        }
        match self.voice {
            Voice::Human => {
                self.say(&report::render(found, &self.sources, self.error_style, self.compact_warnings));
            }
            Voice::Json => found.iter().for_each(|finding| self.line(&json::diagnostic(finding, &self.sources))),
        }
    }

    /// Asks for a line of text.
    ///
    /// # Errors
    /// When there is nobody to answer.
    pub fn ask(&self, question: &str) -> Result<String, Diagnostic> {
        self.say(question);
        let mut answer = String::new();
        match io::stdin().lock().read_line(&mut answer) {
            Ok(length) if length > 0 => {
                self.say("\n");
                Ok(answer.trim_end_matches(['\n', '\r']).to_owned())
            }
            Ok(_) | Err(_) => {
                self.say("\n");
                let detail = "There is no answer on standard input. To never be asked, use -input=false.";
                Err(Diagnostic::error("No answer", detail))
            }
        }
    }
}
