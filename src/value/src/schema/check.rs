//! Checks of single values.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::{AttributePath, Kind, Value};

use super::meaning::network;
use super::{Check, Format};

/// Returns where a value fails checks, and what it must be: a fragment that follows "the value".
pub(super) fn failures(checks: &[Check], value: &Value, path: &AttributePath) -> Vec<(AttributePath, String)> {
    let mut found = Vec::new();
    for check in checks {
        if value.is_null() || !value.is_known() {
            return found;
        }
        if let Check::Each(inner) = check {
            each(value, path, |element, path| found.extend(failures(inner, element, &path)));
        } else if let Some(reason) = check.refuses(value) {
            found.push((path.clone(), reason));
        }
    }
    found
}

fn each(value: &Value, path: &AttributePath, mut visit: impl FnMut(&Value, AttributePath)) {
    match value.kind() {
        Kind::Set(_, elements) => elements.iter().for_each(|element| visit(element, path.index(element.clone()))),
        Kind::List(_, elements) | Kind::Tuple(elements) => {
            elements.iter().zip(0i64..).for_each(|(element, index)| visit(element, path.index(index)));
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            entries.iter().for_each(|(key, element)| visit(element, path.index(key.clone())));
        }
        Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
    }
}

impl Check {
    fn refuses(&self, value: &Value) -> Option<String> {
        let text = || value.as_str().unwrap_or_default();
        let number = || value.as_number().cloned().unwrap_or(crate::Number::ZERO);
        let characters = || text().chars().count() as u64;
        let items = || value.len().unwrap_or(0) as u64;
        let may_be_fewer = matches!(value.kind(), Kind::Set(..)) && !value.is_wholly_known();
        let (holds, reason) = match self {
            Self::OneOf(allowed) => {
                let text = value.as_number().map_or_else(|| text().to_owned(), ToString::to_string);
                (allowed.iter().any(|a| **a == *text), format!("must be one of {}", list(allowed)))
            }
            Self::OneOfIgnoreCase(allowed) => {
                let lower = text().to_lowercase();
                (
                    allowed.iter().any(|a| a.to_lowercase() == lower),
                    format!("must be one of {}, in any case", list(allowed)),
                )
            }
            Self::Min(least) => (number() >= (*least).into(), format!("must be at least {least}")),
            Self::Max(most) => (number() <= (*most).into(), format!("must be at most {most}")),
            Self::MinLength(least) => {
                (characters() >= *least, format!("must have at least {}", count(*least, "character")))
            }
            Self::MaxLength(most) => {
                (characters() <= *most, format!("must have at most {}", count(*most, "character")))
            }
            Self::MinItems(least) => (items() >= *least, format!("must have at least {}", count(*least, "element"))),
            Self::MaxItems(most) => {
                (may_be_fewer || items() <= *most, format!("must have at most {}", count(*most, "element")))
            }
            Self::Pattern(pattern, reason) => (matches(pattern, text()), pattern_reason(pattern, reason)),
            Self::Format(format) => (format.holds(text()), format!("must be {}", format.description())),
            Self::Each(_) => return None,
        };
        (!holds).then_some(reason)
    }
}

fn list(allowed: &[Arc<str>]) -> String {
    let quoted: Vec<String> = allowed.iter().map(|text| format!("`{text}`")).collect();
    match quoted.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => quoted.concat(),
    }
}

fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn pattern_reason(pattern: &str, reason: &str) -> String {
    if reason.is_empty() { format!("must match the regular expression `{pattern}`") } else { reason.to_owned() }
}

/// Matches a pattern of a schema, compiled once per process. A pattern that does not compile allows everything.
fn matches(pattern: &Arc<str>, text: &str) -> bool {
    static COMPILED: LazyLock<RwLock<BTreeMap<Arc<str>, Option<Regex>>>> = LazyLock::new(RwLock::default);
    if let Ok(compiled) = COMPILED.read()
        && let Some(regex) = compiled.get(pattern)
    {
        return regex.as_ref().is_none_or(|regex| regex.is_match(text));
    }
    let regex = Regex::new(pattern).ok();
    let holds = regex.as_ref().is_none_or(|regex| regex.is_match(text));
    if let Ok(mut compiled) = COMPILED.write() {
        compiled.insert(pattern.clone(), regex);
    }
    holds
}

