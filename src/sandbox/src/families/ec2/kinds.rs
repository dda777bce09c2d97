//! The kinds of EC2's objects: what an id's prefix tells, and how each kind says that an object is not there.

use super::Store;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// A kind of object.
pub struct Kind {
    /// Prefix of the ids, such as `vpc`.
    pub prefix: &'static str,
    /// Type as tags name it.
    pub resource_type: &'static str,
    /// Error code for an object that is not there.
    pub not_found: &'static str,
    /// The object in that error's message, such as `vpc ID`.
    pub noun: &'static str,
    /// Returns whether an object is there.
    pub exists: fn(&Store, &str) -> bool,
}

const fn kind(
    prefix: &'static str,
    resource_type: &'static str,
    not_found: &'static str,
    noun: &'static str,
    exists: fn(&Store, &str) -> bool,
) -> Kind {
    Kind { prefix, resource_type, not_found, noun, exists }
}

/// All kinds.
pub const KINDS: &[Kind] = &[
    kind("key", "key-pair", "InvalidKeyPair.NotFound", "key pair ID", |store, id| store.key_pairs.contains_key(id)),
    kind("lt", "launch-template", "InvalidLaunchTemplateId.NotFound", "launch template ID", |store, id| {
        store.launch_templates.contains_key(id)
    }),
    kind("i", "instance", "InvalidInstanceID.NotFound", "instance ID", |store, id| store.instances.contains_key(id)),
    kind("vol", "volume", "InvalidVolume.NotFound", "volume", |store, id| store.volumes.contains_key(id)),
    kind(
        "sir",
        "spot-instances-request",
        "InvalidSpotInstanceRequestID.NotFound",
        "spot instance request ID",
        |store, id| store.spot_requests.contains_key(id),
    ),
    kind("sfr", "spot-fleet-request", "InvalidSpotFleetRequestId.NotFound", "spot fleet request ID", |store, id| {
        store.spot_fleets.contains_key(id)
    }),
    kind("acl", "network-acl", "InvalidNetworkAclID.NotFound", "networkAcl ID", |store, id| {
        store.network_acls.contains_key(id)
    }),
    kind("dopt", "dhcp-options", "InvalidDhcpOptionID.NotFound", "dhcpOption ID", |store, id| {
        store.dhcp_options.contains_key(id)
    }),
    kind("eigw", "egress-only-internet-gateway", "InvalidGatewayID.NotFound", "eigw ID", |store, id| {
        store.egress_only_gateways.contains_key(id)
    }),
    kind("eipalloc", "elastic-ip", "InvalidAllocationID.NotFound", "allocation ID", |store, id| {
        store.addresses.contains_key(id)
    }),
    kind("eni", "network-interface", "InvalidNetworkInterfaceID.NotFound", "networkInterface ID", |store, id| {
        store.interfaces.contains_key(id)
    }),
    kind("igw", "internet-gateway", "InvalidInternetGatewayID.NotFound", "internetGateway ID", |store, id| {
        store.internet_gateways.contains_key(id)
    }),
    kind("nat", "natgateway", "NatGatewayNotFound", "Nat Gateway", |store, id| store.nat_gateways.contains_key(id)),
    kind("pg", "placement-group", "InvalidPlacementGroupId.NotFound", "placement group ID", |store, id| {
        store.placement_groups.values().any(|own| own.id == id)
    }),
    kind("rtb", "route-table", "InvalidRouteTableID.NotFound", "routeTable ID", |store, id| {
        store.route_tables.contains_key(id)
    }),
    kind("sg", "security-group", "InvalidGroup.NotFound", "security group", |store, id| {
        store.security_groups.contains_key(id)
    }),
    kind("sgr", "security-group-rule", "InvalidSecurityGroupRuleId.NotFound", "security group rule ID", |store, id| {
        store.rules.contains_key(id)
    }),
    kind("subnet", "subnet", "InvalidSubnetID.NotFound", "subnet ID", |store, id| store.subnets.contains_key(id)),
    kind("vpc", "vpc", "InvalidVpcID.NotFound", "vpc ID", |store, id| store.vpcs.contains_key(id)),
    kind("vpce", "vpc-endpoint", "InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", |store, id| {
        store.vpc_endpoints.contains_key(id)
    }),
];

