//! What is on or off, whose role and licences are used, and tags of what is launched.

use aws_sdk_ec2::types::{
    LaunchTemplateEnclaveOptions, LaunchTemplateEnclaveOptionsRequest, LaunchTemplateHibernationOptions,
    LaunchTemplateHibernationOptionsRequest, LaunchTemplateIamInstanceProfileSpecification,
    LaunchTemplateIamInstanceProfileSpecificationRequest, LaunchTemplateLicenseConfiguration,
    LaunchTemplateLicenseConfigurationRequest, LaunchTemplateTagSpecification, LaunchTemplateTagSpecificationRequest,
    LaunchTemplatesMonitoring, LaunchTemplatesMonitoringRequest, ResourceType,
};
use landfall_provider::{Args, CallResult};

use crate::convert::text;
use crate::tags::{TagMap, from_service, to_service};

/// Enclaves: virtual machines apart from the instance.
#[derive(Args, Clone, PartialEq)]
pub struct EnclaveOptions {
    /// Whether they can be made.
    #[arg(optional)]
    enabled: bool,
}

/// Hibernation.
#[derive(Args, Clone, PartialEq)]
pub struct HibernationOptions {
    /// Whether the instance can hibernate.
    configured: bool,
}

/// Role of the instances.
#[derive(Args, Clone, PartialEq)]
pub struct InstanceProfile {
    /// Profile by ARN.
    #[arg(format(arn), conflicts("name"))]
    arn: Option<String>,
    /// Profile by name.
    name: Option<String>,
}

/// A licence.
#[derive(Args, Clone, PartialEq)]
pub struct License {
    /// Its configuration.
    #[arg(format(arn))]
    license_configuration_arn: String,
}

/// Measurements every minute.
#[derive(Args, Clone, PartialEq)]
pub struct Monitoring {
    /// Whether they are taken.
    #[arg(optional)]
    enabled: bool,
}

/// Tags of what is launched.
#[derive(Args, Clone, PartialEq)]
pub struct TagSpecification {
    /// What is tagged.
    #[arg(one_of(
        "capacity-reservation",
        "client-vpn-endpoint",
        "customer-gateway",
        "carrier-gateway",
        "coip-pool",
        "declarative-policies-report",
        "dedicated-host",
        "dhcp-options",
        "egress-only-internet-gateway",
        "elastic-ip",
        "elastic-gpu",
        "export-image-task",
        "export-instance-task",
        "fca-policy",
        "fleet",
        "fpga-image",
        "host-reservation",
        "image",
        "image-usage-report",
        "import-image-task",
        "import-snapshot-task",
        "instance",
        "instance-event-window",
        "internet-gateway",
        "ipam",
        "ipam-pool",
        "ipam-scope",
        "ipv4pool-ec2",
        "ipv6pool-ec2",
        "key-pair",
        "launch-template",
        "local-gateway",
        "local-gateway-route-table",
        "local-gateway-virtual-interface",
        "local-gateway-virtual-interface-group",
        "local-gateway-route-table-vpc-association",
        "local-gateway-route-table-virtual-interface-group-association",
        "natgateway",
        "network-acl",
        "network-interface",
        "network-insights-analysis",
        "network-insights-path",
        "network-insights-access-scope",
        "network-insights-access-scope-analysis",
        "outpost-lag",
        "placement-group",
        "prefix-list",
        "replace-root-volume-task",
        "reserved-instances",
        "route-table",
        "security-group",
        "security-group-rule",
        "service-link-virtual-interface",
        "snapshot",
        "spot-fleet-request",
        "spot-instances-request",
        "subnet",
        "subnet-cidr-reservation",
        "traffic-mirror-filter",
        "traffic-mirror-session",
        "traffic-mirror-target",
        "transit-gateway",
        "transit-gateway-attachment",
        "transit-gateway-connect-peer",
        "transit-gateway-multicast-domain",
        "transit-gateway-policy-table",
        "transit-gateway-metering-policy",
        "transit-gateway-route-table",
        "transit-gateway-route-table-announcement",
        "volume",
        "vpc",
        "vpc-endpoint",
        "vpc-endpoint-connection",
        "vpc-endpoint-service",
        "vpc-endpoint-service-permission",
        "vpc-peering-connection",
        "vpn-connection",
        "vpn-gateway",
        "vpc-flow-log",
        "capacity-reservation-fleet",
        "traffic-mirror-filter-rule",
        "vpc-endpoint-connection-device-type",
        "verified-access-instance",
        "verified-access-group",
        "verified-access-endpoint",
        "verified-access-policy",
        "verified-access-trust-provider",
        "vpn-connection-device-type",
        "vpc-block-public-access-exclusion",
        "vpc-encryption-control",
        "route-server",
        "route-server-endpoint",
        "route-server-peer",
        "ipam-resource-discovery",
        "ipam-resource-discovery-association",
        "instance-connect-endpoint",
        "verified-access-endpoint-target",
        "ipam-external-resource-verification-token",
        "capacity-block",
        "mac-modification-task",
        "ipam-prefix-list-resolver",
        "ipam-policy",
        "ipam-prefix-list-resolver-target",
        "ipam-internet-registry-association",
        "secondary-interface",
        "secondary-network",
        "secondary-subnet",
        "capacity-manager-data-export",
        "vpn-concentrator",
        "ipam-pool-allocation",
        "capacity-reservation-cancellation-quote",
        "application-status-check",
        "capacity-reservation-modification-quote",
        "metric-category"
    ))]
    resource_type: Option<String>,
    /// Tags.
    tags: Option<TagMap>,
}

