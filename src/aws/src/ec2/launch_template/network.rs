//! Network interfaces of the instances.

use aws_sdk_ec2::types::{
    ConnectionTrackingSpecification, ConnectionTrackingSpecificationRequest, EnaSrdSpecificationRequest,
    EnaSrdUdpSpecificationRequest, InstanceIpv6AddressRequest, Ipv4PrefixSpecificationRequest,
    Ipv6PrefixSpecificationRequest, LaunchTemplateEnaSrdSpecification,
    LaunchTemplateInstanceNetworkInterfaceSpecification as Remote,
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest as Request, PrivateIpAddressSpecification,
};
use landfall_provider::{Args, Set};

use crate::convert::{each, text, texts, truth, truth_text, unless_zero};

/// A network interface of the instance.
#[derive(Args, Clone, PartialEq)]
pub struct NetworkInterface {
    /// Address of a wavelength zone's carrier.
    #[arg(format(nullable_bool), equivalent(scalar))]
    associate_carrier_ip_address: Option<String>,
    /// Public IPv4 address.
    #[arg(format(nullable_bool), equivalent(scalar))]
    associate_public_ip_address: Option<String>,
    /// Whether it goes with the instance.
    #[arg(format(nullable_bool), equivalent(scalar))]
    delete_on_termination: Option<String>,
    /// Description.
    description: Option<String>,
    /// Place among the interfaces of its card.
    #[arg(optional)]
    device_index: i32,
    /// Queues of the interface.
    #[arg(optional)]
    ena_queue_count: i32,
    /// Kind.
    #[arg(one_of("efa", "efa-only", "interface"))]
    interface_type: Option<String>,
    /// Further private IPv4 addresses, by number.
    #[arg(optional)]
    ipv4_address_count: i32,
    /// Private IPv4 addresses.
    #[arg(optional, each(format(ipv4)))]
    ipv4_addresses: Set<String>,
    /// IPv4 ranges, by number.
    #[arg(optional)]
    ipv4_prefix_count: i32,
    /// IPv4 ranges.
    #[arg(optional, each(format(ipv4_cidr)))]
    ipv4_prefixes: Set<String>,
    /// IPv6 addresses, by number.
    #[arg(optional)]
    ipv6_address_count: i32,
    /// IPv6 addresses.
    #[arg(optional, each(format(ipv6)))]
    ipv6_addresses: Set<String>,
    /// IPv6 ranges, by number.
    #[arg(optional)]
    ipv6_prefix_count: i32,
    /// IPv6 ranges.
    #[arg(optional, each(format(ipv6_cidr)))]
    ipv6_prefixes: Set<String>,
    /// Network card.
    #[arg(optional)]
    network_card_index: i32,
    /// Interface that exists.
    network_interface_id: Option<String>,
    /// Whether the first IPv6 address is the primary one.
    #[arg(format(nullable_bool), equivalent(scalar))]
    primary_ipv6: Option<String>,
    /// Primary private IPv4 address.
    #[arg(format(ipv4))]
    private_ip_address: Option<String>,
    /// Security groups.
    #[arg(optional)]
    security_groups: Set<String>,
    /// Subnet.
    subnet_id: Option<String>,
    /// How long idle connections are kept.
    #[arg(block)]
    connection_tracking_specification: Option<ConnectionTracking>,
    /// Traffic over several paths.
    #[arg(block)]
    ena_srd_specification: Option<EnaSrd>,
}

/// How long idle connections are kept, in seconds.
#[derive(Args, Clone, PartialEq)]
pub struct ConnectionTracking {
    /// Of TCP.
    #[arg(optional, min = 60, max = 432000)]
    tcp_established_timeout: i32,
    /// Of UDP with more than one request.
    #[arg(optional, min = 60, max = 180)]
    udp_stream_timeout: i32,
    /// Of other UDP.
    #[arg(optional, min = 30, max = 60)]
    udp_timeout: i32,
}

/// Traffic over several paths.
#[derive(Args, Clone, PartialEq)]
pub struct EnaSrd {
    /// Whether it is on.
    #[arg(optional)]
    ena_srd_enabled: bool,
    /// Of UDP.
    #[arg(block)]
    ena_srd_udp_specification: Option<EnaSrdUdp>,
}

/// UDP traffic over several paths.
#[derive(Args, Clone, PartialEq)]
pub struct EnaSrdUdp {
    /// Whether it is on.
    #[arg(optional)]
    ena_srd_udp_enabled: bool,
}

