//! Bad luck on purpose: which calls are throttled, fail, time out, lose their answer or see old news. From a seed.
//!
//! A rule is a line: `SERVICE OPERATION KIND [count=N] [after=N] [probability=P]`, with `*` in names for anything:
//!
//! ```text
//! ec2 Create* throttle count=2
//! eks * lost-reply probability=0.05
//! * * no-spot-capacity after=1 count=1
//! ```

mod buckets;

use std::str::FromStr;

use thiserror::Error;

pub use buckets::Buckets;

use crate::protocol::Call;
use crate::protocol::fault::Fault;
use crate::world::ids::mixed;

/// Kinds of bad luck that a family asks for by name, with [`Scope::strikes`](crate::Scope::strikes). Of a rule with such
/// a kind, service and operation do not matter.
pub const OUTCOMES: &[&str] = &[
    "cluster-failed",
    "node-group-failed",
    "addon-failed",
    "fargate-profile-failed",
    "update-failed",
    "nat-gateway-failed",
    "no-capacity",
    "no-spot-capacity",
    "write-conflict",
    "spot-interruption",
    "interface-left",
];

/// What happens to a call that a rule strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Refused for its rate.
    Throttle,
    /// Status 500.
    InternalError,
    /// Status 503.
    Unavailable,
    /// Not carried out, and not answered.
    Timeout,
    /// Carried out, and not answered.
    LostReply,
    /// A read is answered as before the last change.
    StaleRead,
    /// One of [`OUTCOMES`].
    Outcome(&'static str),
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    service: String,
    operation: String,
    kind: Kind,
    /// How often it strikes at most.
    count: Option<u32>,
    /// How many fitting calls it lets pass first.
    after: u32,
    probability: f64,
}

/// Why a text is not a rule.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RuleError {
    /// Too few words.
    #[error("a rule is `SERVICE OPERATION KIND`, then options; `{0}` is not")]
    Form(String),
    /// A kind that is not known.
    #[error("unknown kind of fault `{0}`")]
    Kind(String),
    /// An option that is not known, or has no number.
    #[error("unknown or malformed option `{0}`")]
    Option(String),
}

/// Rules, how often they have struck, and the services' own rate limits.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    seed: u64,
    rules: Vec<Tally>,
    /// The services' rate limits; none where calls are not limited.
    pub(crate) buckets: Option<Buckets>,
}

#[derive(Clone, Debug)]
struct Tally {
    rule: Rule,
    fitted: u32,
    struck: u32,
}

impl Faults {
    /// Returns these rules, and rate limits as AWS publishes them.
    pub fn new(seed: u64, rules: impl IntoIterator<Item = Rule>) -> Self {
        let rules = rules.into_iter().map(|rule| Tally { rule, fitted: 0, struck: 0 }).collect();
        Self { seed, rules, buckets: Some(Buckets::default()) }
    }

    /// Returns no bad luck and no rate limits.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the rules of a file: one a line, `#` starts a comment.
    ///
    /// # Errors
    /// At the first line that is not a rule.
    pub fn parse_rules(text: &str) -> Result<Vec<Rule>, RuleError> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        lines.filter(|line| !line.is_empty()).map(str::parse).collect()
    }

    /// Returns what strikes a call.
    pub(crate) fn strike(&mut self, call: &Call) -> Option<Kind> {
        let fits = |rule: &Rule| {
            !matches!(rule.kind, Kind::Outcome(_))
                && matches(&rule.service, &call.service)
                && matches(&rule.operation, &call.operation)
        };
        self.first(fits)
    }

    /// Returns whether an outcome strikes now.
    pub(crate) fn outcome(&mut self, name: &'static str) -> bool {
        self.first(|rule| rule.kind == Kind::Outcome(name)).is_some()
    }

    /// Returns whether any rule needs to know how the world was before.
    pub(crate) fn remembers(&self) -> bool {
        self.rules.iter().any(|tally| tally.rule.kind == Kind::StaleRead)
    }

    fn first(&mut self, fits: impl Fn(&Rule) -> bool) -> Option<Kind> {
        let seed = self.seed;
        let mut fitting = self.rules.iter_mut().zip(0u64..).filter(|(tally, _)| fits(&tally.rule));
        fitting.find_map(|(tally, number)| tally.strikes(seed, number).then(|| tally.rule.kind.clone()))
    }
}

