//! Spot instance requests.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::filters::one;
use super::instance::{Launch, Plan};
use super::list::{self, Listed};
use super::{Store, Tags, kinds, shape, tags};
use crate::families::{Event, Family, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write(
            "RequestSpotInstances",
            &[
                "LaunchSpecification",
                "TagSpecification",
                "InstanceInterruptionBehavior",
                "SpotPrice",
                "ClientToken",
                "InstanceCount",
                "Type",
                "ValidFrom",
                "ValidUntil",
            ],
            request,
        ),
        read("DescribeSpotInstanceRequests", list::members!("SpotInstanceRequestId"), list::describe::<SpotRequest>),
        write("CancelSpotInstanceRequests", &["SpotInstanceRequestId"], cancel),
    ],
    events: &[Event { name: FULFIL, happen: fulfil }, Event { name: INTERRUPT, happen: interrupt }],
};

/// A request is looked at.
const FULFIL: &str = "ec2.spot-request-fulfilment";
/// A spot instance may be taken back.
const INTERRUPT: &str = "ec2.spot-interruption";
/// How long a spot instance is left alone.
const INTERRUPTION: Duration = Duration::from_secs(600);
/// How long a request waits for its instance.
const FULFILMENT: Duration = Duration::from_secs(10);
/// How long a request without capacity waits until it is looked at again.
const RETRY: Duration = Duration::from_secs(60);

/// Where the capacity of a launch is from.
#[derive(Clone, Debug, Default)]
pub struct Market {
    /// Whether it is spot capacity.
    pub is_spot: bool,
    /// The most that an hour may cost; the on-demand price where there is nothing.
    pub max_price: Option<String>,
    /// `one-time` or `persistent`.
    pub kind: String,
    /// `terminate`, `stop` or `hibernate`.
    pub interruption: String,
    /// The fleet or group that asks.
    pub launch_group: Option<String>,
}

impl Market {
    /// Returns on-demand or spot, as the options of a launch say.
    ///
    /// # Errors
    /// When the options are refused.
    pub fn of(data: &Tree) -> Result<Self, Fault> {
        match data.text("InstanceMarketOptions.MarketType")? {
            None => Ok(Self::default()),
            Some("spot") => {
                let text = |name: &str, usual: &str| {
                    let text = data.text(&format!("InstanceMarketOptions.SpotOptions.{name}"));
                    text.map(|text| text.unwrap_or(usual).to_owned())
                };
                let (kind, interruption) =
                    (text("SpotInstanceType", "one-time")?, text("InstanceInterruptionBehavior", "terminate")?);
                if kind == "one-time" && interruption != "terminate" {
                    let message = format!("The interruption behavior {interruption} needs a persistent request.");
                    return Err(Fault::new("InvalidParameterCombination", message));
                }
                let max_price = Some(text("MaxPrice", "")?).filter(|price| !price.is_empty());
                check_price(max_price.as_deref())?;
                Ok(Self { is_spot: true, max_price, kind, interruption, launch_group: None })
            }
            Some(other) => Err(Fault::not_modelled(format!("the market type `{other}`"))),
        }
    }

    /// Returns spot capacity as services ask for it.
    pub fn spot(max_price: Option<String>) -> Self {
        let (kind, interruption) = ("one-time".to_owned(), "terminate".to_owned());
        Self { is_spot: true, max_price, kind, interruption, launch_group: None }
    }
}

/// A spot instance request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpotRequest {
    /// `open`, `active`, `closed`, `cancelled` or `failed`.
    pub state: String,
    /// Code and message of its status.
    pub status: (String, String),
    /// When the status last changed.
    pub updated: Timestamp,
    /// When it was made.
    pub created: Timestamp,
    /// The most that an hour may cost.
    pub price: Option<String>,
    /// `one-time` or `persistent`.
    pub kind: String,
    /// What happens to its instance when it is taken.
    pub interruption: String,
    /// Its instance.
    pub instance_id: Option<String>,
    /// What it launches, as it was written.
    pub data: Tree,
    /// When it is no longer valid.
    pub valid_until: Option<Timestamp>,
}

/// Checks the most that an hour may cost.
///
/// # Errors
/// When it is no price.
pub fn check_price(price: Option<&str>) -> Result<(), Fault> {
    let Some(price) = price.filter(|price| !price.parse().is_ok_and(|price: f64| price > 0.0)) else { return Ok(()) };
    Err(Fault::invalid("price", price, &format!("\"{price}\" is an invalid spot instance price")))
}

