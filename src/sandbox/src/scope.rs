//! What a handler works on: the world as one caller sees it in one region, at one moment.

use std::time::Duration;

use crate::facts;
use crate::families::{autoscaling, dynamodb, ec2, eks, iam, kms, logs, s3, ssm, sts};
use crate::faults::Faults;
use crate::timestamp::Timestamp;
use crate::world::{Account, Due, Ids, Region, World};

/// The world from one account and region. Handlers that read get it shared, those that write exclusively.
pub struct Scope<'a> {
    /// Everything.
    pub world: &'a mut World,
    /// The moment of the call, or of the event.
    pub now: Timestamp,
    /// Number of the account.
    pub account: &'a str,
    /// Name of the region.
    pub region: &'a str,
    /// Access key of the caller; empty in events.
    pub access_key: &'a str,
    pub(crate) faults: &'a mut Faults,
}

const OPENED: &str = "the account and the region are opened before a handler runs";

/// Makes two accessors, shared and exclusive, for what a service keeps.
macro_rules! stores {
    ($($place:ident: $($name:ident $name_mut:ident $service:literal),+;)+) => {
        impl Scope<'_> {
            $($(
                #[doc = concat!("Returns what ", $service, " keeps.")]
                pub fn $name(&self) -> &$name::Store {
                    &self.$place().$name
                }

                #[doc = concat!("Returns what ", $service, " keeps, to change it.")]
                pub fn $name_mut(&mut self) -> &mut $name::Store {
                    &mut stores!(@mut $place self).$name
                }
            )+)+
        }
    };
    (@mut home $scope:ident) => { $scope.home_mut() };
    (@mut here $scope:ident) => { $scope.here_mut() };
}

stores! {
    home: iam iam_mut "IAM", sts sts_mut "STS", s3 s3_mut "S3";
    here: ec2 ec2_mut "EC2", eks eks_mut "EKS", autoscaling autoscaling_mut "EC2 Auto Scaling", kms kms_mut "KMS",
        logs logs_mut "CloudWatch Logs", dynamodb dynamodb_mut "DynamoDB", ssm ssm_mut "Systems Manager";
}

impl Scope<'_> {
    /// Returns the account.
    pub fn home(&self) -> &Account {
        self.world.account(self.account).expect(OPENED)
    }

    /// Returns the account, to change it.
    pub fn home_mut(&mut self) -> &mut Account {
        self.world.account_mut(self.account).expect(OPENED)
    }

    /// Returns the region.
    pub fn here(&self) -> &Region {
        self.home().regions.get(self.region).expect(OPENED)
    }

    /// Returns the region, to change it.
    pub fn here_mut(&mut self) -> &mut Region {
        let region = self.region;
        self.home_mut().regions.get_mut(region).expect(OPENED)
    }

    /// Returns where new identifiers come from.
    pub fn ids(&mut self) -> &mut Ids {
        &mut self.world.ids
    }

    /// Returns the partition of the region, such as `aws`.
    pub fn partition(&self) -> &'static str {
        facts::partition(self.region)
    }

    /// Returns the ARN of something in this account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account)
    }

    /// Returns the ARN of something in this account that has no region.
    pub fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition(), self.account)
    }

    /// Lets an event of a family's table happen after a while.
    pub fn later(&mut self, after: Duration, event: &str, subject: &str) {
        let due = Due {
            at: self.now + after,
            account: self.account.to_owned(),
            region: self.region.to_owned(),
            event: event.to_owned(),
            subject: subject.to_owned(),
        };
        self.world.agenda.add(due);
    }

    /// Returns whether bad luck of this kind strikes now: one of [`faults::OUTCOMES`](crate::faults::OUTCOMES).
    pub fn strikes(&mut self, outcome: &'static str) -> bool {
        self.faults.outcome(&mut self.world.luck, outcome)
    }

    /// Returns a limit of the account: the usual one, or what the sandbox was told. Names are in
    /// [`faults::LIMITS`](crate::faults::LIMITS).
    pub fn limit(&self, name: &'static str, usual: usize) -> usize {
        self.faults.limit(name).unwrap_or(usual)
    }
}
