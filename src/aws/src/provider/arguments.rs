//! Arguments of the `provider "aws"` block.

use std::collections::BTreeMap;

use landfall_provider::{Args, Sensitive, Set};

/// The block. What is not set comes from the environment or the shared files.
#[derive(Args, Clone)]
pub struct ProviderArgs {
    /// Region of objects that name none.
    pub region: Option<String>,
    /// Profile of the shared files.
    pub profile: Option<String>,
    /// Paths of shared configuration files.
    pub shared_config_files: Option<Vec<String>>,
    /// Paths of shared credentials files.
    pub shared_credentials_files: Option<Vec<String>>,
    /// Access key, with `secret_key`.
    pub access_key: Option<String>,
    /// Secret key.
    pub secret_key: Option<Sensitive<String>>,
    /// Session token of temporary keys.
    pub token: Option<Sensitive<String>>,
    /// Roles to assume, each with the credentials of the one before.
    #[arg(block)]
    pub assume_role: Vec<AssumeRole>,
    /// Role to assume with a token of an identity provider.
    #[arg(block)]
    pub assume_role_with_web_identity: Option<AssumeRoleWithWebIdentity>,
    /// Tags under those of every object.
    #[arg(block)]
    pub default_tags: Option<DefaultTags>,
    /// Tags that others look after.
    #[arg(block)]
    pub ignore_tags: Option<IgnoreTags>,
    /// Endpoints that replace the usual ones.
    #[arg(block)]
    pub endpoints: Set<Endpoints>,
    /// Accounts that may be changed.
    #[arg(conflicts("forbidden_account_ids"))]
    pub allowed_account_ids: Option<Set<String>>,
    /// Accounts that must not be changed.
    pub forbidden_account_ids: Option<Set<String>>,
    /// Does not check credentials before they are used.
    pub skip_credentials_validation: Option<bool>,
    /// Does not ask for the account; constructed ARNs lack it.
    pub skip_requesting_account_id: Option<bool>,
    /// Takes regions that are not known.
    pub skip_region_validation: Option<bool>,
    /// Takes no credentials from instance metadata.
    #[arg(format(nullable_bool))]
    pub skip_metadata_api_check: Option<String>,
    /// Region of STS.
    pub sts_region: Option<String>,
    /// Uses endpoints with IPv6.
    pub use_dualstack_endpoint: Option<bool>,
    /// Uses endpoints validated by FIPS 140.
    pub use_fips_endpoint: Option<bool>,
    /// Path of a file with further trusted certificates.
    pub custom_ca_bundle: Option<String>,
    /// Proxy of HTTP requests.
    pub http_proxy: Option<String>,
    /// Proxy of HTTPS requests.
    pub https_proxy: Option<String>,
    /// Hosts that are reached without proxy.
    pub no_proxy: Option<String>,
    /// Takes any certificate. Refused: use `custom_ca_bundle`.
    pub insecure: Option<bool>,
    /// Endpoint of instance metadata. Refused: set `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub ec2_metadata_service_endpoint: Option<String>,
    /// Address family of instance metadata. Refused: set `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`.
    pub ec2_metadata_service_endpoint_mode: Option<String>,
    /// Has no effect: retries follow from deadlines and API budgets.
    pub max_retries: Option<i64>,
    /// Has no effect: retries follow from deadlines and API budgets.
    pub retry_mode: Option<String>,
    /// Has no effect: retries follow from deadlines and API budgets.
    pub token_bucket_rate_limiter_capacity: Option<i64>,
    /// Has no effect: no type calls S3.
    pub s3_use_path_style: Option<bool>,
    /// Has no effect: no type calls S3.
    pub s3_us_east_1_regional_endpoint: Option<String>,
    /// Refused: tag policies are not checked.
    pub tag_policy_compliance: Option<String>,
    /// Has no effect.
    pub user_agent: Option<Vec<String>>,
}

