//! Terraform's flags: one or two dashes, `-flag=value` or `-flag value`, switches that take a value only after `=`.
//! Flags end at the first word that is not one.

use std::str::FromStr;
use std::time::Duration;

/// What is wrong with the arguments of a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A flag is not known, or its value is not valid.
    #[error("{0}")]
    Flag(String),
    /// There are too few or too many words beside the flags.
    #[error("{detail}")]
    Words {
        /// What kind of problem.
        summary: String,
        /// What to do.
        detail: String,
    },
    /// There is no such command, or none is named.
    #[error("no command")]
    NoCommand,
    /// Help was asked for.
    #[error("help")]
    Help,
}

/// Names of the flags that a command has.
pub(crate) struct Known<'a> {
    /// Flags without a value, or with `=true` and `=false`.
    pub switches: &'a [&'a [&'a str]],
    /// Flags with a value.
    pub values: &'a [&'a [&'a str]],
}

/// Flags as they were given, in order, and the words after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    given: Vec<(String, String)>,
    /// What is left.
    pub words: Vec<String>,
}

impl Flags {
    pub fn parse(arguments: &[String], known: &Known<'_>) -> Result<Self, UsageError> {
        let mut flags = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let Some(flag) = name_of(argument) else {
                flags.words.push(argument.clone());
                break;
            };
            if argument == "--" {
                break;
            }
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            };
            let is_in = |groups: &[&[&str]]| groups.iter().any(|group| group.contains(&name));
            let value = if is_in(known.switches) {
                let value = value.unwrap_or_else(|| "true".to_owned());
                truth(&value).ok_or_else(|| invalid("boolean", name, &value))?;
                value
            } else if is_in(known.values) {
                match value.or_else(|| rest.next().cloned()) {
                    Some(value) => value,
                    None => return Err(UsageError::Flag(format!("flag needs an argument: -{name}"))),
                }
            } else if matches!(name, "h" | "help") {
                return Err(UsageError::Help);
            } else {
                return Err(UsageError::Flag(format!("flag provided but not defined: -{name}")));
            };
            flags.given.push((name.to_owned(), value));
        }
        flags.words.extend(rest.cloned());
        Ok(flags)
    }

    /// Reads arguments whose flags may also stand after words, as in `kubeconfig NAME -region=REGION`.
    pub fn parse_mixed(arguments: &[String], known: &Known<'_>) -> Result<Self, UsageError> {
        let mut all = Self::default();
        let mut rest = arguments.to_vec();
        loop {
            let found = Self::parse(&rest, known)?;
            all.given.extend(found.given);
            let mut words = found.words.into_iter();
            let Some(word) = words.next() else { return Ok(all) };
            all.words.push(word);
            rest = words.collect();
        }
    }

    /// Returns the last value of a flag.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a flag, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Returns all flags with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns whether a switch is on.
    pub fn switch(&self, name: &str) -> bool {
        self.switch_or(name, false)
    }

    /// Returns whether a switch is on; `default` if it is not given.
    pub fn switch_or(&self, name: &str, default: bool) -> bool {
        self.value(name).and_then(truth).unwrap_or(default)
    }

    /// Returns the value of a flag as a number or another type that has a text form.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, UsageError> {
        self.value(name).map(|value| value.parse().map_err(|_| invalid("value", name, value))).transpose()
    }

    /// Returns the value of a flag as a duration, such as `1m30s`.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, UsageError> {
        let parse = |value: &str| {
            if value == "0" { Some(Duration::ZERO) } else { landfall_provider::parse_duration(value) }
        };
        self.value(name).map(|value| parse(value).ok_or_else(|| invalid("duration", name, value))).transpose()
    }

    /// Returns the words, of which there may be at most `most`.
    pub fn at_most(&self, most: usize, detail: &str) -> Result<&[String], UsageError> {
        if self.words.len() <= most {
            return Ok(&self.words);
        }
        let summary = "Too many command line arguments".to_owned();
        Err(UsageError::Words { summary, detail: detail.to_owned() })
    }

    /// Returns the words, of which there must be exactly `N`.
    pub fn exactly<const N: usize>(&self, detail: &str) -> Result<[String; N], UsageError> {
        <[String; N]>::try_from(self.words.clone()).map_err(|words| UsageError::Words {
            summary: format!("{} command line arguments", if words.len() < N { "Too few" } else { "Too many" }),
            detail: detail.to_owned(),
        })
    }
}

fn invalid(kind: &str, name: &str, value: &str) -> UsageError {
    UsageError::Flag(format!("invalid {kind} \"{value}\" for flag -{name}: parse error"))
}

/// Returns a flag without its dashes; `None` for a word. A single dash is a word.
fn name_of(argument: &str) -> Option<&str> {
    let name = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-'))?;
    (argument != "-").then_some(name)
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known<'_> = Known { switches: &[&["json", "input"]], values: &[&["var", "out"]] };

    #[track_caller]
    fn check(arguments: &[&str], expected: &str) {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let found = match Flags::parse(&arguments, &KNOWN) {
            Ok(flags) => {
                let given: Vec<String> = flags.iter().map(|(name, value)| format!("{name}:{value}")).collect();
                format!("{} / {}", given.join(" "), flags.words.join(" "))
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn values_follow_an_equals_sign_or_as_the_next_argument() {
        check(&["-var", "a=b", "--var=c=d", "-out=x"], "var:a=b var:c=d out:x / ");
        check(&["-out"], "flag needs an argument: -out");
    }

    #[test]
    fn switches_do_not_take_the_next_argument() {
        check(&["-json", "false"], "json:true / false");
        check(&["-input=false", "-"], "input:false / -");
        check(&["-input=maybe"], "invalid boolean \"maybe\" for flag -input: parse error");
    }

    #[test]
    fn mixed_arguments_have_flags_anywhere() {
        let arguments = ["name", "-out", "x", "-json"].map(str::to_owned);
        let flags = Flags::parse_mixed(&arguments, &KNOWN).unwrap();
        assert_eq!(
            (flags.value("out"), flags.switch("json"), &*flags.words),
            (Some("x"), true, &["name".to_owned()][..])
        );
    }

    #[test]
    fn flags_end_at_the_first_word() {
        check(&["-json", "a", "-b"], "json:true / a -b");
        check(&["-b"], "flag provided but not defined: -b");
    }
}
