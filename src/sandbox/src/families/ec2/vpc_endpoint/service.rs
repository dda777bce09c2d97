//! The services that AWS offers behind endpoints.

use crate::facts;
use crate::families::ec2::PAGING;
use crate::families::ec2::filters::{Filters, one};
use crate::families::page::{Paging, page};
use crate::families::{Operation, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const DESCRIBE: Operation = read(
    "DescribeVpcEndpointServices",
    &["ServiceName", "ServiceRegion", "Filter", "MaxResults", "NextToken"],
    describe,
);

/// Services with interface endpoints that clusters and their nodes use, and other common ones.
const INTERFACES: &[&str] = &[
    "access-analyzer",
    "acm",
    "acm-pca",
    "athena",
    "autoscaling",
    "backup",
    "bedrock-runtime",
    "cloudformation",
    "cloudtrail",
    "codebuild",
    "config",
    "dynamodb",
    "ebs",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "eks",
    "eks-auth",
    "elasticache",
    "elasticfilesystem",
    "elasticloadbalancing",
    "events",
    "execute-api",
    "fsx",
    "glue",
    "guardduty",
    "guardduty-data",
    "kafka",
    "kinesis-firehose",
    "kinesis-streams",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "organizations",
    "rds",
    "rds-data",
    "redshift",
    "route53resolver",
    "s3",
    "sagemaker.api",
    "sagemaker.runtime",
    "secretsmanager",
    "servicediscovery",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "states",
    "sts",
    "synthetics",
    "transfer",
    "wafv2",
    "xray",
];
/// Services with gateway endpoints.
pub const GATEWAYS: [&str; 2] = ["dynamodb", "s3"];

/// Names in the DNS that are not the name of the service before the region.
const NAMED_OTHERWISE: &[(&str, &str)] = &[
    ("ecr.api", "api.ecr"),
    ("ecr.dkr", "*.dkr.ecr"),
    ("ecs-agent", "ecs-a"),
    ("ecs-telemetry", "ecs-t"),
    ("execute-api", "*.execute-api"),
    ("kinesis-firehose", "firehose"),
    ("kinesis-streams", "kinesis"),
    ("s3", "*.s3"),
    ("sagemaker.api", "api.sagemaker"),
    ("sagemaker.runtime", "runtime.sagemaker"),
];

/// Returns the name of a service of AWS in a region: `com.amazonaws.REGION.ec2`.
pub fn named(region: &str, name: &str) -> String {
    format!("com.amazonaws.{region}.{name}")
}

/// Returns the short name of a service, such as `ec2`.
///
/// # Errors
/// When there is none of that name.
pub fn short<'a>(region: &str, service: &'a str) -> Result<&'a str, Fault> {
    let name = service.strip_prefix("com.amazonaws.").and_then(|rest| rest.strip_prefix(region)?.strip_prefix('.'));
    let missing = || Fault::new("InvalidServiceName", format!("The Vpc Endpoint Service '{service}' does not exist"));
    name.filter(|name| INTERFACES.contains(name)).ok_or_else(missing)
}

/// Returns the types of endpoints that a service has.
pub fn types(name: &str) -> Vec<&'static str> {
    let gateway = GATEWAYS.contains(&name).then_some("Gateway");
    gateway.into_iter().chain(["Interface"]).collect()
}

/// Returns the public name of a service, which an endpoint with private DNS takes over in its VPC.
pub fn private_name(region: &str, name: &str) -> String {
    let first = NAMED_OTHERWISE.iter().find(|(own, _)| *own == name).map_or(name, |(_, first)| first);
    let suffix = if name == "eks-auth" { "api.aws" } else { "amazonaws.com" };
    format!("{first}.{region}.{suffix}")
}

/// Returns the end of the names of a service's endpoints.
pub fn base_name(region: &str, name: &str) -> String {
    let public = private_name(region, name);
    let own = public.trim_start_matches("*.").trim_end_matches(".amazonaws.com").trim_end_matches(".api.aws");
    format!("{own}.vpce.amazonaws.com")
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    if let Some(other) = input.texts("ServiceRegion").iter().find(|region| **region != scope.region) {
        return Err(Fault::not_modelled(format!("endpoint services of another region, `{other}`")));
    }
    let asked = input.texts("ServiceName");
    for service in &asked {
        short(scope.region, service)?;
    }
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for name in INTERFACES {
        let service = named(scope.region, name);
        for kind in types(name) {
            let passes = filters.accept_tagged(scope.ec2(), "", |filter| match filter {
                "service-name" => one(&service),
                "service-type" => one(kind),
                "owner" => one("amazon"),
                "service-region" => one(scope.region),
                "supported-ip-address-types" => one("ipv4"),
                _ => None,
            })?;
            if passes && (asked.is_empty() || asked.contains(&service.as_str())) {
                found.push((service.clone(), shown(scope, name, kind)));
            }
        }
    }
    let page = page(&Paging { least: 1, most: i64::MAX, ..PAGING }, input, found)?;
    let (mut names, details): (Vec<String>, Vec<Tree>) = page.items.into_iter().unzip();
    names.dedup();
    Ok(tree! { "serviceNameSet": names, "serviceDetailSet": details, "nextToken": page.next })
}

fn shown(scope: &Scope<'_>, name: &str, kind: &str) -> Tree {
    let private = (kind == "Interface").then(|| private_name(scope.region, name));
    let (zones, zone_ids): (Vec<&str>, Vec<&str>) = facts::zones(scope.region).unzip();
    let base = match kind {
        "Gateway" => format!("{name}.{}.amazonaws.com", scope.region),
        _ => base_name(scope.region, name),
    };
    tree! {
        "serviceName": named(scope.region, name),
        "serviceId": format!("vpce-svc-{:017x}", crate::world::ids::hashed([scope.region, name, kind])),
        "serviceType": vec![tree! { "serviceType": kind }],
        "serviceRegion": scope.region,
        "availabilityZoneSet": zones,
        "availabilityZoneIdSet": zone_ids,
        "owner": "amazon",
        "baseEndpointDnsNameSet": vec![base],
        "privateDnsName": private.as_deref(),
        "privateDnsNameSet": private.as_ref().map(|name| vec![tree! { "privateDnsName": name }]),
        "privateDnsNameVerificationState": private.as_ref().map(|_| "verified"),
        "vpcEndpointPolicySupported": true,
        "acceptanceRequired": false,
        "managesVpcEndpoints": false,
        "tagSet": Tree::List(Vec::new()),
        "supportedIpAddressTypeSet": vec!["ipv4"],
    }
}
