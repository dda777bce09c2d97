//! Rate limits as AWS publishes them: token buckets per account, region and operation.

use std::collections::BTreeMap;

use crate::protocol::Call;
use crate::timestamp::Timestamp;

/// The levels of all buckets that were used.
#[derive(Clone, Debug, Default)]
pub struct Buckets(BTreeMap<(String, String, String), Level>);

#[derive(Clone, Copy, Debug)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

/// Capacity, and refill per second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit(f64, f64);

impl Buckets {
    /// Takes a token for a call; returns whether there was one. Services that publish no rates have no bucket.
    pub fn take(&mut self, account: &str, call: &Call, now: Timestamp) -> bool {
        let Some(limit) = limit(call) else { return true };
        let key = |bucket: &str| (account.to_owned(), call.region.clone(), format!("{}{bucket}", call.operation));
        let is_let_in = self.take_from(key(""), limit, 1.0, now);
        match of_resources(call) {
            Some((limit, count)) if is_let_in => self.take_from(key(" resources"), limit, count, now),
            _ => is_let_in,
        }
    }

    fn take_from(&mut self, key: (String, String, String), limit: Limit, count: f64, now: Timestamp) -> bool {
        let Limit(capacity, refill) = limit;
        let level = self.0.entry(key).or_insert(Level { tokens: capacity, at: now });
        level.tokens = (level.tokens + now.since(level.at).as_secs_f64() * refill).min(capacity);
        level.at = now;
        let is_enough = level.tokens >= count;
        if is_enough {
            level.tokens -= count;
        }
        is_enough
    }
}

/// The second bucket of calls for many instances, and how many instances this one is for.
#[expect(clippy::cast_precision_loss, reason = "nobody asks for that many instances")]
fn of_resources(call: &Call) -> Option<(Limit, f64)> {
    let listed = call.input.list_at("InstanceId").len() as f64;
    match call.operation.as_str() {
        "RunInstances" => Some((Limit(1000.0, 2.0), call.input.int("MaxCount").ok().flatten().unwrap_or(1) as f64)),
        "StartInstances" => Some((Limit(1000.0, 2.0), listed)),
        "StopInstances" | "TerminateInstances" => Some((Limit(1000.0, 20.0), listed)),
        _ => None,
    }
}

/// "Request throttling for the Amazon EC2 API" of the EC2 developer guide.
fn limit(call: &Call) -> Option<Limit> {
    if call.service != "ec2" {
        return None;
    }
    Some(match call.operation.as_str() {
        "RunInstances" | "StartInstances" => Limit(5.0, 2.0),
        "CreateTags" | "DeleteTags" => Limit(100.0, 10.0),
        "TerminateInstances"
        | "CreateLaunchTemplateVersion"
        | "ModifyLaunchTemplate"
        | "CreateNetworkInterface"
        | "DeleteNetworkInterface"
        | "AssignPrivateIpAddresses"
        | "CreateVolume"
        | "DeleteVolume"
        | "AssociateIamInstanceProfile"
        | "DescribeSpotFleetInstances"
        | "DescribeSpotFleetRequestHistory" => Limit(100.0, 5.0),
        "CreateNatGateway" | "DeleteNatGateway" => Limit(10.0, 1.0),
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => Limit(4.0, 0.3),
        "CreateDefaultVpc" => Limit(1.0, 1.0),
        "DescribeSpotFleetRequests" => Limit(50.0, 3.0),
        "DescribeSecurityGroupReferences" => Limit(20.0, 5.0),
        "DescribeInstances" | "DescribeVolumes" | "DescribeNetworkInterfaces" | "DescribeSecurityGroups"
            if is_unfiltered(call) =>
        {
            Limit(50.0, 10.0)
        }
        "GetConsoleOutput" => Limit(100.0, 10.0),
        name if name.starts_with("Describe") || name.starts_with("Get") => Limit(100.0, 20.0),
        _ => Limit(50.0, 5.0),
    })
}

fn is_unfiltered(call: &Call) -> bool {
    !call.input.has("Filter") && !call.input.has("MaxResults")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tree::Tree;

    #[test]
    fn buckets_run_dry_and_fill_up() {
        let call = Call {
            service: "ec2".to_owned(),
            region: "eu-central-1".to_owned(),
            access_key: String::new(),
            operation: "CreateNatGateway".to_owned(),
            input: Tree::object(),
        };
        let (mut buckets, now) = (Buckets::default(), Timestamp::default());
        assert_eq!((0..12).filter(|_| buckets.take("1", &call, now)).count(), 10);
        assert!(buckets.take("2", &call, now), "each account has its own");
        assert_eq!((0..5).filter(|_| buckets.take("1", &call, now + Duration::from_secs(3))).count(), 3);
    }
}
