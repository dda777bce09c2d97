//! The configured client: one SDK client per service, made when first used, for one region.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;

use crate::arn::Arn;
use crate::partition::Partition;
use crate::tags::TagRules;

/// What every call of a resource type starts from: SDK clients, and what is known of the account.
///
/// Cheap to clone; clones share connections, credentials and clients.
#[derive(Clone)]
pub struct Aws {
    region: Arc<RegionalClients>,
    shared: Arc<Shared>,
}

/// What a provider configuration settles once, for all regions.
#[derive(Clone)]
pub struct Setup {
    /// Region, credentials, HTTP client and the like.
    pub config: SdkConfig,
    /// Endpoints that replace the usual ones, by service as the SDK's crates name it.
    pub endpoints: BTreeMap<String, String>,
    /// Region of STS, where it is not the provider's.
    pub sts_region: Option<String>,
    /// Account, where it is known.
    pub account: Option<String>,
    /// Default and ignored tags.
    pub tags: TagRules,
}

struct Shared {
    setup: Setup,
    regions: Mutex<BTreeMap<String, Arc<RegionalClients>>>,
}

/// Makes the struct of lazy clients and one accessor each.
macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $sdk:ident),+ $(,)?) => {
        struct RegionalClients {
            name: String,
            config: SdkConfig,
            $($name: OnceLock<$sdk::Client>,)+
        }

        impl RegionalClients {
            fn new(name: String, config: SdkConfig) -> Self {
                Self { name, config, $($name: OnceLock::new(),)+ }
            }
        }

        impl Aws {
            $($(#[$doc])*
            pub fn $name(&self) -> &$sdk::Client {
                self.region.$name.get_or_init(|| {
                    let mut config = $sdk::config::Builder::from(&self.config_of(stringify!($name)));
                    if let Some(endpoint) = self.shared.setup.endpoints.get(stringify!($name)) {
                        config.set_endpoint_url(Some(endpoint.clone()));
                    }
                    $sdk::Client::from_conf(config.build())
                })
            })+
        }
    };
}

services! {
    /// Returns the client of EC2 Auto Scaling.
    autoscaling: aws_sdk_autoscaling,
    /// Returns the client of CloudWatch Logs.
    logs: aws_sdk_cloudwatchlogs,
    /// Returns the client of EC2.
    ec2: aws_sdk_ec2,
    /// Returns the client of EKS.
    eks: aws_sdk_eks,
    /// Returns the client of IAM.
    iam: aws_sdk_iam,
    /// Returns the client of KMS.
    kms: aws_sdk_kms,
    /// Returns the client of Systems Manager.
    ssm: aws_sdk_ssm,
    /// Returns the client of STS.
    sts: aws_sdk_sts,
}

impl Aws {
    /// Returns the client of the configuration's own region.
    pub fn new(setup: Setup) -> Self {
        let name = setup.config.region().map(ToString::to_string).unwrap_or_default();
        let region = Arc::new(RegionalClients::new(name.clone(), setup.config.clone()));
        let regions = Mutex::new(BTreeMap::from([(name, region.clone())]));
        Self { region, shared: Arc::new(Shared { setup, regions }) }
    }

    /// Returns the client of another region; the same one each time.
    #[must_use]
    pub fn for_region(&self, name: &str) -> Self {
        if name == self.region.name || name.is_empty() {
            return self.clone();
        }
        let mut regions = self.shared.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let region = regions.entry(name.to_owned()).or_insert_with(|| {
            let config = self.region.config.to_builder().region(Region::new(name.to_owned())).build();
            Arc::new(RegionalClients::new(name.to_owned(), config))
        });
        Self { region: region.clone(), shared: self.shared.clone() }
    }

    /// Returns where credentials come from.
    pub fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.region.config.credentials_provider()
    }

    /// Returns the region that the clients call.
    pub fn region(&self) -> &str {
        &self.region.name
    }

    /// Returns the account; empty where the configuration does not ask for it.
    pub fn account(&self) -> &str {
        self.shared.setup.account.as_deref().unwrap_or_default()
    }

    /// Returns the partition of the region.
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.region.name)
    }

    /// Returns default and ignored tags.
    pub fn tag_rules(&self) -> &TagRules {
        &self.shared.setup.tags
    }

    /// Returns the ARN of something in this account and region.
    pub fn arn(&self, service: &str, resource: impl Into<String>) -> String {
        self.arn_in(service, self.region(), resource)
    }

    /// Returns the ARN of something in this account that has no region.
    pub fn global_arn(&self, service: &str, resource: impl Into<String>) -> String {
        self.arn_in(service, "", resource)
    }

    fn arn_in(&self, service: &str, region: &str, resource: impl Into<String>) -> String {
        Arn {
            partition: self.partition().name.to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: self.account().to_owned(),
            resource: resource.into(),
        }
        .to_string()
    }

    fn config_of(&self, service: &str) -> SdkConfig {
        match &self.shared.setup.sts_region {
            Some(region) if service == "sts" => {
                self.region.config.to_builder().region(Region::new(region.clone())).build()
            }
            _ => self.region.config.clone(),
        }
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aws({} in {})", self.account(), self.region())
    }
}
