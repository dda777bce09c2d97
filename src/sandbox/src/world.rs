//! Everything that exists: accounts, their regions, and what each service keeps there.

mod agenda;
pub mod file;
pub(crate) mod ids;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use agenda::{Agenda, Due};
pub use ids::Ids;

use crate::call_log::Runs;
use crate::families::{autoscaling, dynamodb, ec2, eks, iam, kms, logs, s3, ssm, sts, token};
use crate::faults::Luck;

/// All accounts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct World {
    /// Where new identifiers come from.
    pub ids: Ids,
    /// Who called.
    #[serde(default)]
    pub runs: Runs,
    /// How often bad luck had its chance.
    #[serde(default)]
    pub luck: Luck,
    /// What will happen by itself.
    pub agenda: Agenda,
    accounts: BTreeMap<String, Account>,
}

/// One account: its global services, and its regions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Roles, policies, profiles, providers.
    pub iam: iam::Store,
    /// Sessions.
    pub sts: sts::Store,
    /// Buckets.
    pub s3: s3::Store,
    /// Regions that were called.
    pub regions: BTreeMap<String, Region>,
}

/// What the services keep in one region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Region {
    /// Tables.
    pub dynamodb: dynamodb::Store,
    /// Networks, instances, templates, fleets.
    pub ec2: ec2::Store,
    /// Clusters and what belongs to them.
    pub eks: eks::Store,
    /// Groups.
    pub autoscaling: autoscaling::Store,
    /// Keys.
    pub kms: kms::Store,
    /// Log groups.
    pub logs: logs::Store,
    /// Parameters.
    pub ssm: ssm::Store,
    /// Requests with client tokens, and their answers.
    pub tokens: token::Store,
}

impl World {
    /// Returns an empty world whose identifiers follow from the seed.
    pub fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed), ..Self::default() }
    }

    /// Makes sure that an account and a region are there; returns whether the region is new.
    pub fn open(&mut self, account: &str, region: &str) -> bool {
        let regions = &mut self.accounts.entry(account.to_owned()).or_default().regions;
        let is_new = !regions.contains_key(region);
        if is_new {
            regions.insert(region.to_owned(), Region::default());
        }
        is_new
    }

    /// Returns the accounts by number.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &Account)> {
        self.accounts.iter().map(|(number, account)| (number.as_str(), account))
    }

    /// Returns an account, where it is there.
    pub fn account(&self, account: &str) -> Option<&Account> {
        self.accounts.get(account)
    }

    /// Returns an account, where it is there.
    pub fn account_mut(&mut self, account: &str) -> Option<&mut Account> {
        self.accounts.get_mut(account)
    }
}
