//! RunInstances, and the launches of the services.

use super::plan::Device;
use super::{Doing, Instance, Plan, Profile, shown};
use crate::families::ec2::interface::Attachment;
use crate::families::ec2::launch_template::{data, missing_version};
use crate::families::ec2::spot_request::{self, Market};
use crate::families::ec2::{Store, Tags};
use crate::families::eks::nodes;
use crate::families::{Operation, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

pub const RUN: Operation = write(
    "RunInstances",
    &[
        "BlockDeviceMapping",
        "ImageId",
        "InstanceType",
        "Ipv6AddressCount",
        "KeyName",
        "MaxCount",
        "MinCount",
        "Monitoring",
        "Placement",
        "SecurityGroupId",
        "SecurityGroup",
        "SubnetId",
        "UserData",
        "TagSpecification",
        "LaunchTemplate",
        "InstanceMarketOptions",
        "CreditSpecification",
        "CpuOptions",
        "CapacityReservationSpecification",
        "HibernationOptions",
        "MetadataOptions",
        "EnclaveOptions",
        "PrivateDnsNameOptions",
        "MaintenanceOptions",
        "NetworkPerformanceOptions",
        "DisableApiStop",
        "DisableApiTermination",
        "InstanceInitiatedShutdownBehavior",
        "PrivateIpAddress",
        "ClientToken",
        "NetworkInterface",
        "IamInstanceProfile",
        "EbsOptimized",
    ],
    run,
);

/// How a launch is made, beside what is launched.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// How many instances.
    pub count: usize,
    /// The service that launches.
    pub requester: Option<String>,
    /// The token of the request.
    pub client_token: String,
    /// Where the capacity is from.
    pub market: Market,
}

/// Returns the data of the launch template that an input names by the members of a prefix, with id and version number.
///
/// # Errors
/// When template or version are not there.
pub fn template_data<'a>(store: &'a Store, input: &Tree, prefix: &str) -> Result<(&'a str, u64, &'a Tree), Fault> {
    let (id, template) = store.named_template(input, prefix)?;
    let wanted = input.text(&format!("{prefix}Version"))?;
    let number = template.number_of(wanted).ok_or_else(|| missing_version(id, wanted.unwrap_or("$Default")))?;
    Ok((id, number, &template.versions[&number].data))
}

fn run(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "RunInstances", input, "ClientToken", token::ec2_mismatch, |scope| {
        let count = count(input)?;
        let mut data = input.clone();
        let mut template_tags = Tags::new();
        if input.has("LaunchTemplate") {
            let (id, number, template) = template_data(scope.ec2(), input, "LaunchTemplate.")?;
            template_tags.insert("aws:ec2launchtemplate:id".to_owned(), id.to_owned());
            template_tags.insert("aws:ec2launchtemplate:version".to_owned(), number.to_string());
            data = data::merged(template, input);
        }
        for own in ["LaunchTemplate", "ClientToken", "MinCount", "MaxCount"] {
            data.set(own, Tree::Null);
        }
        let mut plan = Plan::new(scope, &data, count)?;
        plan.tag_instances(template_tags);
        let market = Market::of(&data)?;
        let client_token = input.text("ClientToken")?.map_or_else(|| scope.ids().uuid(), ToOwned::to_owned);
        let ids = plan.launch(scope, Launch { count, requester: None, client_token, market })?;
        let reservation_id = scope.ec2().instance(&ids[0])?.reservation_id.clone();
        Ok(shown::reservation(scope, &reservation_id, &ids))
    })
}