/// A role to assume.
#[derive(Args, Clone)]
pub struct AssumeRole {
    /// Its ARN; a block without one does nothing.
    #[arg(format(arn))]
    pub role_arn: Option<String>,
    /// How long credentials last: 15 minutes to 12 hours.
    #[arg(format(duration))]
    pub duration: Option<String>,
    /// What the role's owner asks callers to name.
    #[arg(min_len = 2, max_len = 1224, pattern(r"^[\w+=,.@:/\-]*$", "must be letters, digits and any of _+=,.@:/-"))]
    pub external_id: Option<String>,
    /// Policy that narrows the session.
    #[arg(format(json))]
    pub policy: Option<String>,
    /// Managed policies that narrow the session.
    #[arg(each(format(arn)))]
    pub policy_arns: Option<Set<String>>,
    /// Name of the session, seen in audit logs.
    #[arg(min_len = 2, max_len = 64, pattern(r"^[\w+=,.@\-]*$", "must be letters, digits and any of _+=,.@-"))]
    pub session_name: Option<String>,
    /// Identity of the caller, seen in audit logs.
    #[arg(min_len = 2, max_len = 64, pattern(r"^[\w+=,.@\-]*$", "must be letters, digits and any of _+=,.@-"))]
    pub source_identity: Option<String>,
    /// Tags of the session.
    pub tags: Option<BTreeMap<String, String>>,
    /// Keys of tags that later sessions inherit.
    pub transitive_tag_keys: Option<Set<String>>,
}

/// A role to assume with a token of an identity provider.
#[derive(Args, Clone)]
#[args(conflicts("web_identity_token", "web_identity_token_file"))]
pub struct AssumeRoleWithWebIdentity {
    /// Its ARN.
    #[arg(format(arn))]
    pub role_arn: Option<String>,
    /// How long credentials last: 15 minutes to 12 hours.
    #[arg(format(duration))]
    pub duration: Option<String>,
    /// Policy that narrows the session.
    #[arg(format(json))]
    pub policy: Option<String>,
    /// Managed policies that narrow the session.
    #[arg(each(format(arn)))]
    pub policy_arns: Option<Set<String>>,
    /// Name of the session, seen in audit logs.
    #[arg(min_len = 2, max_len = 64, pattern(r"^[\w+=,.@\-]*$", "must be letters, digits and any of _+=,.@-"))]
    pub session_name: Option<String>,
    /// The token.
    #[arg(min_len = 4, max_len = 20000)]
    pub web_identity_token: Option<Sensitive<String>>,
    /// Path of a file with the token, read anew each time.
    pub web_identity_token_file: Option<String>,
}

/// Tags under those of every object.
#[derive(Args, Clone)]
pub struct DefaultTags {
    /// Names and values.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Tags that others look after: neither seen nor changed.
#[derive(Args, Clone)]
pub struct IgnoreTags {
    /// Names.
    pub keys: Option<Set<String>>,
    /// Starts of names.
    pub key_prefixes: Option<Set<String>>,
}

/// Makes the block of endpoints: services that types call, then names that configurations for other tools carry.
macro_rules! endpoints {
    (called: $($name:ident => $service:literal),+ ; carried: $($other:ident),+ $(,)?) => {
        /// Endpoints by service. Those of services that no type calls are carried and not used.
        #[derive(Args, Clone, PartialEq)]
        pub struct Endpoints {
            $(pub $name: Option<String>,)+
            $(pub $other: Option<String>,)+
        }

        impl Endpoints {
            /// Returns the endpoints of services that are called, by the name of the client's accessor.
            pub fn by_service(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$(($service, self.$name.as_deref())),+]
                    .into_iter()
                    .filter_map(|(service, endpoint)| Some((service, endpoint?)))
            }
        }
    };
}

endpoints! {
    called:
        autoscaling => "autoscaling", cloudwatchlogs => "logs", cloudwatchlog => "logs", logs => "logs", ec2 => "ec2",
        eks => "eks", iam => "iam", kms => "kms", ssm => "ssm", sts => "sts";
    carried:
        acm, apigateway, cloudformation, cloudwatch, dynamodb, ecr, ecrpublic, ecs, efs, elasticache, elb,
        elasticloadbalancing, elbv2, es, events, eventbridge, firehose, kinesis, lambda, organizations, pricing, rds,
        redshift, route53, s3, s3control, secretsmanager, servicequotas, ses, sns, sqs, sso, sfn, stepfunctions,
}
