//! How a cluster is reached, and the addresses inside it.

use serde::{Deserialize, Serialize};

use super::super::About;
use crate::families::ec2::cidr::Cidr;
use crate::protocol::fault::Fault;
use crate::tree;
use crate::tree::Tree;

/// Who reaches the endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Whether it has public addresses.
    pub is_public: bool,
    /// Whether the VPC resolves it to private addresses.
    pub is_private: bool,
    /// Whom the public addresses answer.
    pub public_cidrs: Vec<String>,
}

/// Addresses inside a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KubernetesNetwork {
    /// Whether pods and services have IPv6 addresses.
    pub is_ipv6: bool,
    /// Block of services.
    pub service_cidr: String,
}

/// How many blocks of public addresses may be named.
const MOST_PUBLIC_CIDRS: usize = 40;

/// Blocks that the public endpoint never sees.
const RESERVED: [&str; 9] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "0.0.0.0/8",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// Returns the domain of endpoints.
pub fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") { "eks.amazonaws.com.cn" } else { "eks.amazonaws.com" }
}

/// Returns the host of the service.
pub fn service_host(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("eks.{region}.{suffix}")
}

impl Endpoint {
    /// Returns what a request asks for, with the rest as it was.
    ///
    /// # Errors
    /// When nobody could reach it, or blocks cannot be.
    pub fn asked(about: About<'_>, config: &Tree, prior: &Self) -> Result<Self, Fault> {
        let asked = Self {
            is_public: config.bool("endpointPublicAccess")?.unwrap_or(prior.is_public),
            is_private: config.bool("endpointPrivateAccess")?.unwrap_or(prior.is_private),
            public_cidrs: match config.texts("publicAccessCidrs") {
                blocks if blocks.is_empty() => prior.public_cidrs.clone(),
                blocks => public_cidrs(about, &blocks)?,
            },
        };
        if !asked.is_public && !asked.is_private {
            return Err(about.invalid_parameter("Private and public endpoint access cannot be false"));
        }
        Ok(asked)
    }

    /// Returns whether two are the same; the order of blocks does not count.
    pub fn is_like(&self, other: &Self) -> bool {
        let sorted = |endpoint: &Self| {
            let mut blocks = endpoint.public_cidrs.clone();
            blocks.sort();
            blocks
        };
        (self.is_public, self.is_private, sorted(self)) == (other.is_public, other.is_private, sorted(other))
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self { is_public: true, is_private: false, public_cidrs: vec!["0.0.0.0/0".to_owned()] }
    }
}

fn public_cidrs(about: About<'_>, blocks: &[&str]) -> Result<Vec<String>, Fault> {
    if blocks.len() > MOST_PUBLIC_CIDRS {
        return Err(about.invalid_parameter(format!("publicAccessCidrs can have at most {MOST_PUBLIC_CIDRS} blocks")));
    }
    let is_allowed = |text: &str| {
        if text.contains(':') {
            return text.rsplit_once('/').is_some();
        }
        let Ok(cidr) = text.parse::<Cidr>() else { return false };
        cidr.length() == 0 || !RESERVED.iter().any(|block| block.parse().is_ok_and(|block: Cidr| block.contains(cidr)))
    };
    let bad: Vec<_> = blocks.iter().copied().filter(|text| !is_allowed(text)).collect();
    if !bad.is_empty() {
        let message = format!("The following CIDRs are invalid in publicAccessCidrs: [{}]", bad.join(", "));
        return Err(about.invalid_parameter(message));
    }
    Ok(blocks
        .iter()
        .map(|text| text.parse::<Cidr>().map_or_else(|_| (*text).to_owned(), |cidr| cidr.to_string()))
        .collect())
}

