//! CreateVpcEndpoint, and what is checked of new endpoints and changed ones.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::{Kind, VpcEndpoint, service};
use crate::families::ec2::interface::Attachment;
use crate::families::ec2::{NewInterface, Store, kinds, list, prefix_list, tags};
use crate::families::{Operation, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const CREATE: Operation = write(
    "CreateVpcEndpoint",
    &[
        "VpcId",
        "ServiceName",
        "ServiceRegion",
        "VpcEndpointType",
        "PolicyDocument",
        "RouteTableId",
        "SubnetId",
        "SubnetConfiguration",
        "SecurityGroupId",
        "IpAddressType",
        "DnsOptions",
        "PrivateDnsEnabled",
        "ClientToken",
        "TagSpecification",
    ],
    create,
);

/// The account that the interfaces of endpoints are requested by.
const REQUESTER: &str = "727180483921";

pub fn refused(message: impl Into<String>) -> Fault {
    Fault::new("InvalidParameter", message)
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateVpcEndpoint", input, "ClientToken", token::ec2_mismatch, |scope| {
        let vpc_id = input.need("VpcId")?;
        scope.ec2().vpc(vpc_id)?;
        let name = service::short(scope.region, input.need("ServiceName")?)?;
        let kind = kind(scope, name, input)?;
        let mut endpoint = VpcEndpoint {
            vpc_id: vpc_id.to_owned(),
            service: name.to_owned(),
            kind,
            created: scope.now,
            since: scope.now,
            deleted: None,
            policy: policy(input)?,
            route_table_ids: Vec::new(),
            interfaces: BTreeMap::new(),
            groups: Vec::new(),
            has_private_names: false,
            dns_options: dns_options(kind, &Tree::object(), input)?,
            suffix: String::new(),
        };
        ip_type(input)?;
        let tags = tags::specified(input, "vpc-endpoint")?;
        let mut places = BTreeMap::new();
        match kind {
            Kind::Gateway => {
                none_of(input, &["SubnetId", "SecurityGroupId", "SubnetConfiguration"], "Gateway")?;
                endpoint.route_table_ids = input.texts("RouteTableId").into_iter().map(str::to_owned).collect();
                check_tables(scope, &endpoint, &endpoint.route_table_ids)?;
            }
            Kind::Interface => {
                none_of(input, &["RouteTableId"], "Interface")?;
                places = subnets(scope, &endpoint, &input.texts("SubnetId"), input)?;
                endpoint.groups = input.texts("SecurityGroupId").into_iter().map(str::to_owned).collect();
                if endpoint.groups.is_empty() {
                    endpoint.groups.extend(scope.ec2().default_group(vpc_id).map(str::to_owned));
                }
                scope.ec2().check_groups(&endpoint.groups, vpc_id)?;
                endpoint.has_private_names = input.bool("PrivateDnsEnabled")?.unwrap_or(true);
                check_names(scope, None, &endpoint)?;
                endpoint.suffix = scope.ids().lower(8);
            }
        }
        scope.check_new_interfaces(places.len(), endpoint.groups.len())?;
        let id = scope.ids().ec2("vpce");
        for (subnet, address) in places {
            attach(scope, &id, &mut endpoint, subnet, address)?;
        }
        let store = scope.ec2_mut();
        store.vpc_endpoints.insert(id.clone(), endpoint);
        store.tag_new(&id, tags);
        let shown = list::one::<VpcEndpoint>(scope, &id)?;
        Ok(tree! { "vpcEndpoint": shown, "clientToken": input.text("ClientToken")? })
    })
}

fn kind(scope: &Scope<'_>, name: &str, input: &Tree) -> Result<Kind, Fault> {
    if let Some(other) = input.text("ServiceRegion")?.filter(|region| *region != scope.region) {
        return Err(Fault::not_modelled(format!("endpoints for services of another region, `{other}`")));
    }
    let asked = input.text("VpcEndpointType")?.unwrap_or("Gateway");
    let kind = match asked {
        "Gateway" => Kind::Gateway,
        "Interface" => Kind::Interface,
        "GatewayLoadBalancer" | "Resource" | "ServiceNetwork" => {
            return Err(Fault::not_modelled(format!("VPC endpoints of the type `{asked}`")));
        }
        other => return Err(Fault::invalid("vpcEndpointType", other, "Valid values are Gateway and Interface.")),
    };
    let types = service::types(name);
    if !types.contains(&asked) {
        let types = types.join(", ");
        let message = format!("Endpoint type ({asked}) does not match available service types ([{types}]).");
        return Err(refused(message));
    }
    Ok(kind)
}