fn status(code: &str) -> (String, String) {
    let message = match code {
        "pending-evaluation" => "Your Spot request has been submitted for review, and is pending evaluation.",
        "fulfilled" => "Your Spot request is fulfilled.",
        "capacity-not-available" => "There is no Spot capacity available that matches your request.",
        "instance-terminated-by-user" => "Spot Instance terminated due to user-initiated termination.",
        "instance-terminated-no-capacity" => {
            "Your Spot Instance was terminated because there is no longer enough Spot capacity available."
        }
        "request-canceled-and-instance-running" => "Your Spot request is canceled, but your instance is still running.",
        "canceled-before-fulfillment" => "Your Spot request is canceled before it was fulfilled.",
        _ => "The request has parameters that are not valid.",
    };
    (code.to_owned(), message.to_owned())
}

fn new_id(scope: &mut Scope<'_>) -> String {
    format!("sir-{}", scope.ids().lower(8))
}

impl SpotRequest {
    fn new(now: Timestamp, market: &Market, data: &Tree) -> Self {
        Self {
            state: "open".to_owned(),
            status: status("pending-evaluation"),
            updated: now,
            created: now,
            price: market.max_price.clone(),
            kind: market.kind.clone(),
            interruption: market.interruption.clone(),
            instance_id: None,
            data: data.clone(),
            valid_until: None,
        }
    }

    fn set(&mut self, now: Timestamp, state: &str, code: &str) {
        (self.state, self.status, self.updated) = (state.to_owned(), status(code), now);
    }
}

/// Makes the request of an instance that is launched just now; returns its id.
pub fn fulfilled(scope: &mut Scope<'_>, market: &Market, instance_id: &str, data: &Tree, tags: Tags) -> String {
    let id = new_id(scope);
    let now = scope.now;
    let mut request = SpotRequest::new(now, market, data);
    request.set(now, "active", "fulfilled");
    request.instance_id = Some(instance_id.to_owned());
    let store = scope.ec2_mut();
    store.spot_requests.insert(id.clone(), request);
    store.tag_new(&id, tags);
    scope.later(INTERRUPTION, INTERRUPT, instance_id);
    id
}

/// Takes spot capacity back, by bad luck.
fn interrupt(scope: &mut Scope<'_>, instance_id: &str) {
    let is_up = scope.ec2().instances.get(instance_id).is_some_and(super::Instance::is_up);
    if is_up && scope.strikes("spot-interruption") {
        let code = "Server.SpotInstanceTermination";
        let message = "Server.SpotInstanceTermination: Spot instance termination";
        super::instance::terminated_by(scope, instance_id, (code, message));
    }
}

/// Closes the request of an instance that ends.
pub fn ended(scope: &mut Scope<'_>, id: &str, reason: &str) {
    let now = scope.now;
    let Some(request) = scope.ec2_mut().spot_requests.get_mut(id).filter(|own| own.state != "cancelled") else {
        return;
    };
    let code = match reason {
        "Server.SpotInstanceTermination" => "instance-terminated-no-capacity",
        _ => "instance-terminated-by-user",
    };
    if request.kind == "persistent" {
        request.set(now, "open", "pending-evaluation");
        request.instance_id = None;
        scope.later(RETRY, FULFIL, id);
    } else {
        request.set(now, "closed", code);
    }
}

fn request(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "RequestSpotInstances", input, "ClientToken", token::ec2_mismatch, |scope| {
        let data = input.at("LaunchSpecification").ok_or_else(|| Fault::missing("LaunchSpecification"))?;
        shape::check(shape::SPOT_SPECIFICATION, data)?;
        let count = input.int("InstanceCount")?.unwrap_or(1);
        let wanted = usize::try_from(count).ok().filter(|count| *count > 0);
        let wanted = wanted.ok_or_else(|| Fault::invalid("instanceCount", count, "Expected a positive number."))?;
        let text = |name: &str, usual: &str| input.text(name).map(|text| text.unwrap_or(usual).to_owned());
        check_price(input.text("SpotPrice")?)?;
        let market = Market {
            is_spot: true,
            max_price: input.text("SpotPrice")?.map(ToOwned::to_owned),
            kind: text("Type", "one-time")?,
            interruption: text("InstanceInterruptionBehavior", "terminate")?,
            launch_group: None,
        };
        let valid_until = input.time("ValidUntil")?;
        if valid_until.is_some_and(|until| until <= scope.now) {
            return Err(Fault::new("InvalidParameterValue", "ValidUntil must be in the future."));
        }
        Plan::new(scope, data, wanted)?;
        let tags = tags::specified(input, "spot-instances-request")?;
        let mut set = Vec::new();
        for _ in 0..wanted {
            let id = new_id(scope);
            let made = SpotRequest { valid_until, ..SpotRequest::new(scope.now, &market, data) };
            let store = scope.ec2_mut();
            store.spot_requests.insert(id.clone(), made);
            store.tag_new(&id, tags.clone());
            scope.later(FULFILMENT, FULFIL, &id);
            set.push(list::one::<SpotRequest>(scope, &id)?);
        }
        Ok(tree! { "spotInstanceRequestSet": set })
    })
}

