//! Interfaces of the instances in secondary networks.

use aws_sdk_ec2::types::{
    LaunchTemplateInstanceSecondaryInterfaceSpecification as Remote,
    LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest as Request,
    SecondaryInterfacePrivateIpAddressSpecificationRequest,
};
use landfall_provider::{Args, Set};

use crate::convert::{each, text, unless_zero};

/// An interface of the instance in a secondary network.
#[derive(Args, Clone, PartialEq)]
pub struct SecondaryInterface {
    /// Whether it goes with the instance.
    #[arg(optional)]
    delete_on_termination: bool,
    /// Place among the interfaces of its card.
    #[arg(optional)]
    device_index: i32,
    /// Kind.
    #[arg(one_of("secondary"))]
    interface_type: Option<String>,
    /// Network card.
    #[arg(optional)]
    network_card_index: i32,
    /// Private IPv4 addresses, by number.
    #[arg(optional)]
    private_ip_address_count: i32,
    /// Private IPv4 addresses.
    #[arg(optional, each(format(ipv4)))]
    private_ip_addresses: Set<String>,
    /// Subnet of the secondary network.
    secondary_subnet_id: Option<String>,
}

impl SecondaryInterface {
    /// Returns the request.
    pub fn request(&self) -> Request {
        let address = |address| {
            SecondaryInterfacePrivateIpAddressSpecificationRequest::builder().private_ip_address(address).build()
        };
        Request::builder()
            .set_delete_on_termination(self.delete_on_termination.then_some(true))
            .device_index(self.device_index)
            .set_interface_type(self.interface_type.as_deref().map(Into::into))
            .network_card_index(self.network_card_index)
            .set_private_ip_address_count(unless_zero(self.private_ip_address_count))
            .set_private_ip_addresses(each(&self.private_ip_addresses, address))
            .set_secondary_subnet_id(self.secondary_subnet_id.clone())
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &Remote) -> Self {
        let addresses = remote.private_ip_addresses().iter();
        Self {
            delete_on_termination: remote.delete_on_termination.unwrap_or_default(),
            device_index: remote.device_index.unwrap_or_default(),
            interface_type: text(remote.interface_type.as_ref()),
            network_card_index: remote.network_card_index.unwrap_or_default(),
            private_ip_address_count: remote.private_ip_address_count.unwrap_or_default(),
            private_ip_addresses: addresses.filter_map(|address| address.private_ip_address.clone()).collect(),
            secondary_subnet_id: text(remote.secondary_subnet_id.as_ref()),
        }
    }
}