fn none_of(input: &Tree, members: &[&str], kind: &str) -> Result<(), Fault> {
    match members.iter().find(|member| !input.list_at(member).is_empty()) {
        Some(member) => Err(refused(format!("{member} is not supported for endpoints of type {kind}."))),
        None => Ok(()),
    }
}

/// Returns a policy, which has to be JSON.
pub fn policy(input: &Tree) -> Result<Option<String>, Fault> {
    let Some(text) = input.text("PolicyDocument")?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let document: Option<serde_json::Value> = serde_json::from_str(text).ok();
    if document.is_some_and(|document| document.get("Statement").is_some()) {
        return Ok(Some(text.to_owned()));
    }
    let message = "The specified policy document is not a valid JSON policy document.";
    Err(Fault::new("InvalidPolicyDocument", message))
}

/// Only IPv4 is modelled.
pub fn ip_type(input: &Tree) -> Result<(), Fault> {
    match input.text("IpAddressType")? {
        None | Some("ipv4") => Ok(()),
        Some(other @ ("ipv6" | "dualstack")) => Err(Fault::not_modelled(format!("VPC endpoints for `{other}`"))),
        Some(other) => Err(Fault::invalid("ipAddressType", other, "Valid values are ipv4, dualstack and ipv6.")),
    }
}

/// Returns DNS options after a request.
pub fn dns_options(kind: Kind, prior: &Tree, input: &Tree) -> Result<Tree, Fault> {
    let usual = if kind == Kind::Gateway { "service-defined" } else { "ipv4" };
    let asked = input.text("DnsOptions.DnsRecordIpType")?;
    if let Some(other) = asked.filter(|asked| !["ipv4", "service-defined"].contains(asked)) {
        return Err(refused(format!("DnsRecordIpType {other} does not match the IP address type ipv4.")));
    }
    let mut options = prior.clone();
    if let Some(record) = asked.or(if prior.has("dnsRecordIpType") { None } else { Some(usual) }) {
        options.set("dnsRecordIpType", record);
    }
    let inbound = input.bool("DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint")?;
    if let Some(inbound) = inbound {
        options.set("privateDnsOnlyForInboundResolverEndpoint", inbound);
    }
    for (member, shown) in [
        ("PrivateDnsPreference", "privateDnsPreference"),
        ("PrivateDnsSpecifiedDomain", "privateDnsSpecifiedDomainSet"),
    ] {
        if let Some(value) = input.at("DnsOptions").and_then(|own| own.at(member)) {
            options.set(shown, value);
        }
    }
    Ok(options)
}

/// Checks that tables are of the VPC, and that none leads to the service already.
pub fn check_tables(scope: &Scope<'_>, endpoint: &VpcEndpoint, ids: &[String]) -> Result<(), Fault> {
    let (store, list) = (scope.ec2(), prefix_list::id_of(scope.region, &endpoint.service));
    let mut seen = BTreeSet::new();
    for id in ids {
        kinds::check(store, id, "rtb")?;
        if store.route_tables[id].vpc_id != endpoint.vpc_id {
            let message = format!("Route table {id} does not belong to VPC {}", endpoint.vpc_id);
            return Err(Fault::new("InvalidRouteTableId.NotFound", message));
        }
        let is_led = store.gateway_endpoints_of(scope.region, id).iter().any(|(_, own)| *own == list);
        if is_led || !seen.insert(id) {
            let message = format!("route table {id} already has a route with destination-prefix-list-id {list}");
            return Err(Fault::new("RouteAlreadyExists", message));
        }
    }
    Ok(())
}