fn fulfil(scope: &mut Scope<'_>, id: &str) {
    let now = scope.now;
    let Some(request) = scope.ec2().spot_requests.get(id).filter(|own| own.state == "open").cloned() else { return };
    if request.valid_until.is_some_and(|until| until <= now) {
        return change(scope, id, |request| request.set(now, "cancelled", "canceled-before-fulfillment"));
    }
    // The instance gets this request, not one of its own.
    let launched = Plan::new(scope, &request.data, 1).and_then(|plan| {
        if scope.strikes("no-spot-capacity") {
            return Ok(None);
        }
        plan.launch(scope, Launch { count: 1, client_token: id.to_owned(), ..Launch::default() })
            .map(|ids| ids.first().cloned())
    });
    match launched {
        Err(fault) if fault.code("ec2") != "InsufficientInstanceCapacity" => {
            change(scope, id, |request| request.set(now, "failed", "bad-parameters"));
        }
        Ok(Some(instance_id)) => {
            if let Some(instance) = scope.ec2_mut().instances.get_mut(&instance_id) {
                instance.spot_request_id = Some(id.to_owned());
            }
            change(scope, id, |request| {
                request.set(now, "active", "fulfilled");
                request.instance_id = Some(instance_id);
            });
        }
        Ok(None) | Err(_) => {
            change(scope, id, |request| request.set(now, "open", "capacity-not-available"));
            scope.later(RETRY, FULFIL, id);
        }
    }
}

fn change(scope: &mut Scope<'_>, id: &str, change: impl FnOnce(&mut SpotRequest)) {
    if let Some(request) = scope.ec2_mut().spot_requests.get_mut(id) {
        change(request);
    }
}

/// The instances of cancelled requests go on.
fn cancel(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = input.texts("SpotInstanceRequestId");
    if ids.is_empty() {
        return Err(Fault::missing("SpotInstanceRequestId"));
    }
    for id in &ids {
        if !scope.ec2().spot_requests.contains_key(*id) {
            return Err(kinds::missing(id));
        }
    }
    let now = scope.now;
    let mut set = Vec::new();
    for id in ids {
        change(scope, id, |request| match request.state.as_str() {
            "active" => request.set(now, "cancelled", "request-canceled-and-instance-running"),
            "open" => request.set(now, "cancelled", "canceled-before-fulfillment"),
            _ => {}
        });
        let state = scope.ec2().spot_requests.get(id).map(|request| request.state.clone());
        set.push(tree! { "spotInstanceRequestId": id, "state": state });
    }
    Ok(tree! { "spotInstanceRequestSet": set })
}

impl Listed for SpotRequest {
    const IDS: &'static str = "SpotInstanceRequestId";
    const SET: &'static str = "spotInstanceRequestSet";
    const PREFIX: &'static str = "sir";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.spot_requests
    }

    fn filter(&self, _: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        match name {
            "spot-instance-request-id" => one(id),
            "state" => one(&self.state),
            "status-code" => one(&self.status.0),
            "instance-id" => Some(self.instance_id.iter().cloned().collect()),
            "type" => one(&self.kind),
            "create-time" => one(self.created),
            "spot-price" => Some(self.price.iter().cloned().collect()),
            "launch.instance-type" => Some(self.data.at("InstanceType").map(Tree::quoted).into_iter().collect()),
            "launch.image-id" => Some(self.data.at("ImageId").map(Tree::quoted).into_iter().collect()),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let zone = self.instance_id.as_ref().and_then(|id| scope.ec2().instances.get(id)).map(|own| own.zone.as_str());
        let groups = self.data.texts("SecurityGroupId").into_iter().map(|id| {
            let name = scope.ec2().security_groups.get(id).map(|group| group.name.clone());
            tree! { "groupId": id, "groupName": name }
        });
        let specification = shape::shown(shape::SPOT_SPECIFICATION, &self.data);
        tree! {
            "spotInstanceRequestId": id,
            "spotPrice": self.price.as_deref().unwrap_or("0.500000"),
            "type": self.kind.as_str(),
            "state": self.state.as_str(),
            "status": tree! { "code": &self.status.0, "message": &self.status.1, "updateTime": self.updated },
            "launchSpecification": specification.with("groupSet", Tree::list(groups)),
            "instanceId": self.instance_id.as_deref(),
            "createTime": self.created,
            "productDescription": "Linux/UNIX",
            "launchedAvailabilityZone": zone,
            "validUntil": self.valid_until,
            "instanceInterruptionBehavior": self.interruption.as_str(),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}
