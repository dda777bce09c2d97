//! What `sandbox show` lists of networks. What came with a region or a VPC is left out.

use crate::inventory::Inventory;

/// Adds what exists.
pub fn add(inventory: &mut Inventory<'_, '_>) {
    let (store, now) = (inventory.scope.ec2(), inventory.scope.now);
    let is_default = |vpc_id: &str| store.vpcs.get(vpc_id).is_some_and(|vpc| vpc.is_default);
    for (id, vpc) in store.vpcs.iter().filter(|(_, vpc)| !vpc.is_default) {
        inventory.add_tagged("VPC", id, vpc.cidr().to_string());
    }
    for (id, subnet) in store.subnets.iter().filter(|(_, subnet)| !subnet.is_default) {
        let free = store.free_addresses(id);
        let state = match (subnet.cidr, subnet.ipv6.first()) {
            (Some(cidr), _) => format!("{cidr} in {}, {free} addresses free", subnet.zone),
            (None, block) => format!("{} in {}", block.map_or("", |block| &block.cidr), subnet.zone),
        };
        inventory.add_tagged("subnet", id, state);
    }
    for (id, gateway) in &store.internet_gateways {
        if !gateway.vpc_id.as_deref().is_some_and(is_default) {
            inventory.add_tagged("internet gateway", id, gateway.vpc_id.as_deref().unwrap_or("not attached"));
        }
    }
    for (id, gateway) in &store.egress_only_gateways {
        inventory.add_tagged("egress-only gateway", id, gateway.vpc_id.as_str());
    }
    for (id, gateway) in store.nat_gateways.iter().filter(|(_, gateway)| gateway.state(now) != "deleted") {
        inventory.add_tagged("NAT gateway", id, gateway.state(now));
    }
    for (id, endpoint) in &store.vpc_endpoints {
        inventory.add_tagged("VPC endpoint", id, format!("{}, {}", endpoint.service, endpoint.state(now)));
    }
    for (id, address) in &store.addresses {
        let used = if address.association.is_some() { "used" } else { "not used" };
        inventory.add_tagged("elastic IP", id, format!("{}, {used}", address.public_ip));
    }
    for (id, table) in store.route_tables.iter().filter(|(_, table)| !table.is_main()) {
        inventory.add_tagged("route table", id, format!("{} routes", table.routes.len()));
    }
    for (id, group) in store.security_groups.iter().filter(|(_, group)| !group.is_default()) {
        inventory.add("security group", id, &group.name, format!("{} rules", store.rules_of(id).count()));
    }
    for (id, interface) in &store.interfaces {
        inventory.add("network interface", id, &interface.description, interface.status());
    }
    machines(inventory);
}

/// Adds what launches, and what is launched.
fn machines(inventory: &mut Inventory<'_, '_>) {
    let (store, now) = (inventory.scope.ec2(), inventory.scope.now);
    for (id, template) in &store.launch_templates {
        inventory.add("launch template", id, &template.name, format!("version {}", template.default_version));
    }
    for (id, fleet) in store.spot_fleets.iter().filter(|(_, fleet)| fleet.state.name() != "cancelled") {
        let (spot, on_demand) = fleet.targets();
        let state = format!("{}, {} instances for {}", fleet.state.name(), fleet.members.len(), spot + on_demand);
        inventory.add_tagged("spot fleet", id, state);
    }
    for (id, instance) in &store.instances {
        let state = instance.state(now);
        if state != "terminated" {
            inventory.add_tagged("instance", id, format!("{state}, {} in {}", instance.instance_type, instance.zone));
        }
    }
    for (id, volume) in &store.volumes {
        inventory.add_tagged("volume", id, format!("{} GiB, {}", volume.spec.size, volume.state(now)));
    }
    for (id, pair) in &store.key_pairs {
        inventory.add("key pair", id, &pair.name, pair.kind.as_str());
    }
}
