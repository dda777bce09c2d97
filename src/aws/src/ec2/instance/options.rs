//! Processor, metadata service, names, recovery and template of an instance.

use aws_sdk_ec2::types as remote;
use landfall_provider::{Args, Filled};

use crate::convert::{given, text};

/// Use of reserved capacity.
#[derive(Args, Clone, PartialEq)]
pub struct CapacityReservation {
    /// Which reservations are used.
    #[arg(one_of("capacity-reservations-only", "open", "none"), exactly_one("capacity_reservation_target"))]
    capacity_reservation_preference: Option<String>,
    /// One of them.
    #[arg(block)]
    capacity_reservation_target: Option<CapacityReservationTarget>,
}

/// Reserved capacity.
#[derive(Args, Clone, PartialEq)]
pub struct CapacityReservationTarget {
    /// Id.
    #[arg(conflicts("capacity_reservation_resource_group_arn"))]
    capacity_reservation_id: Option<String>,
    /// Group of reservations.
    #[arg(format(arn))]
    capacity_reservation_resource_group_arn: Option<String>,
}

/// Processor.
#[derive(Args, Clone, PartialEq)]
pub struct CpuOptions {
    /// Encrypted memory of AMD.
    #[arg(replace, one_of("enabled", "disabled"))]
    amd_sev_snp: Filled<String>,
    /// Cores.
    pub core_count: Filled<i32>,
    /// Virtual machines inside the instance.
    #[arg(one_of("enabled", "disabled"))]
    pub nested_virtualization: Filled<String>,
    /// Threads of a core.
    pub threads_per_core: Filled<i32>,
}

/// What happens when saved-up computing time is used up.
#[derive(Args, Clone, PartialEq)]
pub struct CreditSpecification {
    /// Whether it goes on at a price.
    #[arg(one_of("standard", "unlimited"))]
    pub cpu_credits: Option<String>,
}

/// Enclaves: virtual machines apart from the instance.
#[derive(Args, Clone, PartialEq)]
pub struct EnclaveOptions {
    /// Whether they can be made.
    #[arg(replace)]
    enabled: Filled<bool>,
}

/// Recovery after a failure of the host.
#[derive(Args, Clone, PartialEq)]
pub struct MaintenanceOptions {
    /// Whether EC2 recovers the instance.
    #[arg(one_of("disabled", "default"))]
    pub auto_recovery: Filled<String>,
}

/// Metadata service.
#[derive(Args, Clone, PartialEq)]
pub struct MetadataOptions {
    /// Whether it is there.
    #[arg(default = "enabled", one_of("disabled", "enabled"))]
    pub http_endpoint: String,
    /// Whether it is there by IPv6.
    #[arg(default = "disabled", one_of("disabled", "enabled"))]
    pub http_protocol_ipv6: String,
    /// Hops that an answer takes at most; 2 for containers.
    #[arg(min = 1, max = 64)]
    pub http_put_response_hop_limit: Filled<i32>,
    /// Whether it wants a token.
    #[arg(one_of("optional", "required"))]
    pub http_tokens: Filled<String>,
    /// Whether it tells tags.
    #[arg(one_of("disabled", "enabled"))]
    pub instance_metadata_tags: Filled<String>,
}

/// Host names.
#[derive(Args, Clone, PartialEq)]
pub struct PrivateDnsNameOptions {
    /// Whether names are found by IPv6.
    enable_resource_name_dns_aaaa_record: Filled<bool>,
    /// Whether names are found by IPv4.
    enable_resource_name_dns_a_record: Filled<bool>,
    /// What names are made of.
    #[arg(one_of("ip-name", "resource-name"))]
    hostname_type: Filled<String>,
}

impl CapacityReservation {
    /// Returns the request.
    pub fn request(&self) -> remote::CapacityReservationSpecification {
        let target = |target: &CapacityReservationTarget| {
            remote::CapacityReservationTarget::builder()
                .set_capacity_reservation_id(target.capacity_reservation_id.clone())
                .set_capacity_reservation_resource_group_arn(target.capacity_reservation_resource_group_arn.clone())
                .build()
        };
        remote::CapacityReservationSpecification::builder()
            .set_capacity_reservation_preference(self.capacity_reservation_preference.as_deref().map(Into::into))
            .set_capacity_reservation_target(self.capacity_reservation_target.as_ref().map(target))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::CapacityReservationSpecificationResponse) -> Self {
        let target = |target: &remote::CapacityReservationTargetResponse| CapacityReservationTarget {
            capacity_reservation_id: text(target.capacity_reservation_id.as_ref()),
            capacity_reservation_resource_group_arn: text(target.capacity_reservation_resource_group_arn.as_ref()),
        };
        Self {
            capacity_reservation_preference: text(remote.capacity_reservation_preference.as_ref()),
            capacity_reservation_target: remote.capacity_reservation_target.as_ref().map(target),
        }
    }
}

