//! The pools of a fleet: what it may launch, and in which order it prefers them.

use super::config::invalid;
use crate::facts::{self, image};
use crate::families::ec2::instance::{image_id, placed, template_data};
use crate::families::ec2::requirements;
use crate::families::ec2::spot_request::check_price;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;
use crate::world::ids::mixed;

/// How many types a set of requirements stands for here.
const MOST_OF_REQUIREMENTS: usize = 8;

/// A pool: one type at one place.
#[derive(Clone, Debug)]
pub struct Pool {
    /// What is launched, at its place.
    pub data: Tree,
    /// Its type.
    pub instance_type: String,
    /// Its zone, where it is known beforehand.
    pub zone: String,
    /// How much of the capacity an instance counts for.
    pub weight: f64,
    /// The most that an hour may cost.
    pub max_price: Option<String>,
    /// Its place in the order of the user; the lowest goes first.
    pub priority: f64,
    /// Id and version of its template.
    pub template: Option<(String, String)>,
}

impl Pool {
    /// Returns the pool's name: type and zone.
    pub fn name(&self) -> String {
        format!("{}, {}", self.instance_type, self.zone)
    }

    fn number(&self) -> u64 {
        number(&self.name())
    }

    /// Returns what an hour costs in dollars.
    pub fn price(&self, is_spot: bool) -> f64 {
        price_of(&self.instance_type, &self.zone, is_spot)
    }

    /// Returns how much capacity there is to spare: made up.
    fn depth(&self) -> u64 {
        self.number() % 100
    }
}

fn number(name: &str) -> u64 {
    mixed(name.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(131).wrapping_add(byte.into())))
}

/// Returns what an hour of a type costs in a zone, in dollars: made up, but in proportion to the machine.
pub fn price_of(instance_type: &str, zone: &str, is_spot: bool) -> f64 {
    let machine = facts::instance_types().get(instance_type);
    let (cpus, gib) = machine.map_or((1, 1), |own| (own.cpus, own.memory_mib / 1024));
    let gib = f64::from(u32::try_from(gib).unwrap_or(u32::MAX));
    let of_machine = f64::from(cpus) * 0.0172 + gib * 0.0036;
    let share = f64::from(u32::try_from(number(&format!("{instance_type}, {zone}")) % 20).unwrap_or(0)) / 100.0;
    if is_spot { of_machine * (0.3 + share) } else { of_machine }
}

/// Returns the pools of a config, in the order of the config.
///
/// # Errors
/// When a template or a subnet is not there.
pub fn pools(scope: &Scope<'_>, config: &Tree) -> Result<Vec<Pool>, Fault> {
    let mut pools = Vec::new();
    check_price(config.text("SpotPrice")?)?;
    for specification in config.list_at("LaunchSpecifications") {
        let weight = weight(specification)?;
        let price = specification.text("SpotPrice")?.or(config.text("SpotPrice")?);
        let own = Own { weight, price: price.map(str::to_owned), priority: f64::MAX, template: None };
        let data = of_specification(specification);
        add(scope, &mut pools, &data, specification, &own)?;
    }
    for templated in config.list_at("LaunchTemplateConfigs") {
        let named =
            templated.at("LaunchTemplateSpecification").ok_or_else(|| Fault::missing("LaunchTemplateSpecification"))?;
        if !named.has("Version") {
            return Err(invalid("A spot fleet needs the version of a launch template."));
        }
        let (id, number, data) = template_data(scope.ec2(), named, "")?;
        let template = Some((id.to_owned(), number.to_string()));
        let nothing = [Tree::object()];
        let overrides = templated.list_at("Overrides");
        for over in if overrides.is_empty() { &nothing[..] } else { overrides } {
            let price = over.text("SpotPrice")?.or(config.text("SpotPrice")?).map(str::to_owned);
            let weight = weight(over)?;
            let priority = over.number("Priority")?.unwrap_or(f64::MAX);
            let own = Own { weight, price, priority, template: template.clone() };
            add(scope, &mut pools, data, over, &own)?;
        }
    }
    Ok(pools)
}

/// Returns how much of the capacity an instance of an entry counts for.
fn weight(entry: &Tree) -> Result<f64, Fault> {
    let weight = entry.number("WeightedCapacity")?.unwrap_or(1.0);
    check_price(entry.text("SpotPrice")?)?;
    if weight > 0.0 { Ok(weight) } else { Err(invalid("Parameter: WeightedCapacity is invalid.")) }
}