impl NetworkInterface {
    /// Returns the request.
    pub fn request(&self) -> Request {
        let ipv4 = |address: &String| {
            let is_primary = self.private_ip_address.as_ref() == Some(address);
            PrivateIpAddressSpecification::builder().primary(is_primary).private_ip_address(address).build()
        };
        let ipv6 = |address| InstanceIpv6AddressRequest::builder().ipv6_address(address).build();
        let ipv4_prefix = |prefix| Ipv4PrefixSpecificationRequest::builder().ipv4_prefix(prefix).build();
        let ipv6_prefix = |prefix| Ipv6PrefixSpecificationRequest::builder().ipv6_prefix(prefix).build();
        Request::builder()
            .set_associate_carrier_ip_address(truth(self.associate_carrier_ip_address.as_ref()))
            .set_associate_public_ip_address(truth(self.associate_public_ip_address.as_ref()))
            .set_delete_on_termination(truth(self.delete_on_termination.as_ref()))
            .set_description(self.description.clone())
            .device_index(self.device_index)
            .set_ena_queue_count(unless_zero(self.ena_queue_count))
            .set_interface_type(self.interface_type.clone())
            .set_secondary_private_ip_address_count(unless_zero(self.ipv4_address_count))
            .set_private_ip_addresses(each(&self.ipv4_addresses, ipv4))
            .set_ipv4_prefix_count(unless_zero(self.ipv4_prefix_count))
            .set_ipv4_prefixes(each(&self.ipv4_prefixes, ipv4_prefix))
            .set_ipv6_address_count(unless_zero(self.ipv6_address_count))
            .set_ipv6_addresses(each(&self.ipv6_addresses, ipv6))
            .set_ipv6_prefix_count(unless_zero(self.ipv6_prefix_count))
            .set_ipv6_prefixes(each(&self.ipv6_prefixes, ipv6_prefix))
            .network_card_index(self.network_card_index)
            .set_network_interface_id(self.network_interface_id.clone())
            .set_primary_ipv6(truth(self.primary_ipv6.as_ref()))
            .set_private_ip_address(self.private_ip_address.clone())
            .set_groups(each(&self.security_groups, String::clone))
            .set_subnet_id(self.subnet_id.clone())
            .set_connection_tracking_specification(
                self.connection_tracking_specification.as_ref().map(ConnectionTracking::request),
            )
            .set_ena_srd_specification(self.ena_srd_specification.as_ref().map(EnaSrd::request))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &Remote) -> Self {
        Self {
            associate_carrier_ip_address: truth_text(remote.associate_carrier_ip_address),
            associate_public_ip_address: truth_text(remote.associate_public_ip_address),
            delete_on_termination: truth_text(remote.delete_on_termination),
            description: text(remote.description.as_ref()),
            device_index: remote.device_index.unwrap_or_default(),
            ena_queue_count: remote.ena_queue_count.unwrap_or_default(),
            interface_type: text(remote.interface_type.as_ref()),
            ipv4_address_count: remote.secondary_private_ip_address_count.unwrap_or_default(),
            ipv4_addresses: members(remote.private_ip_addresses(), |address| address.private_ip_address.as_ref()),
            ipv4_prefix_count: remote.ipv4_prefix_count.unwrap_or_default(),
            ipv4_prefixes: members(remote.ipv4_prefixes(), |prefix| prefix.ipv4_prefix.as_ref()),
            ipv6_address_count: remote.ipv6_address_count.unwrap_or_default(),
            ipv6_addresses: members(remote.ipv6_addresses(), |address| address.ipv6_address.as_ref()),
            ipv6_prefix_count: remote.ipv6_prefix_count.unwrap_or_default(),
            ipv6_prefixes: members(remote.ipv6_prefixes(), |prefix| prefix.ipv6_prefix.as_ref()),
            network_card_index: remote.network_card_index.unwrap_or_default(),
            network_interface_id: text(remote.network_interface_id.as_ref()),
            primary_ipv6: truth_text(remote.primary_ipv6),
            private_ip_address: text(remote.private_ip_address.as_ref()),
            security_groups: texts(remote.groups()),
            subnet_id: text(remote.subnet_id.as_ref()),
            connection_tracking_specification: remote
                .connection_tracking_specification
                .as_ref()
                .map(ConnectionTracking::observed),
            ena_srd_specification: remote.ena_srd_specification.as_ref().map(EnaSrd::observed),
        }
    }
}

fn members<T>(members: &[T], name: impl Fn(&T) -> Option<&String>) -> Set<String> {
    members.iter().filter_map(|member| name(member).cloned()).collect()
}

impl ConnectionTracking {
    fn request(&self) -> ConnectionTrackingSpecificationRequest {
        ConnectionTrackingSpecificationRequest::builder()
            .set_tcp_established_timeout(unless_zero(self.tcp_established_timeout))
            .set_udp_stream_timeout(unless_zero(self.udp_stream_timeout))
            .set_udp_timeout(unless_zero(self.udp_timeout))
            .build()
    }

    fn observed(remote: &ConnectionTrackingSpecification) -> Self {
        Self {
            tcp_established_timeout: remote.tcp_established_timeout.unwrap_or_default(),
            udp_stream_timeout: remote.udp_stream_timeout.unwrap_or_default(),
            udp_timeout: remote.udp_timeout.unwrap_or_default(),
        }
    }
}

impl EnaSrd {
    fn request(&self) -> EnaSrdSpecificationRequest {
        let udp = |udp: &EnaSrdUdp| {
            EnaSrdUdpSpecificationRequest::builder().ena_srd_udp_enabled(udp.ena_srd_udp_enabled).build()
        };
        EnaSrdSpecificationRequest::builder()
            .ena_srd_enabled(self.ena_srd_enabled)
            .set_ena_srd_udp_specification(self.ena_srd_udp_specification.as_ref().map(udp))
            .build()
    }

    fn observed(remote: &LaunchTemplateEnaSrdSpecification) -> Self {
        let udp = remote.ena_srd_udp_specification.as_ref();
        Self {
            ena_srd_enabled: remote.ena_srd_enabled.unwrap_or_default(),
            ena_srd_udp_specification: udp
                .map(|udp| EnaSrdUdp { ena_srd_udp_enabled: udp.ena_srd_udp_enabled.unwrap_or_default() }),
        }
    }
}
