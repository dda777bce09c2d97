//! The settings of Terraform's backend `s3`, and their types.

/// What a setting may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string.
    Text,
    /// A truth value.
    Flag,
    /// A whole number.
    Number,
    /// A set of strings.
    Texts,
    /// A map of strings.
    Map,
    /// An object with settings of its own.
    Object(&'static [(&'static str, Kind)]),
}

const ENDPOINTS: &[(&str, Kind)] =
    &[("dynamodb", Kind::Text), ("iam", Kind::Text), ("s3", Kind::Text), ("sso", Kind::Text), ("sts", Kind::Text)];

const ASSUME_ROLE: &[(&str, Kind)] = &[
    ("duration", Kind::Text),
    ("external_id", Kind::Text),
    ("policy", Kind::Text),
    ("policy_arns", Kind::Texts),
    ("role_arn", Kind::Text),
    ("session_name", Kind::Text),
    ("source_identity", Kind::Text),
    ("tags", Kind::Map),
    ("transitive_tag_keys", Kind::Texts),
];

const ASSUME_ROLE_WITH_WEB_IDENTITY: &[(&str, Kind)] = &[
    ("duration", Kind::Text),
    ("policy", Kind::Text),
    ("policy_arns", Kind::Texts),
    ("role_arn", Kind::Text),
    ("session_name", Kind::Text),
    ("web_identity_token", Kind::Text),
    ("web_identity_token_file", Kind::Text),
];

/// The settings, by name.
pub const SETTINGS: &[(&str, Kind)] = &[
    ("access_key", Kind::Text),
    ("acl", Kind::Text),
    ("allowed_account_ids", Kind::Texts),
    ("assume_role", Kind::Object(ASSUME_ROLE)),
    ("assume_role_with_web_identity", Kind::Object(ASSUME_ROLE_WITH_WEB_IDENTITY)),
    ("bucket", Kind::Text),
    ("custom_ca_bundle", Kind::Text),
    ("dynamodb_endpoint", Kind::Text),
    ("dynamodb_table", Kind::Text),
    ("ec2_metadata_service_endpoint", Kind::Text),
    ("ec2_metadata_service_endpoint_mode", Kind::Text),
    ("encrypt", Kind::Flag),
    ("endpoint", Kind::Text),
    ("endpoints", Kind::Object(ENDPOINTS)),
    ("forbidden_account_ids", Kind::Texts),
    ("force_path_style", Kind::Flag),
    ("http_proxy", Kind::Text),
    ("https_proxy", Kind::Text),
    ("iam_endpoint", Kind::Text),
    ("insecure", Kind::Flag),
    ("key", Kind::Text),
    ("kms_key_id", Kind::Text),
    ("max_retries", Kind::Number),
    ("no_proxy", Kind::Text),
    ("profile", Kind::Text),
    ("region", Kind::Text),
    ("retry_mode", Kind::Text),
    ("secret_key", Kind::Text),
    ("shared_config_files", Kind::Texts),
    ("shared_credentials_file", Kind::Text),
    ("shared_credentials_files", Kind::Texts),
    ("skip_credentials_validation", Kind::Flag),
    ("skip_metadata_api_check", Kind::Flag),
    ("skip_region_validation", Kind::Flag),
    ("skip_requesting_account_id", Kind::Flag),
    ("skip_s3_checksum", Kind::Flag),
    ("sse_customer_key", Kind::Text),
    ("sts_endpoint", Kind::Text),
    ("sts_region", Kind::Text),
    ("token", Kind::Text),
    ("use_dualstack_endpoint", Kind::Flag),
    ("use_fips_endpoint", Kind::Flag),
    ("use_lockfile", Kind::Flag),
    ("use_path_style", Kind::Flag),
    ("workspace_key_prefix", Kind::Text),
];

/// Settings that hold secrets.
pub(crate) const SECRETS: &[&str] = &["access_key", "secret_key", "token", "sse_customer_key"];
