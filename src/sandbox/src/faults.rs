//! Bad luck on purpose: which calls are throttled, fail, time out, lose their answer or see old news. From a seed.
//!
//! A rule is a line: `SERVICE OPERATION KIND [count=N] [after=N] [probability=P] [per=run]`, with `*` in names for
//! anything, or `limit NAME NUMBER`:
//!
//! ```text
//! ec2 Create* throttle count=2
//! eks * lost-reply probability=0.05
//! * * no-spot-capacity after=1 count=1
//! limit vpcs 20
//! ```
//!
//! Whether a rule strikes follows from the seed, the operation, its object and the attempt: how often the same was asked
//! before. It does not matter what else is called meanwhile, so that a seed is replayed in any order. `count` and `after`
//! are of each object; with `per=run` they are of all calls together, in the order in which they come.

mod buckets;

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use buckets::Buckets;

use crate::protocol::Call;
use crate::protocol::fault::Fault;
use crate::world::ids::{hashed, mixed};

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

/// Limits of an account that a rule can set: `limit vpcs 20`.
pub const LIMITS: &[&str] = &[
    "clusters",
    "elastic-addresses",
    "groups-per-interface",
    "instance-profiles",
    "interfaces",
    "internet-gateways",
    "launch-template-versions",
    "launch-templates",
    "nat-gateways-per-zone",
    "node-groups-per-cluster",
    "oidc-providers",
    "policies",
    "policies-per-role",
    "roles",
    "route-tables-per-vpc",
    "routes-per-table",
    "rules-per-group",
    "security-groups",
    "subnets-per-vpc",
    "vpcs",
];

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule(Content);

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Strike(Strike),
    Limit(&'static str, usize),
}

/// A rule that strikes.
#[derive(Clone, Debug, PartialEq)]
struct Strike {
    service: String,
    operation: String,
    kind: Kind,
    /// How often it strikes at most.
    count: Option<u32>,
    /// How many fitting calls it lets pass first.
    after: u32,
    probability: f64,
    /// Whether it counts all calls of a run together, instead of each object's by itself.
    is_per_run: bool,
    /// What stands for it where its chances are counted.
    id: u64,
}

/// Why a text is not a rule.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RuleError {
    /// Too few words.
    #[error("a rule is `SERVICE OPERATION KIND`, then options, or `limit NAME NUMBER`; `{0}` is not")]
    Form(String),
    /// A kind that is not known.
    #[error("unknown kind of fault `{0}`")]
    Kind(String),
    /// An option that is not known, or has no number.
    #[error("unknown or malformed option `{0}`")]
    Option(String),
    /// A limit that is not known, or has no number.
    #[error("unknown or malformed limit `{0}`")]
    Limit(String),
}

/// Rules, and the services' own rate limits.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    seed: u64,
    rules: Vec<Strike>,
    limits: BTreeMap<&'static str, usize>,
    /// What happens now.
    cause: u64,
    /// The services' rate limits; none where calls are not limited.
    pub(crate) buckets: Option<Buckets>,
}

/// How often each rule had its chance at each object. It is kept with the world: a rule that strikes once does so once,
/// however many processes there are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Luck(BTreeMap<u64, Tally>);

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Tally {
    fitted: u32,
    struck: u32,
}