/// What the pools of one entry have in common.
struct Own {
    weight: f64,
    price: Option<String>,
    priority: f64,
    template: Option<(String, String)>,
}

/// Adds the pools of one entry: its types, at its places.
fn add(scope: &Scope<'_>, pools: &mut Vec<Pool>, data: &Tree, entry: &Tree, own: &Own) -> Result<(), Fault> {
    let types: Vec<String> = match (entry.text("InstanceType")?, entry.at("InstanceRequirements")) {
        (Some(name), _) => vec![name.to_owned()],
        (None, Some(wanted)) => {
            let id = image_id(scope, data)?;
            let architecture = image(scope.region, &id).map_or("x86_64", |image| image.architecture);
            let found = requirements::matching(wanted, architecture).into_iter().take(MOST_OF_REQUIREMENTS);
            found.map(str::to_owned).collect()
        }
        (None, None) => vec![data.text("InstanceType")?.unwrap_or("m1.small").to_owned()],
    };
    let zone = entry.text("AvailabilityZone")?.or(entry.text("Placement.AvailabilityZone")?);
    let subnets: Vec<&str> = entry.text("SubnetId")?.unwrap_or_default().split(',').map(str::trim).collect();
    for kind in &types {
        for subnet in &subnets {
            let mut data = data.clone().with("InstanceType", kind).with("InstanceRequirements", Tree::Null);
            let mut zone = zone.map(str::to_owned);
            if !subnet.is_empty() {
                let found = scope.ec2().subnet(subnet)?;
                zone = Some(found.zone.clone());
                data = placed(&data, subnet);
            } else if let Some(zone) = &zone {
                data.set("Placement", tree! { "AvailabilityZone": zone });
            }
            pools.push(Pool {
                data,
                instance_type: kind.clone(),
                zone: zone.unwrap_or_default(),
                weight: own.weight,
                max_price: own.price.clone(),
                priority: own.priority,
                template: own.template.clone(),
            });
        }
    }
    Ok(())
}

/// Returns a launch specification as RunInstances would have it.
fn of_specification(specification: &Tree) -> Tree {
    let mut data = specification.clone();
    for name in ["WeightedCapacity", "SpotPrice", "GroupSet", "NetworkInterfaceSet", "TagSpecificationSet", "SubnetId"]
    {
        data.set(name, Tree::Null);
    }
    let groups: Vec<Tree> =
        specification.list_at("GroupSet").iter().filter_map(|group| group.at("GroupId").cloned()).collect();
    let interfaces = specification.list_at("NetworkInterfaceSet").to_vec();
    let tags = specification.list_at("TagSpecificationSet").to_vec();
    for (name, list) in [("SecurityGroupId", groups), ("NetworkInterface", interfaces), ("TagSpecification", tags)] {
        if !list.is_empty() {
            data.set(name, list);
        }
    }
    data
}

/// Returns indices of the pools in the order in which the next instance tries them. `held` tells how much there is from
/// each pool.
pub fn in_order(
    pools: &[Pool],
    strategy: &str,
    count: usize,
    is_spot: bool,
    held: &dyn Fn(&Pool) -> f64,
) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pools.len()).collect();
    let price = |index: &usize| pools[*index].price(is_spot) / pools[*index].weight.max(f64::MIN_POSITIVE);
    let by = |key: &dyn Fn(&usize) -> (f64, f64), order: &mut Vec<usize>| {
        order.sort_by(|one, other| {
            let (one, other) = (key(one), key(other));
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
    };
    let depth = |index: &usize| -f64::from(u32::try_from(pools[*index].depth()).unwrap_or(0));
    match strategy {
        "diversified" => by(&|index| (held(&pools[*index]), price(index)), &mut order),
        "capacityOptimized" => by(&|index| (depth(index), price(index)), &mut order),
        "capacityOptimizedPrioritized" | "prioritized" => {
            by(&|index| (pools[*index].priority, depth(index)), &mut order);
        }
        "priceCapacityOptimized" => by(&|index| (price(index) * (2.0 + depth(index) / 100.0), 0.0), &mut order),
        _ => {
            by(&|index| (price(index), 0.0), &mut order);
            // Among the cheapest pools, the one with least goes first; the others are for when those have nothing.
            let count = count.min(order.len());
            let mut cheapest = order[..count].to_vec();
            by(&|index| (held(&pools[*index]), price(index)), &mut cheapest);
            order.splice(..count, cheapest);
        }
    }
    order
}