impl CpuOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::CpuOptionsRequest {
        remote::CpuOptionsRequest::builder()
            .set_amd_sev_snp(self.amd_sev_snp.as_deref().map(Into::into))
            .set_core_count(given(&self.core_count))
            .set_nested_virtualization(self.nested_virtualization.as_deref().map(Into::into))
            .set_threads_per_core(given(&self.threads_per_core))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::CpuOptions) -> Self {
        Self {
            amd_sev_snp: text(remote.amd_sev_snp.as_ref()).into(),
            core_count: remote.core_count.into(),
            nested_virtualization: text(remote.nested_virtualization.as_ref()).into(),
            threads_per_core: remote.threads_per_core.into(),
        }
    }
}

impl CreditSpecification {
    /// Returns the request.
    pub fn request(&self) -> Option<remote::CreditSpecificationRequest> {
        let credits = self.cpu_credits.as_ref()?;
        Some(remote::CreditSpecificationRequest::builder().cpu_credits(credits).build())
    }
}

impl EnclaveOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::EnclaveOptionsRequest {
        remote::EnclaveOptionsRequest::builder().set_enabled(self.enabled.to_option()).build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::EnclaveOptions) -> Self {
        Self { enabled: remote.enabled.into() }
    }
}

impl MaintenanceOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::InstanceMaintenanceOptionsRequest {
        remote::InstanceMaintenanceOptionsRequest::builder()
            .set_auto_recovery(self.auto_recovery.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::InstanceMaintenanceOptions) -> Self {
        Self { auto_recovery: text(remote.auto_recovery.as_ref()).into() }
    }
}

impl MetadataOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::InstanceMetadataOptionsRequest {
        remote::InstanceMetadataOptionsRequest::builder()
            .http_endpoint(self.http_endpoint.as_str().into())
            .set_http_protocol_ipv6(self.protocol())
            .set_http_put_response_hop_limit(given(&self.http_put_response_hop_limit))
            .set_http_tokens(self.http_tokens.as_deref().map(Into::into))
            .set_instance_metadata_tags(self.instance_metadata_tags.as_deref().map(Into::into))
            .build()
    }

    /// Returns whether the service is there by IPv6; not said where it is not, since not every region takes it.
    pub fn protocol(&self) -> Option<remote::InstanceMetadataProtocolState> {
        (self.http_protocol_ipv6 != "disabled").then(|| self.http_protocol_ipv6.as_str().into())
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::InstanceMetadataOptionsResponse) -> Self {
        Self {
            http_endpoint: text(remote.http_endpoint.as_ref()).unwrap_or_else(|| "enabled".to_owned()),
            http_protocol_ipv6: text(remote.http_protocol_ipv6.as_ref()).unwrap_or_else(|| "disabled".to_owned()),
            http_put_response_hop_limit: remote.http_put_response_hop_limit.into(),
            http_tokens: text(remote.http_tokens.as_ref()).into(),
            instance_metadata_tags: text(remote.instance_metadata_tags.as_ref()).into(),
        }
    }
}

impl PrivateDnsNameOptions {
    /// Returns the request.
    pub fn request(&self) -> remote::PrivateDnsNameOptionsRequest {
        remote::PrivateDnsNameOptionsRequest::builder()
            .set_enable_resource_name_dns_aaaa_record(self.enable_resource_name_dns_aaaa_record.to_option())
            .set_enable_resource_name_dns_a_record(self.enable_resource_name_dns_a_record.to_option())
            .set_hostname_type(self.hostname_type.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &remote::PrivateDnsNameOptionsResponse) -> Self {
        Self {
            enable_resource_name_dns_aaaa_record: remote.enable_resource_name_dns_aaaa_record.into(),
            enable_resource_name_dns_a_record: remote.enable_resource_name_dns_a_record.into(),
            hostname_type: text(remote.hostname_type.as_ref()).into(),
        }
    }
}
