//! The addresses of a NAT gateway: those beside the first one, and those of regional gateways.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    AutoProvisionZonesState, AvailabilityMode, AvailabilityZoneAddress, NatGateway as Remote,
    NatGatewayAddress as Address, NatGatewayAddressStatus,
};
use landfall_provider::{Args, Attrs, CallResult, Change, Filled, Object, Phase, Set};

use super::NatGateway;
use crate::client::Aws;
use crate::describe::filter;
use crate::error::Answer;

/// Addresses of a regional gateway in one zone.
#[derive(Args, Clone, PartialEq)]
pub struct ZoneAddress {
    /// Elastic IP addresses.
    #[arg(optional)]
    allocation_ids: Set<String>,
    /// Zone by name.
    availability_zone: Option<String>,
    /// Zone by id.
    availability_zone_id: Filled<String>,
}

/// One address of a regional gateway.
#[derive(Attrs, Clone, PartialEq)]
pub struct RegionalAddress {
    /// Elastic IP address.
    allocation_id: Option<String>,
    /// Its association.
    association_id: Option<String>,
    /// Zone by name.
    availability_zone: Option<String>,
    /// Zone by id.
    availability_zone_id: Option<String>,
    /// Network interface.
    network_interface_id: Option<String>,
    /// Public address.
    public_ip: Option<String>,
    /// State of the association.
    status: Option<String>,
}

impl ZoneAddress {
    /// Returns the addresses as a request takes them.
    pub fn request(&self) -> AvailabilityZoneAddress {
        AvailabilityZoneAddress::builder()
            .set_allocation_ids(Some(self.allocation_ids.to_vec()))
            .set_availability_zone(self.availability_zone.clone())
            .set_availability_zone_id(self.availability_zone_id.to_option())
            .build()
    }

    fn is_in(&self, address: &Address) -> bool {
        let by_name = self.availability_zone.is_some() && self.availability_zone == address.availability_zone;
        let id = self.availability_zone_id.as_deref();
        by_name || id.is_some() && id == address.availability_zone_id()
    }
}

/// Addresses of a zonal gateway.
#[derive(Default)]
pub struct Found<'r> {
    /// The first one.
    pub primary: Option<&'r Address>,
    /// Further Elastic IP addresses.
    pub allocations: Set<String>,
    /// Further addresses in the subnet.
    pub private: Set<String>,
}

/// Returns the addresses of a zonal gateway; a regional one has no first.
pub fn found(remote: &Remote) -> Found<'_> {
    let addresses = remote.nat_gateway_addresses();
    if is_regional(remote) {
        return Found::default();
    }
    let is_primary = |address: &&Address| addresses.len() == 1 || address.is_primary == Some(true);
    let further = || addresses.iter().filter(|address| !is_primary(address));
    Found {
        primary: addresses.iter().find(is_primary),
        allocations: further().filter_map(|address| address.allocation_id.clone()).collect(),
        private: further().filter_map(|address| address.private_ip.clone()).collect(),
    }
}

/// Returns whether a gateway is in all zones.
pub fn is_regional(remote: &Remote) -> bool {
    remote.availability_mode == Some(AvailabilityMode::Regional)
}

/// Returns the addresses of a regional gateway.
pub fn regional(remote: &Remote) -> Set<RegionalAddress> {
    let addresses = remote.nat_gateway_addresses().iter().filter(|_| is_regional(remote));
    let members = addresses.map(|address| RegionalAddress {
        allocation_id: address.allocation_id.clone(),
        association_id: address.association_id.clone(),
        availability_zone: address.availability_zone.clone(),
        availability_zone_id: address.availability_zone_id.clone(),
        network_interface_id: address.network_interface_id.clone(),
        public_ip: address.public_ip.clone(),
        status: address.status.as_ref().map(|status| status.as_str().to_owned()),
    });
    members.collect()
}

/// Returns the addresses that a user chose, zone by zone; none where the gateway takes care of them.
pub fn zones(remote: &Remote, known: Option<&Set<ZoneAddress>>) -> Set<ZoneAddress> {
    let is_automatic = match known {
        Some(known) => known.is_empty(),
        None => remote.auto_provision_zones == Some(AutoProvisionZonesState::Enabled),
    };
    if is_automatic || !is_regional(remote) {
        return Set::new();
    }
    let mut zones: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for address in remote.nat_gateway_addresses() {
        zones.entry(address.availability_zone_id().unwrap_or_default()).or_default().push(address);
    }
    let zone = |addresses: Vec<&Address>| {
        let first = addresses[0];
        let written = known.and_then(|known| known.iter().find(|zone| zone.is_in(first)));
        ZoneAddress {
            allocation_ids: addresses.iter().filter_map(|address| address.allocation_id.clone()).collect(),
            availability_zone: written
                .map_or_else(|| first.availability_zone.clone(), |zone| zone.availability_zone.clone()),
            availability_zone_id: first.availability_zone_id.clone().into(),
        }
    };
    zones.into_values().map(zone).collect()
}

