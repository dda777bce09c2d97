//! Processor, host, names and metadata service of the instances.

use aws_sdk_ec2::types as remote;
use landfall_provider::{Args, Filled};

use crate::convert::{given, text, unless_zero};

/// Processor.
#[derive(Args, Clone, PartialEq)]
pub struct CpuOptions {
    /// Encrypted memory of AMD.
    #[arg(one_of("enabled", "disabled"))]
    amd_sev_snp: Option<String>,
    /// Cores.
    #[arg(optional)]
    core_count: i32,
    /// Virtual machines inside the instance.
    #[arg(one_of("enabled", "disabled"))]
    nested_virtualization: Option<String>,
    /// Threads of a core.
    #[arg(optional)]
    threads_per_core: i32,
}

/// Recovery after a failure of the host.
#[derive(Args, Clone, PartialEq)]
pub struct MaintenanceOptions {
    /// Whether EC2 recovers the instance.
    #[arg(one_of("default", "disabled"))]
    auto_recovery: Option<String>,
}

/// Metadata service.
#[derive(Args, Clone, PartialEq)]
pub struct MetadataOptions {
    /// Whether it is there.
    #[arg(one_of("disabled", "enabled"))]
    http_endpoint: Filled<String>,
    /// Whether it is there by IPv6.
    #[arg(one_of("disabled", "enabled"))]
    http_protocol_ipv6: Filled<String>,
    /// Hops that an answer takes at most; 2 for containers.
    #[arg(min = 1, max = 64)]
    http_put_response_hop_limit: Filled<i32>,
    /// Whether it wants a token.
    #[arg(one_of("optional", "required"))]
    http_tokens: Filled<String>,
    /// Whether it tells tags.
    #[arg(one_of("disabled", "enabled"))]
    instance_metadata_tags: Filled<String>,
}

/// Share of network and volumes in the bandwidth.
#[derive(Args, Clone, PartialEq)]
pub struct NetworkPerformance {
    /// Whose share is greater.
    #[arg(one_of("default", "vpc-1", "ebs-1"))]
    bandwidth_weighting: Option<String>,
}

/// Where the instance runs.
#[derive(Args, Clone, PartialEq)]
pub struct Placement {
    /// Whether a stopped instance comes back to its host.
    affinity: Option<String>,
    /// Zone.
    availability_zone: Option<String>,
    /// Placement group by id.
    #[arg(conflicts("group_name"))]
    group_id: Option<String>,
    /// Placement group by name.
    group_name: Option<String>,
    /// Dedicated host.
    host_id: Option<String>,
    /// Group of dedicated hosts.
    #[arg(format(arn), conflicts("host_id"))]
    host_resource_group_arn: Option<String>,
    /// Partition of the placement group.
    #[arg(optional)]
    partition_number: i32,
    /// Not used by EC2.
    spread_domain: Option<String>,
    /// Whether the hardware is shared.
    #[arg(one_of("default", "dedicated", "host"))]
    tenancy: Option<String>,
}

/// Host names.
#[derive(Args, Clone, PartialEq)]
pub struct PrivateDnsNameOptions {
    /// Whether names are found by IPv6.
    #[arg(optional)]
    enable_resource_name_dns_aaaa_record: bool,
    /// Whether names are found by IPv4.
    #[arg(optional)]
    enable_resource_name_dns_a_record: bool,
    /// What names are made of.
    #[arg(one_of("ip-name", "resource-name"))]
    hostname_type: Option<String>,
}

impl CpuOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::LaunchTemplateCpuOptionsRequest {
        remote::LaunchTemplateCpuOptionsRequest::builder()
            .set_amd_sev_snp(self.amd_sev_snp.as_deref().map(Into::into))
            .set_core_count(unless_zero(self.core_count))
            .set_nested_virtualization(self.nested_virtualization.as_deref().map(Into::into))
            .set_threads_per_core(unless_zero(self.threads_per_core))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::LaunchTemplateCpuOptions) -> Self {
        Self {
            amd_sev_snp: text(remote.amd_sev_snp.as_ref()),
            core_count: remote.core_count.unwrap_or_default(),
            nested_virtualization: text(remote.nested_virtualization.as_ref()),
            threads_per_core: remote.threads_per_core.unwrap_or_default(),
        }
    }
}

