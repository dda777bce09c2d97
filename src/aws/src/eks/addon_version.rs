//! `data.aws_eks_addon_version`: the version of an add-on that fits a Kubernetes version.

use aws_sdk_eks::types::AddonVersionInfo;
use landfall_provider::{Args, Attrs, CallError, CallResult, DataSource, Read};

use crate::client::Aws;
use crate::error::Answer;

/// The version of an add-on that fits a Kubernetes version.
pub struct AddonVersion;

/// What a user may write.
#[derive(Args, Clone)]
pub struct AddonVersionArgs {
    /// Add-on.
    #[arg(format(non_empty))]
    addon_name: String,
    /// Version of the cluster.
    kubernetes_version: String,
    /// The newest version instead of the default one.
    #[arg(optional)]
    most_recent: bool,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct AddonVersionAttrs {
    /// Version.
    version: String,
}

impl DataSource for AddonVersion {
    type Args = AddonVersionArgs;
    type Attrs = AddonVersionAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_addon_version";

    async fn read(aws: &Aws, args: &AddonVersionArgs) -> CallResult<Read<Self>> {
        let request = aws.eks().describe_addon_versions();
        let request = request.addon_name(&args.addon_name).kubernetes_version(&args.kubernetes_version);
        let addons = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()?;
        // EKS lists the newest version first.
        let mut versions = addons.iter().flat_map(|addon| addon.addon_versions());
        let version = if args.most_recent { versions.next() } else { versions.find(|version| is_default(version)) };
        let version = version.and_then(|version| version.addon_version.clone()).ok_or_else(|| {
            let AddonVersionArgs { addon_name, kubernetes_version, .. } = args;
            CallError::local(
                "not found",
                format!("no version of the add-on `{addon_name}` fits Kubernetes {kubernetes_version}"),
            )
        })?;
        Ok(Read { id: args.addon_name.clone(), args: args.clone(), attrs: AddonVersionAttrs { version } })
    }
}

fn is_default(version: &AddonVersionInfo) -> bool {
    version.compatibilities().iter().any(|compatibility| compatibility.default_version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    const REQUEST: &str = "eks GET /addons/supported-versions?kubernetesVersion=1.34&addonName=vpc-cni";
    const ANSWER: &str = r#"{"addons": [{"addonName": "vpc-cni", "addonVersions": [
        {"addonVersion": "v1.20.0-eksbuild.1", "compatibilities": [{"clusterVersion": "1.34", "defaultVersion": false}]},
        {"addonVersion": "v1.19.0-eksbuild.1", "compatibilities": [{"clusterVersion": "1.34", "defaultVersion": true}]}]}]}"#;

    fn read(most_recent: bool, answer: &str) -> CallResult<String> {
        let args = read_args(&format!(
            r#"{{"addon_name": "vpc-cni", "kubernetes_version": "1.34", "most_recent": {most_recent}}}"#
        ));
        let read = check_requests(&[(REQUEST, ok(answer))], async |aws| AddonVersion::read(aws, &args).await);
        read.map(|read| read.attrs.version)
    }

    #[test]
    fn the_default_version_is_taken_unless_the_newest_is_wanted() {
        assert_eq!(read(false, ANSWER).unwrap(), "v1.19.0-eksbuild.1");
        assert_eq!(read(true, ANSWER).unwrap(), "v1.20.0-eksbuild.1");
    }

    #[test]
    fn an_addon_without_a_version_that_fits_is_named() {
        let error = read(true, r#"{"addons": []}"#).unwrap_err();
        assert!(error.message.contains("`vpc-cni` fits Kubernetes 1.34"), "{error}");
    }
}
