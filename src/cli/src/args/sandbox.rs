//! The flags of the sandbox, which go with any command, before or after its name.

use std::path::PathBuf;

use landfall_sandbox::Timestamp;

use super::flags::{Flags, Known, UsageError};

/// What was said about the sandbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SandboxFlags {
    /// `-sandbox`, with its file where one is named.
    pub file: Option<Option<PathBuf>>,
    /// `-time-scale`
    pub pace: Option<Pace>,
    /// `-sandbox-faults`
    pub faults: Option<PathBuf>,
    /// Every `-sandbox-fault`, in order.
    pub rules: Vec<String>,
    /// `-sandbox-seed`
    pub seed: Option<u64>,
    /// `-sandbox-start`
    pub start: Option<Timestamp>,
}

/// How time passes in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many times as fast as the machine's.
    Scaled(f64),
    /// Nobody waits: it is later as soon as everybody waits.
    Virtual,
}

impl Pace {
    /// Reads `600`, `0.5` or `virtual`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "virtual" => Some(Self::Virtual),
            number => number.parse().ok().filter(|scale: &f64| scale.is_finite() && *scale > 0.0).map(Self::Scaled),
        }
    }
}

const NAMES: &[&str] = &["sandbox", "time-scale", "sandbox-fault", "sandbox-faults", "sandbox-seed", "sandbox-start"];

impl SandboxFlags {
    /// Takes the sandbox's flags out of the words.
    pub(super) fn take(&mut self, words: &mut Vec<String>) -> Result<(), UsageError> {
        let mut rest = Vec::new();
        let mut taken = Vec::new();
        let mut given = std::mem::take(words).into_iter();
        while let Some(word) = given.next() {
            let bare = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
            let name = bare.split('=').next().unwrap_or_default();
            if !NAMES.contains(&name) {
                rest.push(word);
            } else if bare == "sandbox" {
                taken.push("-sandbox=".to_owned());
            } else {
                let has_value = bare.contains('=');
                taken.push(word);
                taken.extend(if has_value { None } else { given.next() });
            }
        }
        *words = rest;
        self.read(&Flags::parse(&taken, &Known { switches: &[], values: &[NAMES] })?)
    }

    fn read(&mut self, flags: &Flags) -> Result<(), UsageError> {
        let path = |text: &str| Some(text).filter(|text| !text.is_empty()).map(PathBuf::from);
        if let Some(file) = flags.value("sandbox") {
            self.file = Some(path(file));
        }
        if let Some(text) = flags.value("time-scale") {
            let detail =
                "-time-scale is how many times as fast time passes in the sandbox, such as 600; or \"virtual\".";
            self.pace = Some(Pace::parse(text).ok_or_else(|| UsageError::Flag(detail.to_owned()))?);
        }
        self.faults = flags.value("sandbox-faults").and_then(path).or(self.faults.take());
        self.rules.extend(flags.values("sandbox-fault").map(str::to_owned));
        self.seed = flags.parsed("sandbox-seed")?.or(self.seed);
        if let Some(text) = flags.value("sandbox-start") {
            let detail = "-sandbox-start is when the sandbox's time starts, such as 2026-11-02T09:00:00Z.";
            self.start = Some(Timestamp::parse(text).ok_or_else(|| UsageError::Flag(detail.to_owned()))?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, rest: &str) -> SandboxFlags {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let mut flags = SandboxFlags::default();
        flags.take(&mut words).unwrap();
        assert_eq!(words.join(" "), rest);
        flags
    }

    #[test]
    fn flags_of_the_sandbox_stand_anywhere() {
        let flags = check("--sandbox plan -time-scale 600 -out=x -sandbox-seed=7", "plan -out=x");
        assert_eq!((flags.file, flags.pace, flags.seed), (Some(None), Some(Pace::Scaled(600.0)), Some(7)));
        let flags = check("apply -sandbox=a/b.json -time-scale=virtual -sandbox-fault=a -sandbox-fault=b", "apply");
        assert_eq!(flags.rules, ["a", "b"]);
        assert_eq!((flags.file, flags.pace), (Some(Some("a/b.json".into())), Some(Pace::Virtual)));
        let flags = check("plan -sandbox-start=1970-01-01T00:00:01Z", "plan");
        assert_eq!(flags.start, Some(Timestamp::from_millis(1000)));
    }

    #[test]
    fn a_pace_is_a_number_above_zero() {
        assert_eq!((Pace::parse("0"), Pace::parse("-1"), Pace::parse("fast")), (None, None, None));
    }
}