impl Format {
    fn description(self) -> &'static str {
        match self {
            Self::Arn => "an ARN, such as `arn:aws:iam::123456789012:role/name`",
            Self::Cidr => "a network in CIDR notation",
            Self::Ipv4Cidr => "an IPv4 network in CIDR notation",
            Self::Ipv6Cidr => "an IPv6 network in CIDR notation",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Json => "a JSON document",
            Self::NonEmpty => "a text that is not empty",
            Self::Rfc3339 => "an RFC 3339 time, such as `2030-01-31T12:00:00Z`",
            Self::AccountId => "an account number of twelve digits",
            Self::Base64 => "base64",
            Self::Duration => "a duration, such as `10m` or `1h30m`",
            Self::NullableInt => "empty, or a whole number",
            Self::NullableBool => "empty, `true` or `false`",
        }
    }

    /// Returns whether a text has the form.
    pub fn holds(self, text: &str) -> bool {
        match self {
            // Empty is as good as unset.
            Self::Arn => text.is_empty() || is_arn(text),
            Self::Cidr => network(text).is_some(),
            Self::Ipv4Cidr => matches!(network(text), Some((IpAddr::V4(_), _))),
            Self::Ipv6Cidr => matches!(network(text), Some((IpAddr::V6(_), _))),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
            Self::NonEmpty => !text.is_empty(),
            Self::Rfc3339 => is_rfc3339(text),
            Self::AccountId => text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()),
            Self::Base64 => STANDARD.decode(text).is_ok(),
            Self::Duration => is_duration(text),
            Self::NullableInt => text.is_empty() || text.parse::<i64>().is_ok(),
            Self::NullableBool => matches!(text, "" | "0" | "1" | "true" | "false"),
        }
    }
}

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, _, account, resource] = parts.as_slice() else { return false };
    *arn == "arn"
        && partition.starts_with("aws")
        && !service.is_empty()
        && !resource.is_empty()
        && (matches!(*account, "" | "aws" | "aws-managed" | "third-party" | "aws-marketplace")
            || Format::AccountId.holds(account))
}

fn is_rfc3339(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>, least: u32, most: u32| {
        text.get(range).is_some_and(|part| {
            part.bytes().all(|b| b.is_ascii_digit()) && part.parse().is_ok_and(|n: u32| (least..=most).contains(&n))
        })
    };
    let separators = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    if !separators.iter().all(|&(at, separator)| text.get(at..at + 1) == Some(separator))
        || !digits(0..4, 0, 9999)
        || !digits(5..7, 1, 12)
        || !digits(8..10, 1, 31)
        || !digits(11..13, 0, 23)
        || !digits(14..16, 0, 59)
        || !digits(17..19, 0, 60)
    {
        return false;
    }
    let rest = &text[19..];
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    let offset = || {
        let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
        let plain = |part: &str, below: u32| part.len() == 2 && part.parse().is_ok_and(|n: u32| n < below);
        Some(plain(hours, 24) && plain(minutes, 60))
    };
    zone == "Z" || offset() == Some(true)
}

fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - unit.len()];
        if number.parse::<f64>().is_err() {
            return false;
        }
        let Some(after) = ["ns", "us", "µs", "ms", "s", "m", "h"].iter().find_map(|name| unit.strip_prefix(name))
        else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: Format, good: &[&str], bad: &[&str]) {
        good.iter().for_each(|text| assert!(format.holds(text), "{format:?}: {text}"));
        bad.iter().for_each(|text| assert!(!format.holds(text), "{format:?}: {text}"));
    }

    #[test]
    fn forms_are_recognised() {
        check(
            Format::Arn,
            &["", "arn:aws:iam::123456789012:role/x", "arn:aws-cn:s3:::bucket", "arn:aws:iam::aws:policy/P"],
            &["arn:aws:iam", "arn:aws:iam::12:role/x"],
        );
        check(
            Format::Rfc3339,
            &["2024-02-29T00:00:00Z", "2024-01-01T00:00:00.5+02:00"],
            &["2024-01-01", "2024-01-01T00:00:00"],
        );
        check(Format::Duration, &["10m", "1h30m", "1.5s", "0"], &["", "10", "m", "1d"]);
        check(Format::Ipv6Cidr, &["::/0"], &["10.0.0.0/8", "::", "::/129"]);
        check(Format::NullableBool, &["", "true"], &["yes"]);
    }
}