/// Returns the subnets that an endpoint is to be in, with the address in each where one is asked for.
pub fn subnets(
    scope: &Scope<'_>,
    endpoint: &VpcEndpoint,
    ids: &[&str],
    input: &Tree,
) -> Result<BTreeMap<String, Option<Ipv4Addr>>, Fault> {
    let store = scope.ec2();
    let mut zones: BTreeSet<&str> =
        endpoint.interfaces.keys().filter_map(|id| Some(store.subnets.get(id)?.zone.as_str())).collect();
    let mut places = BTreeMap::new();
    for id in ids {
        let subnet = store.subnet(id)?;
        if subnet.vpc_id != endpoint.vpc_id {
            return Err(refused(format!("The subnet {id} does not belong to VPC {}", endpoint.vpc_id)));
        }
        if !zones.insert(&subnet.zone) {
            let message = format!(
                "Found another VPC endpoint subnet in the availability zone of {id}. VPC endpoint subnets should be in \
                 different availability zones supported by the VPC endpoint service."
            );
            return Err(Fault::new("DuplicateSubnetsInSameZone", message));
        }
        if store.free_addresses(id) == 0 {
            let message = format!("The subnet {id} does not have enough free addresses.");
            return Err(Fault::new("InsufficientFreeAddressesInSubnet", message));
        }
        places.insert((*id).to_owned(), None);
    }
    for own in input.list_at("SubnetConfiguration") {
        let id = own.need("SubnetId")?;
        if own.has("Ipv6") {
            return Err(Fault::not_modelled("VPC endpoints for `ipv6`"));
        }
        let place =
            places.get_mut(id).ok_or_else(|| refused(format!("The subnet {id} is not one of the endpoint.")))?;
        let text = own.need("Ipv4")?;
        let invalid = || Fault::invalid("ipv4", text, "Invalid IPv4 address.");
        *place = Some(text.parse().map_err(|_| invalid())?);
        check_address(store, id, text.parse().map_err(|_| invalid())?)?;
    }
    Ok(places)
}

fn check_address(store: &Store, subnet_id: &str, address: Ipv4Addr) -> Result<(), Fault> {
    if !store.subnet(subnet_id)?.cidr.is_some_and(|cidr| cidr.has(address)) {
        return Err(refused(format!("Address {address} does not fall within the range of subnet {subnet_id}.")));
    }
    if store.addresses_of(subnet_id).any(|own| own == address) {
        return Err(Fault::new("InvalidIPAddress.InUse", format!("Address {address} is in use.")));
    }
    Ok(())
}

/// Checks that the names of the service can lead to an endpoint.
pub fn check_names(scope: &Scope<'_>, id: Option<&str>, endpoint: &VpcEndpoint) -> Result<(), Fault> {
    if !endpoint.has_private_names {
        return Ok(());
    }
    let (store, vpc_id) = (scope.ec2(), endpoint.vpc_id.as_str());
    let attributes = store.vpc(vpc_id)?.attributes;
    if !attributes.dns_support || !attributes.dns_hostnames {
        return Err(refused(format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for \
             {vpc_id}"
        )));
    }
    // One that is deleting has its names still.
    let is_other = |(own, other): (&String, &VpcEndpoint)| {
        Some(own.as_str()) != id
            && other.vpc_id == vpc_id
            && other.service == endpoint.service
            && other.has_private_names
    };
    if store.vpc_endpoints.iter().any(is_other) {
        let domain = service::private_name(scope.region, &endpoint.service);
        return Err(refused(format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {} in the VPC {vpc_id}",
            domain.trim_start_matches("*.")
        )));
    }
    Ok(())
}

/// Gives an endpoint its interface in a subnet.
pub fn attach(
    scope: &mut Scope<'_>,
    id: &str,
    endpoint: &mut VpcEndpoint,
    subnet_id: String,
    address: Option<Ipv4Addr>,
) -> Result<(), Fault> {
    let new = NewInterface {
        subnet_id: subnet_id.clone(),
        groups: endpoint.groups.clone(),
        description: format!("VPC Endpoint Interface {id}"),
        kind: "vpc_endpoint".to_owned(),
        requester: Some(REQUESTER.to_owned()),
        address,
        ..NewInterface::default()
    };
    let made = scope.make_interface(new)?;
    let attachment = Attachment {
        id: scope.ids().ec2("ela-attach"),
        instance_id: None,
        owner: "amazon-aws".to_owned(),
        device_index: 1,
        card_index: 0,
        is_deleted_with_it: false,
        at: scope.now,
    };
    if let Some(interface) = scope.ec2_mut().interfaces.get_mut(&made) {
        interface.attachment = Some(attachment);
    }
    endpoint.interfaces.insert(subnet_id, made);
    Ok(())
}
