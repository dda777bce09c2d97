//! Network interfaces of an instance.

use aws_sdk_ec2::types::{
    Instance as Remote, InstanceNetworkInterface, InstanceNetworkInterfaceSpecification, InstanceSecondaryInterface,
    InstanceSecondaryInterfaceSpecificationRequest,
};
use landfall_provider::{Args, Filled, Set};

use crate::convert::text;

/// An interface that exists.
#[derive(Args, Clone, PartialEq)]
#[args(deprecated = "use primary_network_interface, and aws_network_interface_attachment for further interfaces")]
pub struct NetworkInterface {
    /// Whether it goes with the instance.
    #[arg(replace, default = false)]
    delete_on_termination: bool,
    /// Place among the interfaces of its card.
    #[arg(replace)]
    pub device_index: i32,
    /// Network card.
    #[arg(replace, default = 0)]
    network_card_index: i32,
    /// Interface.
    #[arg(replace)]
    network_interface_id: String,
}

/// The first interface, where it exists before the instance.
#[derive(Args, Clone, PartialEq)]
pub struct PrimaryNetworkInterface {
    /// Whether it goes with the instance.
    #[arg(output)]
    delete_on_termination: Option<bool>,
    /// Interface.
    #[arg(replace)]
    network_interface_id: String,
}

/// An interface in a secondary network.
#[derive(Args, Clone, PartialEq)]
pub struct SecondaryNetworkInterface {
    /// Whether it goes with the instance.
    #[arg(replace, default = true)]
    delete_on_termination: bool,
    /// Place among the interfaces of its card.
    #[arg(replace, default = 0)]
    device_index: i32,
    /// Kind.
    #[arg(replace, default = "secondary", one_of("secondary"))]
    interface_type: String,
    /// MAC address.
    #[arg(output)]
    mac_address: Option<String>,
    /// Network card.
    #[arg(replace)]
    network_card_index: i32,
    /// Private IPv4 addresses, by number.
    #[arg(replace, default = 1)]
    private_ip_address_count: i32,
    /// Private IPv4 addresses.
    #[arg(output)]
    private_ip_addresses: Vec<String>,
    /// Id.
    #[arg(output)]
    secondary_interface_id: Option<String>,
    /// Network.
    #[arg(output)]
    secondary_network_id: Option<String>,
    /// Subnet of the network.
    #[arg(replace)]
    secondary_subnet_id: String,
    /// Whether traffic is only for the instance itself.
    #[arg(output)]
    source_dest_check: Option<bool>,
    /// What the interface is doing.
    #[arg(output)]
    status: Option<String>,
}

/// Returns the first interface of an instance.
pub fn primary(remote: &Remote) -> Option<&InstanceNetworkInterface> {
    remote.network_interfaces().iter().find(|interface| place(interface) == Some((0, 0)))
}

/// Returns card and place on the card.
fn place(interface: &InstanceNetworkInterface) -> Option<(i32, i32)> {
    let attachment = interface.attachment.as_ref()?;
    Some((attachment.network_card_index.unwrap_or_default(), attachment.device_index.unwrap_or_default()))
}

impl NetworkInterface {
    /// Returns the request.
    pub fn request(&self) -> InstanceNetworkInterfaceSpecification {
        InstanceNetworkInterfaceSpecification::builder()
            .delete_on_termination(self.delete_on_termination)
            .device_index(self.device_index)
            .set_network_card_index((self.network_card_index != 0).then_some(self.network_card_index))
            .network_interface_id(&self.network_interface_id)
            .build()
    }

    /// Returns those that are there among the known ones: others attach interfaces of their own.
    pub fn observed(remote: &Remote, known: Option<&Set<Self>>) -> Set<Self> {
        let is_known = |(card, index): (i32, i32)| {
            known.is_some_and(|all| all.iter().any(|one| (one.network_card_index, one.device_index) == (card, index)))
        };
        let found = remote.network_interfaces().iter().filter_map(|interface| {
            let place = place(interface).filter(|place| is_known(*place))?;
            let attachment = interface.attachment.as_ref()?;
            Some(Self {
                delete_on_termination: attachment.delete_on_termination.unwrap_or_default(),
                device_index: place.1,
                network_card_index: place.0,
                network_interface_id: interface.network_interface_id.clone()?,
            })
        });
        found.collect()
    }
}

impl PrimaryNetworkInterface {
    /// Returns the request.
    pub fn request(&self) -> InstanceNetworkInterfaceSpecification {
        InstanceNetworkInterfaceSpecification::builder()
            .device_index(0)
            .network_interface_id(&self.network_interface_id)
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &Remote) -> Filled<Self> {
        let interface = primary(remote);
        let found = interface.and_then(|interface| {
            let attachment = interface.attachment.as_ref();
            Some(Self {
                delete_on_termination: attachment.and_then(|attachment| attachment.delete_on_termination),
                network_interface_id: interface.network_interface_id.clone()?,
            })
        });
        found.into()
    }
}

impl SecondaryNetworkInterface {
    /// Returns the request.
    pub fn request(&self) -> InstanceSecondaryInterfaceSpecificationRequest {
        InstanceSecondaryInterfaceSpecificationRequest::builder()
            .delete_on_termination(self.delete_on_termination)
            .device_index(self.device_index)
            .interface_type(self.interface_type.as_str().into())
            .network_card_index(self.network_card_index)
            .private_ip_address_count(self.private_ip_address_count)
            .secondary_subnet_id(&self.secondary_subnet_id)
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &InstanceSecondaryInterface) -> Self {
        let attachment = remote.attachment.as_ref();
        let addresses = remote.private_ip_addresses().iter();
        let addresses: Vec<String> = addresses.filter_map(|address| address.private_ip_address.clone()).collect();
        Self {
            delete_on_termination: attachment.and_then(|one| one.delete_on_termination).unwrap_or(true),
            device_index: attachment.and_then(|one| one.device_index).unwrap_or_default(),
            interface_type: text(remote.interface_type.as_ref()).unwrap_or_else(|| "secondary".to_owned()),
            mac_address: text(remote.mac_address.as_ref()),
            network_card_index: attachment.and_then(|one| one.network_card_index).unwrap_or_default(),
            private_ip_address_count: i32::try_from(addresses.len()).unwrap_or(i32::MAX),
            private_ip_addresses: addresses,
            secondary_interface_id: text(remote.secondary_interface_id.as_ref()),
            secondary_network_id: text(remote.secondary_network_id.as_ref()),
            secondary_subnet_id: remote.secondary_subnet_id.clone().unwrap_or_default(),
            source_dest_check: remote.source_dest_check,
            status: text(remote.status.as_ref()),
        }
    }
}