impl Faults {
    /// Returns these rules, and rate limits as AWS publishes them.
    pub fn new(seed: u64, rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut faults = Self { seed, buckets: Some(Buckets::default()), ..Self::default() };
        for Rule(content) in rules {
            match content {
                Content::Limit(name, most) => _ = faults.limits.insert(name, most),
                Content::Strike(rule) => {
                    // The same rule twice is two rules.
                    let twins = faults.rules.iter().filter(|other| other.id == rule.id).count();
                    let id = mixed(rule.id.wrapping_add(twins as u64));
                    faults.rules.push(Strike { id: if twins == 0 { rule.id } else { id }, ..rule });
                }
            }
        }
        faults
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

    /// Says what happens next: a call or an event.
    pub(crate) fn begin(&mut self, cause: u64) {
        self.cause = cause;
    }

    /// Returns what strikes a call.
    pub(crate) fn strike(&self, luck: &mut Luck, call: &Call) -> Option<Kind> {
        let fits = |rule: &Strike| {
            !matches!(rule.kind, Kind::Outcome(_))
                && matches(&rule.service, &call.service)
                && matches(&rule.operation, &call.operation)
        };
        self.first(luck, fits)
    }

    /// Returns whether an outcome strikes now.
    pub(crate) fn outcome(&self, luck: &mut Luck, name: &'static str) -> bool {
        self.first(luck, |rule| rule.kind == Kind::Outcome(name)).is_some()
    }

    /// Returns a limit that a rule has set.
    pub(crate) fn limit(&self, name: &str) -> Option<usize> {
        debug_assert!(LIMITS.contains(&name), "{name}");
        self.limits.get(name).copied()
    }

    /// Returns whether any rule needs to know how the world was before.
    pub(crate) fn remembers(&self) -> bool {
        self.rules.iter().any(|rule| rule.kind == Kind::StaleRead)
    }

    /// A rule's chances at one object depend on the seed and on how many it had, not on what else happens.
    fn first(&self, luck: &mut Luck, fits: impl Fn(&Strike) -> bool) -> Option<Kind> {
        let mut fitting = self.rules.iter().filter(|rule| fits(rule));
        let struck = fitting.find(|rule| {
            let cause = if rule.is_per_run { 0 } else { self.cause };
            let key = mixed(rule.id ^ mixed(cause));
            luck.0.entry(key).or_default().strikes(rule, mixed(self.seed ^ key))
        });
        struck.map(|rule| rule.kind.clone())
    }
}

impl Tally {
    fn strikes(&mut self, rule: &Strike, seed: u64) -> bool {
        self.fitted += 1;
        if self.fitted <= rule.after || rule.count.is_some_and(|count| self.struck >= count) {
            return false;
        }
        let drawn = mixed(seed.wrapping_add(self.fitted.into())) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let is_struck = (drawn as f64) < rule.probability * (1u64 << 53) as f64;
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
        if service == "limit" {
            let name = LIMITS.iter().find(|name| **name == operation);
            let limit = name.zip(kind.parse().ok()).filter(|_| words.next().is_none());
            let (name, most) = limit.ok_or_else(|| RuleError::Limit(text.to_owned()))?;
            return Ok(Self(Content::Limit(name, most)));
        }
        let (service, operation, kind) = (service.to_owned(), operation.to_owned(), kind.parse()?);
        let id = hashed(text.split_whitespace());
        let mut rule =
            Strike { service, operation, kind, count: None, after: 0, probability: 1.0, is_per_run: false, id };
        for word in words {
            let malformed = || RuleError::Option(word.to_owned());
            match word.split_once('=').ok_or_else(malformed)? {
                ("count", value) => rule.count = Some(value.parse().map_err(|_| malformed())?),
                ("after", value) => rule.after = value.parse().map_err(|_| malformed())?,
                ("probability", value) => rule.probability = value.parse().map_err(|_| malformed())?,
                ("per", "run") => rule.is_per_run = true,
                ("per", "object") => rule.is_per_run = false,
                _ => return Err(malformed()),
            }
        }
        Ok(Self(Content::Strike(rule)))
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
        let (faults, mut luck) = (Faults::new(0, rules), Luck::default());
        let kinds: Vec<_> = (0..5).map(|_| faults.strike(&mut luck, &call("ec2", "CreateVpc"))).collect();
        let throttled = Some(Kind::Throttle);
        assert_eq!(kinds, [Some(Kind::Timeout), throttled.clone(), throttled, None, None]);
    }

    #[test]
    fn chance_follows_from_the_seed() {
        let struck = |seed| {
            let faults = Faults::new(seed, ["* * unavailable probability=0.3".parse().unwrap()]);
            let mut luck = Luck::default();
            (0..100).map(|_| faults.strike(&mut luck, &call("eks", "ListClusters")).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(struck(7), struck(7));
        assert_ne!(struck(7), struck(8));
        let count = struck(7).iter().filter(|is_struck| **is_struck).count();
        assert!((15..=45).contains(&count), "{count}");
    }

    #[test]
    fn the_luck_of_an_object_is_its_own() {
        let rules = || Faults::parse_rules("* * timeout probability=0.5\n* * throttle count=1 per=run").unwrap();
        let run = |causes: &[u64]| {
            let (mut faults, mut luck) = (Faults::new(3, rules()), Luck::default());
            let mut struck: Vec<(u64, Option<Kind>)> = Vec::new();
            for cause in causes {
                faults.begin(*cause);
                struck.push((*cause, faults.strike(&mut luck, &call("ec2", "CreateVpc"))));
            }
            struck.retain(|(_, kind)| *kind != Some(Kind::Throttle));
            struck.sort_by_key(|(cause, _)| *cause);
            struck.into_iter().filter(|(_, kind)| kind.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(&[1, 2, 3, 4, 5, 6, 1, 2, 3]), run(&[3, 2, 1, 6, 5, 4, 3, 1, 2]));
    }

    #[test]
    fn limits_are_rules_too() {
        let faults = Faults::new(0, Faults::parse_rules("limit vpcs 20").unwrap());
        assert_eq!((faults.limit("vpcs"), faults.limit("roles")), (Some(20), None));
        assert_eq!("limit stars 3".parse::<Rule>(), Err(RuleError::Limit("limit stars 3".to_owned())));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let error = |text: &str| text.parse::<Rule>().unwrap_err();
        assert_eq!(error("ec2 throttle"), RuleError::Form("ec2 throttle".to_owned()));
        assert_eq!(error("ec2 * slow"), RuleError::Kind("slow".to_owned()));
        assert_eq!(error("ec2 * throttle count=x"), RuleError::Option("count=x".to_owned()));
    }
}