/// Returns the kind of an id.
pub fn of_id(id: &str) -> Option<&'static Kind> {
    let (prefix, _) = if id.starts_with("sfr-") { id.split_once('-')? } else { id.rsplit_once('-')? };
    KINDS.iter().find(|kind| kind.prefix == prefix)
}

impl Kind {
    /// Returns the error for an object of this kind that is not there.
    pub fn missing(&self, id: &str) -> Fault {
        let message = match self.prefix {
            "nat" => format!("NAT gateway {id} was not found"),
            _ => format!("The {} '{id}' does not exist", self.noun),
        };
        Fault::new(self.not_found, message)
    }
}

/// Returns the error for an object that is not there, by its id's kind.
///
/// # Errors
/// Always.
pub fn missing(id: &str) -> Fault {
    match of_id(id) {
        Some(kind) => kind.missing(id),
        None => Fault::new("InvalidID", format!("The ID '{id}' is not valid")),
    }
}

/// Returns the ids that a list names, all of them there; nothing where it names none.
///
/// # Errors
/// When one is not there, is of another kind, or pages are asked for as well.
pub fn named<'a>(store: &Store, input: &'a Tree, member: &str, prefix: &str) -> Result<Option<Vec<&'a str>>, Fault> {
    let ids = input.texts(member);
    if ids.is_empty() {
        return Ok(None);
    }
    if input.has("MaxResults") {
        let member = if member == "InstanceId" { "instancesSet" } else { member };
        let message = format!("The parameter {member} cannot be used with the parameter maxResults");
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    check_all(store, &ids, prefix)?;
    Ok(Some(ids))
}

/// Checks that ids are of a kind and their objects there. Of instances, EC2 names all that are not.
///
/// # Errors
/// When one is not.
pub fn check_all(store: &Store, ids: &[&str], prefix: &str) -> Result<(), Fault> {
    let (mut absent, mut first) = (Vec::new(), None);
    for id in ids {
        let Err(fault) = check(store, id, prefix) else { continue };
        if prefix != "i" || fault.code("ec2").ends_with("Malformed") {
            return Err(fault);
        }
        absent.push(*id);
        first.get_or_insert(fault);
    }
    match first {
        Some(_) if absent.len() > 1 => {
            let message = format!("The instance IDs '{}' do not exist", absent.join(", "));
            Err(Fault::new("InvalidInstanceID.NotFound", message))
        }
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

/// Checks that an id is of a kind and its object there.
///
/// # Errors
/// When it is not.
pub fn check(store: &Store, id: &str, prefix: &str) -> Result<(), Fault> {
    let kind = KINDS.iter().find(|kind| kind.prefix == prefix);
    let kind = kind.ok_or_else(|| Fault::not_modelled(format!("objects with ids `{prefix}-…`")))?;
    let number = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    if number.is_none_or(|number| !is_number(prefix, number)) {
        let code = match kind.not_found.strip_suffix(".NotFound") {
            Some(start) => format!("{start}.Malformed"),
            None => format!("{}Malformed", kind.not_found.trim_end_matches("NotFound")),
        };
        return Err(Fault::new(&code, format!("Invalid id: \"{id}\" (expecting \"{prefix}-...\")")));
    }
    if (kind.exists)(store, id) { Ok(()) } else { Err(kind.missing(id)) }
}

/// Returns whether a text can stand behind a prefix: hex digits, but for what has to do with spot capacity.
fn is_number(prefix: &str, text: &str) -> bool {
    let is_fine = |byte: u8| match prefix {
        "sir" => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
        "sfr" => byte.is_ascii_hexdigit() || byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    !text.is_empty() && text.bytes().all(is_fine)
}