impl KubernetesNetwork {
    /// Returns what a request for a new cluster asks for.
    ///
    /// # Errors
    /// When the block cannot be.
    pub fn asked(
        about: About<'_>,
        config: Option<&Tree>,
        vpc: &[Cidr],
        ipv6_service_cidr: String,
    ) -> Result<Self, Fault> {
        let empty = Tree::object();
        let config = config.unwrap_or(&empty);
        let is_ipv6 = match config.text("ipFamily")? {
            None | Some("ipv4") => false,
            Some("ipv6") => true,
            Some(other) => return Err(about.invalid_parameter(format!("Invalid ipFamily: {other}"))),
        };
        let given = config.text("serviceIpv4Cidr")?;
        match given {
            Some(_) if is_ipv6 => {
                Err(about.invalid_parameter("serviceIpv4Cidr cannot be specified for a cluster with ipFamily ipv6"))
            }
            None if is_ipv6 => Ok(Self { is_ipv6, service_cidr: ipv6_service_cidr }),
            Some(text) => Ok(Self { is_ipv6, service_cidr: service_cidr(about, text, vpc)?.to_string() }),
            None => Ok(Self { is_ipv6, service_cidr: usual_service_cidr(vpc) }),
        }
    }

    /// Returns the network as answers have it.
    pub fn shown(&self, load_balancing: bool) -> Tree {
        let (v4, v6) = if self.is_ipv6 { (None, Some(&self.service_cidr)) } else { (Some(&self.service_cidr), None) };
        tree! {
            "serviceIpv4Cidr": v4,
            "serviceIpv6Cidr": v6,
            "ipFamily": if self.is_ipv6 { "ipv6" } else { "ipv4" },
            "elasticLoadBalancing": tree! { "enabled": load_balancing },
        }
    }
}

fn service_cidr(about: About<'_>, text: &str, vpc: &[Cidr]) -> Result<Cidr, Fault> {
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
    let cidr = text.parse::<Cidr>().ok().filter(|cidr| (12..=24).contains(&cidr.length()));
    let cidr =
        cidr.filter(|cidr| private.iter().any(|block| block.parse().is_ok_and(|block: Cidr| block.contains(*cidr))));
    let Some(cidr) = cidr else {
        let why = "it must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, between /24 and /12";
        return Err(about.invalid_parameter(format!("The service CIDR {text} is invalid: {why}")));
    };
    if vpc.iter().any(|block| block.overlaps(cidr)) {
        return Err(about.invalid_parameter(format!("The service CIDR {text} overlaps with a CIDR block of the VPC")));
    }
    Ok(cidr)
}

/// The block that does not clash with the VPC.
fn usual_service_cidr(vpc: &[Cidr]) -> String {
    let (first, other) = ("10.100.0.0/16", "172.20.0.0/16");
    let clashes = first.parse().is_ok_and(|block: Cidr| vpc.iter().any(|own| own.overlaps(block)));
    if clashes { other } else { first }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_addresses_stay_clear_of_the_vpc() {
        let vpc = |block: &str| vec![block.parse::<Cidr>().unwrap()];
        assert_eq!(usual_service_cidr(&vpc("192.168.0.0/16")), "10.100.0.0/16");
        assert_eq!(usual_service_cidr(&vpc("10.0.0.0/8")), "172.20.0.0/16");
        let check = |text: &str| service_cidr(About::NOTHING, text, &vpc("10.0.0.0/16")).is_ok();
        assert!(check("10.1.0.0/16") && check("172.20.0.0/24"));
        assert!(!check("10.0.128.0/24") && !check("8.8.0.0/16") && !check("10.1.0.0/25") && !check("10.0.0.0/8"));
    }

    #[test]
    fn endpoints_answer_somebody() {
        let ask = |config: Tree| Endpoint::asked(About::NOTHING, &config, &Endpoint::default());
        assert!(ask(tree! { "endpointPublicAccess": false }).is_err());
        assert!(ask(tree! { "publicAccessCidrs": Tree::list(["10.0.0.0/16"]) }).is_err());
        assert!(ask(tree! { "publicAccessCidrs": Tree::list(["x"]) }).is_err());
        let asked = ask(tree! { "publicAccessCidrs": Tree::list(["203.0.113.5/24"]) }).unwrap();
        assert_eq!(asked.public_cidrs, ["203.0.113.0/24"]);
        assert!(!asked.is_like(&Endpoint::default()));
    }
}