impl MaintenanceOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::LaunchTemplateInstanceMaintenanceOptionsRequest {
        remote::LaunchTemplateInstanceMaintenanceOptionsRequest::builder()
            .set_auto_recovery(self.auto_recovery.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::LaunchTemplateInstanceMaintenanceOptions) -> Self {
        Self { auto_recovery: text(remote.auto_recovery.as_ref()) }
    }
}

impl MetadataOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::LaunchTemplateInstanceMetadataOptionsRequest {
        remote::LaunchTemplateInstanceMetadataOptionsRequest::builder()
            .set_http_endpoint(self.http_endpoint.as_deref().map(Into::into))
            .set_http_protocol_ipv6(self.http_protocol_ipv6.as_deref().map(Into::into))
            .set_http_put_response_hop_limit(given(&self.http_put_response_hop_limit))
            .set_http_tokens(self.http_tokens.as_deref().map(Into::into))
            .set_instance_metadata_tags(self.instance_metadata_tags.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::LaunchTemplateInstanceMetadataOptions) -> Self {
        Self {
            http_endpoint: text(remote.http_endpoint.as_ref()).into(),
            http_protocol_ipv6: text(remote.http_protocol_ipv6.as_ref()).into(),
            http_put_response_hop_limit: remote.http_put_response_hop_limit.into(),
            http_tokens: text(remote.http_tokens.as_ref()).into(),
            instance_metadata_tags: text(remote.instance_metadata_tags.as_ref()).into(),
        }
    }
}

impl NetworkPerformance {
    /// Returns the request.
    pub fn request(&self) -> remote::LaunchTemplateNetworkPerformanceOptionsRequest {
        remote::LaunchTemplateNetworkPerformanceOptionsRequest::builder()
            .set_bandwidth_weighting(self.bandwidth_weighting.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::LaunchTemplateNetworkPerformanceOptions) -> Self {
        Self { bandwidth_weighting: text(remote.bandwidth_weighting.as_ref()) }
    }
}

impl Placement {
    /// Returns the request.
    pub fn request(&self) -> remote::LaunchTemplatePlacementRequest {
        remote::LaunchTemplatePlacementRequest::builder()
            .set_affinity(self.affinity.clone())
            .set_availability_zone(self.availability_zone.clone())
            .set_group_id(self.group_id.clone())
            .set_group_name(self.group_name.clone())
            .set_host_id(self.host_id.clone())
            .set_host_resource_group_arn(self.host_resource_group_arn.clone())
            .set_partition_number(unless_zero(self.partition_number))
            .set_spread_domain(self.spread_domain.clone())
            .set_tenancy(self.tenancy.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::LaunchTemplatePlacement) -> Self {
        Self {
            affinity: text(remote.affinity.as_ref()),
            availability_zone: text(remote.availability_zone.as_ref()),
            group_id: text(remote.group_id.as_ref()),
            group_name: text(remote.group_name.as_ref()),
            host_id: text(remote.host_id.as_ref()),
            host_resource_group_arn: text(remote.host_resource_group_arn.as_ref()),
            partition_number: remote.partition_number.unwrap_or_default(),
            spread_domain: text(remote.spread_domain.as_ref()),
            tenancy: text(remote.tenancy.as_ref()),
        }
    }
}

impl PrivateDnsNameOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::LaunchTemplatePrivateDnsNameOptionsRequest {
        remote::LaunchTemplatePrivateDnsNameOptionsRequest::builder()
            .enable_resource_name_dns_aaaa_record(self.enable_resource_name_dns_aaaa_record)
            .enable_resource_name_dns_a_record(self.enable_resource_name_dns_a_record)
            .set_hostname_type(self.hostname_type.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::LaunchTemplatePrivateDnsNameOptions) -> Self {
        Self {
            enable_resource_name_dns_aaaa_record: remote.enable_resource_name_dns_aaaa_record.unwrap_or_default(),
            enable_resource_name_dns_a_record: remote.enable_resource_name_dns_a_record.unwrap_or_default(),
            hostname_type: text(remote.hostname_type.as_ref()),
        }
    }
}