impl Tally {
    /// Whether the rule strikes depends on the seed and on how many calls have fitted it, not on other rules.
    fn strikes(&mut self, seed: u64, number: u64) -> bool {
        self.fitted += 1;
        if self.fitted <= self.rule.after || self.rule.count.is_some_and(|count| self.struck >= count) {
            return false;
        }
        let drawn = mixed(mixed(seed ^ (number << 32)).wrapping_add(self.fitted.into())) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let is_struck = (drawn as f64) < self.rule.probability * (1u64 << 53) as f64;
        self.struck += u32::from(is_struck);
        is_struck
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let mut words = text.split_whitespace();
        let (Some(service), Some(operation), Some(kind)) = (words.next(), words.next(), words.next()) else {
            return Err(RuleError::Form(text.to_owned()));
        };
        let (service, operation, kind) = (service.to_owned(), operation.to_owned(), kind.parse()?);
        let mut rule = Self { service, operation, kind, count: None, after: 0, probability: 1.0 };
        for word in words {
            let malformed = || RuleError::Option(word.to_owned());
            match word.split_once('=').ok_or_else(malformed)? {
                ("count", value) => rule.count = Some(value.parse().map_err(|_| malformed())?),
                ("after", value) => rule.after = value.parse().map_err(|_| malformed())?,
                ("probability", value) => rule.probability = value.parse().map_err(|_| malformed())?,
                _ => return Err(malformed()),
            }
        }
        Ok(rule)
    }
}

impl FromStr for Kind {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let outcome = || OUTCOMES.iter().find(|outcome| **outcome == text).map(|outcome| Self::Outcome(outcome));
        Ok(match text {
            "throttle" => Self::Throttle,
            "internal-error" => Self::InternalError,
            "unavailable" => Self::Unavailable,
            "timeout" => Self::Timeout,
            "lost-reply" => Self::LostReply,
            "stale-read" => Self::StaleRead,
            _ => return outcome().ok_or_else(|| RuleError::Kind(text.to_owned())),
        })
    }
}

/// Returns whether a name fits a pattern with `*`, and `?` for one character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return text.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => {
            matches(rest, text) || text.chars().next().is_some_and(|next| matches(pattern, &text[next.len_utf8()..]))
        }
        _ => text.strip_prefix(|next| first == '?' || first == next).is_some_and(|text| matches(rest, text)),
    }
}

/// Returns how a service says that it is called too often.
pub(crate) fn throttled(service: &str) -> Fault {
    match service {
        "ec2" => Fault::with_status(503, "RequestLimitExceeded", "Request limit exceeded."),
        "eks" => Fault::with_status(429, "ThrottlingException", "Rate exceeded"),
        "s3" => Fault::with_status(503, "SlowDown", "Please reduce your request rate."),
        "iam" | "sts" | "autoscaling" => Fault::new("Throttling", "Rate exceeded"),
        _ => Fault::new("ThrottlingException", "Rate exceeded"),
    }
}

/// Returns how a service says that it failed inside.
pub(crate) fn failed(service: &str) -> Fault {
    let code = match service {
        "ec2" | "s3" => "InternalError",
        "eks" => "ServerException",
        "kms" => "KMSInternalException",
        "iam" => "ServiceFailure",
        "logs" => "InternalFailure",
        "ssm" => "InternalServerError",
        _ => "InternalFailure",
    };
    Fault::with_status(500, code, "An internal error has occurred")
}

/// Returns how a service says that it cannot be reached.
pub(crate) fn unavailable(service: &str) -> Fault {
    let code = match service {
        "ec2" => "Unavailable",
        "eks" | "logs" => "ServiceUnavailableException",
        _ => "ServiceUnavailable",
    };
    Fault::with_status(503, code, "The service is unavailable. Please try again shortly.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn call(service: &str, operation: &str) -> Call {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        Call { service, operation, region: String::new(), access_key: String::new(), input: Tree::object() }
    }

    #[test]
    fn rules_strike_as_often_as_they_say() {
        let rules =
            Faults::parse_rules("# a comment\nec2 Create* throttle after=1 count=2\n* * timeout count=1").unwrap();
        let mut faults = Faults::new(0, rules);
        let kinds: Vec<_> = (0..5).map(|_| faults.strike(&call("ec2", "CreateVpc"))).collect();
        let throttled = Some(Kind::Throttle);
        assert_eq!(kinds, [Some(Kind::Timeout), throttled.clone(), throttled, None, None]);
    }

    #[test]
    fn chance_follows_from_the_seed() {
        let struck = |seed| {
            let mut faults = Faults::new(seed, ["* * unavailable probability=0.3".parse().unwrap()]);
            (0..100).map(|_| faults.strike(&call("eks", "ListClusters")).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(struck(7), struck(7));
        assert_ne!(struck(7), struck(8));
        let count = struck(7).iter().filter(|is_struck| **is_struck).count();
        assert!((15..=45).contains(&count), "{count}");
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let error = |text: &str| text.parse::<Rule>().unwrap_err();
        assert_eq!(error("ec2 throttle"), RuleError::Form("ec2 throttle".to_owned()));
        assert_eq!(error("ec2 * slow"), RuleError::Kind("slow".to_owned()));
        assert_eq!(error("ec2 * throttle count=x"), RuleError::Option("count=x".to_owned()));
    }
}
