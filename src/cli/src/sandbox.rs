//! The sandbox, where calls go instead of to AWS: its settings, and its time as the engine's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use landfall_aws::Transport;
use landfall_backend::Access;
use landfall_diag::Diagnostic;
use landfall_provider::{BoxFuture, Clock, TokioClock, VirtualClock};
use landfall_sandbox::faults::{Rule, RuleError};
use landfall_sandbox::{ACCESS_KEY, Faults, Options, Sandbox, Timestamp};

use crate::args::{Pace, SandboxFlags};
use crate::environment::Environment;

/// Where the sandbox is kept, if not elsewhere.
const FILE: &str = ".landfall/sandbox.json";

/// How a run uses the sandbox.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Where it is kept.
    pub file: PathBuf,
    /// How time passes.
    pub pace: Pace,
    /// File with rules of bad luck.
    faults: Option<PathBuf>,
    /// Further rules.
    rules: Vec<String>,
    seed: u64,
    /// When its time starts.
    start: Option<Timestamp>,
}

impl Settings {
    /// Returns the settings, where flags or environment put a run into the sandbox.
    ///
    /// # Errors
    /// When a setting is malformed, or there is one without a sandbox.
    pub fn find(flags: &SandboxFlags, environment: &Environment) -> Result<Option<Self>, Diagnostic> {
        let settings = Self::of(flags, environment)?;
        let is_asked = environment.get("LANDFALL_SANDBOX").is_some_and(|text| !matches!(text, "0" | "false"));
        if flags.file.is_some() || is_asked {
            return Ok(Some(settings));
        }
        if *flags == SandboxFlags::default() {
            return Ok(None);
        }
        let detail = "-time-scale, -sandbox-fault, -sandbox-faults, -sandbox-seed and -sandbox-start are for the sandbox. \
                      Add -sandbox to run in it.";
        Err(Diagnostic::error("Not in the sandbox", detail))
    }

    /// Returns the settings for a command that is about the sandbox itself.
    ///
    /// # Errors
    /// When a setting is malformed.
    pub fn of(flags: &SandboxFlags, environment: &Environment) -> Result<Self, Diagnostic> {
        let malformed = |name: &str, text: &str| {
            Diagnostic::error(
                "Invalid environment variable",
                format!("`{name}` is `{text}`, which is not a valid value."),
            )
        };
        let read = |name: &str| environment.get(name).map(|text| (name.to_owned(), text.to_owned()));
        let pace = match (flags.pace, read("LANDFALL_SANDBOX_TIME_SCALE")) {
            (None, Some((name, text))) => Pace::parse(&text).ok_or_else(|| malformed(&name, &text))?,
            (pace, _) => pace.unwrap_or(Pace::Scaled(1.0)),
        };
        let seed = match (flags.seed, read("LANDFALL_SANDBOX_SEED")) {
            (None, Some((name, text))) => text.parse().map_err(|_| malformed(&name, &text))?,
            (seed, _) => seed.unwrap_or(0),
        };
        let start = match (flags.start, read("LANDFALL_SANDBOX_START")) {
            (None, Some((name, text))) => Some(Timestamp::parse(&text).ok_or_else(|| malformed(&name, &text))?),
            (start, _) => start,
        };
        let faults = flags.faults.clone().or_else(|| environment.get("LANDFALL_SANDBOX_FAULTS").map(PathBuf::from));
        let named = environment.get("LANDFALL_SANDBOX").filter(|text| !matches!(*text, "0" | "1" | "true" | "false"));
        let file = flags.file.clone().flatten().or_else(|| named.map(PathBuf::from)).unwrap_or_else(|| FILE.into());
        Ok(Self { file, pace, faults, rules: flags.rules.clone(), seed, start })
    }