/// Returns how far the addresses are.
pub fn phase(remote: &Remote) -> Phase {
    use NatGatewayAddressStatus::{Assigning, Associating, Disassociating, Failed, Unassigning};
    for address in remote.nat_gateway_addresses() {
        match &address.status {
            Some(moving @ (Assigning | Associating | Disassociating | Unassigning)) => {
                return Phase::Pending(format!("address {moving}"));
            }
            Some(Failed) => {
                return Phase::Failed(address.failure_message().unwrap_or("an address failed").to_owned());
            }
            _ => {}
        }
    }
    Phase::Ready
}

/// Takes addresses in, or else lets them go. Returns whether a call was made whose end must be seen first.
///
/// # Errors
/// What the call failed with.
pub async fn moves(aws: &Aws, change: &Change<'_, NatGateway>, there: &Object<NatGateway>) -> CallResult<bool> {
    let planned = change.planned;
    if change.wants(there, |args| &args.availability_zone_address) && !planned.availability_zone_address.is_empty() {
        return moves_in_zones(aws, &planned.availability_zone_address, there).await;
    }
    let (none, has) = (Set::new(), &there.args);
    let private_there = has.secondary_private_ip_addresses.get().unwrap_or(&none);
    if change.wants(there, |args| &args.secondary_allocation_ids)
        && let Some(wanted) = planned.secondary_allocation_ids.get()
    {
        let allocations_there = has.secondary_allocation_ids.get().unwrap_or(&none);
        let new: Vec<_> = wanted.minus(allocations_there).cloned().collect();
        if new.is_empty() {
            return disassociate(aws, there, allocations_there.minus(wanted).cloned().collect()).await;
        }
        let private = planned.secondary_private_ip_addresses.get().map(|planned| planned.minus(private_there).cloned());
        aws.ec2()
            .associate_nat_gateway_address()
            .nat_gateway_id(&there.id)
            .set_allocation_ids(Some(new))
            .set_private_ip_addresses(private.map(Iterator::collect).filter(|private: &Vec<_>| !private.is_empty()))
            .send()
            .await
            .answer()?;
        return Ok(true);
    }
    if has.connectivity_type == "private"
        && change.wants(there, |args| &args.secondary_private_ip_addresses)
        && let Some(wanted) = planned.secondary_private_ip_addresses.get()
    {
        return moves_private(aws, &there.id, private_there, wanted).await;
    }
    Ok(false)
}

async fn moves_private(aws: &Aws, id: &str, there: &Set<String>, wanted: &Set<String>) -> CallResult<bool> {
    let new: Vec<_> = wanted.minus(there).cloned().collect();
    if !new.is_empty() {
        let assign = aws.ec2().assign_private_nat_gateway_address().nat_gateway_id(id);
        assign.set_private_ip_addresses(Some(new)).send().await.answer()?;
        return Ok(true);
    }
    let old: Vec<_> = there.minus(wanted).cloned().collect();
    let has_old = !old.is_empty();
    if has_old {
        let unassign = aws.ec2().unassign_private_nat_gateway_address().nat_gateway_id(id);
        unassign.set_private_ip_addresses(Some(old)).send().await.answer()?;
    }
    Ok(has_old)
}

async fn moves_in_zones(aws: &Aws, wanted: &Set<ZoneAddress>, there: &Object<NatGateway>) -> CallResult<bool> {
    let all = |zones: &Set<ZoneAddress>| -> Set<String> {
        zones.iter().flat_map(|zone| zone.allocation_ids.iter().cloned()).collect()
    };
    let (wanted_ids, there_ids) = (all(wanted), all(&there.args.availability_zone_address));
    let mut is_moved = false;
    for zone in wanted {
        let new: Vec<_> = zone.allocation_ids.minus(&there_ids).cloned().collect();
        if new.is_empty() {
            continue;
        }
        aws.ec2()
            .associate_nat_gateway_address()
            .nat_gateway_id(&there.id)
            .set_allocation_ids(Some(new))
            .set_availability_zone(zone.availability_zone.clone())
            .set_availability_zone_id(
                zone.availability_zone_id.to_option().filter(|_| zone.availability_zone.is_none()),
            )
            .send()
            .await
            .answer()?;
        is_moved = true;
    }
    if is_moved {
        return Ok(true);
    }
    disassociate(aws, there, there_ids.minus(&wanted_ids).cloned().collect()).await
}

/// Lets Elastic IP addresses go. Returns whether there were any.
async fn disassociate(aws: &Aws, there: &Object<NatGateway>, allocations: Vec<String>) -> CallResult<bool> {
    if allocations.is_empty() {
        return Ok(false);
    }
    let filters = Some(filter("nat-gateway-id", vec![there.id.clone()]));
    let answer = aws.ec2().describe_nat_gateways().set_filter(filters).send().await.answer()?;
    let addresses = answer.nat_gateways().iter().flat_map(|gateway| gateway.nat_gateway_addresses());
    let old = addresses.filter(|address| address.allocation_id.as_ref().is_some_and(|id| allocations.contains(id)));
    let associations: Vec<_> = old.filter_map(|address| address.association_id.clone()).collect();
    let has_old = !associations.is_empty();
    if has_old {
        let request = aws.ec2().disassociate_nat_gateway_address().nat_gateway_id(&there.id);
        request.set_association_ids(Some(associations)).send().await.answer()?;
    }
    Ok(has_old)
}