impl EnclaveOptions {
    /// Returns the request.
    pub fn request(&self) -> LaunchTemplateEnclaveOptionsRequest {
        LaunchTemplateEnclaveOptionsRequest::builder().enabled(self.enabled).build()
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplateEnclaveOptions) -> Self {
        Self { enabled: remote.enabled.unwrap_or_default() }
    }
}

impl HibernationOptions {
    /// Returns the request.
    pub fn request(&self) -> LaunchTemplateHibernationOptionsRequest {
        LaunchTemplateHibernationOptionsRequest::builder().configured(self.configured).build()
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplateHibernationOptions) -> Self {
        Self { configured: remote.configured.unwrap_or_default() }
    }
}

impl InstanceProfile {
    /// Returns the request.
    pub fn request(&self) -> LaunchTemplateIamInstanceProfileSpecificationRequest {
        LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
            .set_arn(self.arn.clone())
            .set_name(self.name.clone())
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplateIamInstanceProfileSpecification) -> Self {
        Self { arn: text(remote.arn.as_ref()), name: text(remote.name.as_ref()) }
    }
}

impl License {
    /// Returns the request.
    pub fn request(&self) -> LaunchTemplateLicenseConfigurationRequest {
        LaunchTemplateLicenseConfigurationRequest::builder()
            .license_configuration_arn(&self.license_configuration_arn)
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplateLicenseConfiguration) -> Self {
        Self { license_configuration_arn: remote.license_configuration_arn.clone().unwrap_or_default() }
    }
}

impl Monitoring {
    /// Returns the request.
    pub fn request(&self) -> LaunchTemplatesMonitoringRequest {
        LaunchTemplatesMonitoringRequest::builder().enabled(self.enabled).build()
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplatesMonitoring) -> Self {
        Self { enabled: remote.enabled.unwrap_or_default() }
    }
}

impl TagSpecification {
    /// Returns the request.
    ///
    /// # Errors
    /// Never, with EC2's tags.
    pub fn request(&self) -> CallResult<LaunchTemplateTagSpecificationRequest> {
        let tags = self.tags.as_ref().map(to_service).transpose()?;
        let kind = self.resource_type.as_deref().map(Into::into);
        Ok(LaunchTemplateTagSpecificationRequest::builder().set_resource_type(kind).set_tags(tags).build())
    }

    /// Returns what is there; nothing of tags of the template itself, which launch nothing.
    pub fn observed(remote: &LaunchTemplateTagSpecification) -> Option<Self> {
        let is_template = remote.resource_type == Some(ResourceType::LaunchTemplate);
        let tags: TagMap = from_service(remote.tags());
        (!is_template).then(|| Self {
            resource_type: text(remote.resource_type.as_ref()),
            tags: (!tags.is_empty()).then_some(tags),
        })
    }
}