    /// Opens the sandbox.
    ///
    /// # Errors
    /// When its file or that of the faults cannot be used.
    pub fn open(&self) -> Result<Sandbox, Diagnostic> {
        let clock = match self.pace {
            Pace::Scaled(scale) => landfall_sandbox::Clock::scaled(scale),
            Pace::Virtual => landfall_sandbox::Clock::virtual_time(),
        };
        let clock = match self.start {
            Some(start) => landfall_sandbox::Clock::starting(start, clock.scale()),
            None => clock,
        };
        if let Some(directory) = self.file.parent() {
            let failed = |error| unusable(directory, &error);
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let faults = Faults::new(self.seed, self.rules()?);
        let options = Options { seed: self.seed, clock, faults, file: Some(self.file.clone()) };
        Sandbox::open(options).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            let detail = format!("{error}{cause}. To begin with an empty one, run\n\n    landfall sandbox reset");
            Diagnostic::error("The sandbox cannot be opened", detail)
        })
    }

    fn rules(&self) -> Result<Vec<Rule>, Diagnostic> {
        let malformed = |place: &str, error: RuleError| {
            Diagnostic::error("Invalid rule of the sandbox", format!("`{place}`: {error}."))
        };
        let mut rules = match &self.faults {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| unusable(path, &error))?;
                Faults::parse_rules(&text).map_err(|error| malformed(&path.display().to_string(), error))?
            }
            None => Vec::new(),
        };
        for rule in &self.rules {
            rules.push(rule.parse().map_err(|error| malformed("-sandbox-fault", error))?);
        }
        Ok(rules)
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("The sandbox cannot be opened", format!("`{}`: {error}.", path.display()))
}

/// Returns what makes calls of the AWS provider end in the sandbox.
pub(crate) fn transport(sandbox: &Sandbox) -> Transport {
    Transport::new(sandbox.http_client(), ACCESS_KEY, "sandbox")
}

/// Returns what makes calls for states and keys end in the sandbox.
pub(crate) fn access(sandbox: &Sandbox) -> Access {
    Access::over(sandbox.clone(), ACCESS_KEY, "sandbox")
}

/// Returns the sandbox's time as the engine's.
pub(crate) fn clock(sandbox: &Sandbox, pace: Pace) -> Arc<dyn Clock> {
    let clock = sandbox.clock().clone();
    match pace {
        Pace::Scaled(_) => Arc::new(Scaled { start: clock.now(), clock }),
        Pace::Virtual => {
            let start = clock.now();
            Arc::new(VirtualClock::followed_by(move |now| clock.not_before(start + now)))
        }
    }
}

/// Time that runs faster than the machine's.
struct Scaled {
    start: Timestamp,
    clock: landfall_sandbox::Clock,
}

impl Clock for Scaled {
    fn now(&self) -> Duration {
        self.clock.now().since(self.start)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let of_machine = self.clock.of_machine(duration);
        Box::pin(async move { TokioClock::new().sleep(of_machine).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn flags_or_the_environment_put_a_run_into_the_sandbox() {
        let none = SandboxFlags::default();
        let find = |flags: &SandboxFlags, pairs: &[(&str, &str)]| Settings::find(flags, &environment(pairs)).unwrap();
        assert_eq!(find(&none, &[]), None);
        assert_eq!(find(&none, &[("LANDFALL_SANDBOX", "0")]), None);
        let file = |found: Option<Settings>| found.unwrap().file;
        assert_eq!(file(find(&none, &[("LANDFALL_SANDBOX", "1")])), Path::new(FILE));
        assert_eq!(file(find(&none, &[("LANDFALL_SANDBOX", "a.json")])), Path::new("a.json"));
        let flags = SandboxFlags { file: Some(Some("b.json".into())), ..none };
        assert_eq!(file(find(&flags, &[("LANDFALL_SANDBOX", "a.json")])), Path::new("b.json"));
    }

    #[test]
    fn a_pace_without_sandbox_is_refused() {
        let flags = SandboxFlags { pace: Some(Pace::Virtual), ..SandboxFlags::default() };
        let refused = Settings::find(&flags, &environment(&[])).unwrap_err();
        assert_eq!(refused.summary, "Not in the sandbox");
    }
}