fn count(input: &Tree) -> Result<usize, Fault> {
    let (least, most) = (input.int("MinCount")?, input.int("MaxCount")?);
    let least = least.ok_or_else(|| Fault::missing("MinCount"))?;
    let most = most.ok_or_else(|| Fault::missing("MaxCount"))?;
    if least < 1 {
        return Err(Fault::invalid("minCount", least, "Expected a number greater than 0."));
    }
    if most < least {
        let message = format!("MinCount ({least}) must not be greater than MaxCount ({most})");
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    usize::try_from(most).map_err(|_| Fault::invalid("maxCount", most, "The number is too large."))
}

/// Returns the error for a lack of capacity.
fn no_capacity(scope: &Scope<'_>, plan: &Plan) -> Fault {
    let (kind, zone) = (&plan.instance_type, &plan.zone);
    let others: Vec<&str> =
        crate::facts::zones(scope.region).map(|(name, _)| name).filter(|name| name != zone).collect();
    let message = format!(
        "We currently do not have sufficient {kind} capacity in the Availability Zone you requested ({zone}). Our system \
         will be working on provisioning additional capacity. You can currently get {kind} capacity by not specifying an \
         Availability Zone in your request or choosing {}.",
        others.join(", ")
    );
    Fault::with_status(500, "InsufficientInstanceCapacity", message)
}

impl Plan {
    /// Launches what was planned; returns the ids.
    ///
    /// # Errors
    /// When there is no capacity.
    pub fn launch(&self, scope: &mut Scope<'_>, launch: Launch) -> Result<Vec<String>, Fault> {
        let outcome = if launch.market.is_spot { "no-spot-capacity" } else { "no-capacity" };
        if scope.strikes(outcome) {
            return Err(if launch.market.is_spot {
                let message = "There is no Spot capacity available that matches your request.";
                Fault::with_status(500, "InsufficientInstanceCapacity", message)
            } else {
                no_capacity(scope, self)
            });
        }
        let reservation_id = scope.ids().ec2("r");
        let mut ids = Vec::new();
        for index in 0..launch.count {
            ids.push(self.launch_one(scope, &launch, &reservation_id, index)?);
        }
        Ok(ids)
    }

    fn launch_one(
        &self,
        scope: &mut Scope<'_>,
        launch: &Launch,
        reservation_id: &str,
        index: usize,
    ) -> Result<String, Fault> {
        let id = scope.ids().ec2("i");
        let interfaces = self.attach_interfaces(scope, &id)?;
        let profile = self.profile.as_ref().map(|(arn, profile_id)| Profile {
            association_id: scope.ids().ec2("iip-assoc"),
            arn: arn.clone(),
            id: profile_id.clone(),
        });
        let data = &self.data;
        let text = |path: &str| data.text(path).map(|text| text.map(ToOwned::to_owned));
        let is_on = |path: &str| Ok(data.bool(path)?.unwrap_or_default());
        let has_credits = self.instance_type.starts_with('t');
        let usual_credits = if self.instance_type.starts_with("t2.") { "standard" } else { "unlimited" };
        let credits = text("CreditSpecification.CpuCredits")?.unwrap_or_else(|| usual_credits.to_owned());
        let mut instance = Instance {
            reservation_id: reservation_id.to_owned(),
            requester: launch.requester.clone(),
            launch_index: index,
            client_token: launch.client_token.clone(),
            image_id: self.image_id.clone(),
            instance_type: self.instance_type.clone(),
            key_name: text("KeyName")?,
            launched: scope.now,
            doing: Doing::Running,
            since: scope.now,
            reason: None,
            subnet_id: self.subnet_id.clone(),
            vpc_id: self.vpc_id.clone(),
            zone: self.zone.clone(),
            profile,
            user_data: text("UserData")?,
            spot_request_id: None,
            is_monitored: is_on("Monitoring.Enabled")?,
            is_kept: is_on("DisableApiTermination")?,
            is_kept_running: is_on("DisableApiStop")?,
            shutdown_behavior: text("InstanceInitiatedShutdownBehavior")?.unwrap_or_else(|| "stop".to_owned()),
            is_ebs_optimized: is_on("EbsOptimized")?,
            credits: has_credits.then_some(credits),
            options: self.options.clone(),
        };
        let tags_of = |kind: &str| self.tags.get(kind).cloned().unwrap_or_default();
        if launch.market.is_spot {
            let request =
                spot_request::fulfilled(scope, &launch.market, &id, &self.data, tags_of("spot-instances-request"));
            instance.spot_request_id = Some(request);
        }
        for interface in interfaces {
            scope.ec2_mut().tag_new(&interface, tags_of("network-interface"));
        }
        for volume in &self.volumes {
            let made = volume.attach(scope, &id, &self.zone);
            scope.ec2_mut().tag_new(&made, tags_of("volume"));
        }
        let store = scope.ec2_mut();
        store.instances.insert(id.clone(), instance);
        store.tag_new(&id, tags_of("instance"));
        nodes::launched(scope, &id);
        Ok(id)
    }

    fn attach_interfaces(&self, scope: &mut Scope<'_>, instance_id: &str) -> Result<Vec<String>, Fault> {
        let mut made = Vec::new();
        for Device { new, existing, device_index, card_index, is_deleted_with_it } in &self.interfaces {
            let id = match existing {
                Some(id) => id.clone(),
                None => {
                    let id = scope.make_interface(new.clone())?;
                    made.push(id.clone());
                    id
                }
            };
            let attachment = Attachment {
                id: scope.ids().ec2("eni-attach"),
                instance_id: Some(instance_id.to_owned()),
                owner: scope.account.to_owned(),
                device_index: *device_index,
                card_index: *card_index,
                is_deleted_with_it: *is_deleted_with_it,
                at: scope.now,
            };
            if let Some(interface) = scope.ec2_mut().interfaces.get_mut(&id) {
                interface.attachment = Some(attachment);
            }
        }
        Ok(made)
    }
}

/// Puts a launch into a subnet: its own where it has no interfaces, else that of its interfaces.
pub fn placed(data: &Tree, subnet_id: &str) -> Tree {
    if data.list_at("NetworkInterface").is_empty() {
        return data.clone().with("SubnetId", subnet_id);
    }
    let interfaces = data.list_at("NetworkInterface").iter().cloned().map(|own| own.with("SubnetId", subnet_id));
    data.clone().with("NetworkInterface", Tree::list(interfaces))
}
