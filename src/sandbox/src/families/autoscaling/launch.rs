//! What a group launches: its template, the types it may choose from, where, and on which market.

use super::group::Group;
use super::validation;
use crate::facts::image;
use crate::families::ec2::instance::{Plan, image_id, placed, template_data};
use crate::families::ec2::requirements;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// One of the things that a group may launch.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is launched, without subnet.
    pub data: Tree,
    /// Template and version.
    pub template: Tree,
    /// How much of the capacity an instance counts for.
    pub weight: i64,
    /// Whether weights are used.
    pub is_weighted: bool,
}

/// Returns a specification with id, name and version, as groups show it.
///
/// # Errors
/// When the template is not there.
pub fn full_specification(scope: &Scope<'_>, specification: &Tree) -> Result<Tree, Fault> {
    let (id, template) = scope.ec2().named_template(specification, "").map_err(|fault| malformed(&fault))?;
    Ok(tree! {
        "LaunchTemplateId": id,
        "LaunchTemplateName": template.name.as_str(),
        "Version": specification.text("Version")?.filter(|version| !version.is_empty()).unwrap_or("$Default"),
    })
}

/// Returns the error for a template from which nothing can be launched.
fn malformed(fault: &Fault) -> Fault {
    validation(format!("You must use a valid fully-formed launch template. {}", fault.message("ec2")))
}

impl Group {
    /// Returns what the group may launch, in order of preference.
    ///
    /// # Errors
    /// When a template is not there, or has no image.
    pub fn choices(&self, scope: &Scope<'_>) -> Result<Vec<Choice>, Fault> {
        let Some(policy) = self.launch.at("MixedInstancesPolicy.LaunchTemplate") else {
            let named = self.launch.at("LaunchTemplate").ok_or_else(|| Fault::missing("LaunchTemplate"))?;
            return Ok(vec![choice(scope, named, &Tree::object())?]);
        };
        let named = policy.at("LaunchTemplateSpecification").ok_or_else(|| Fault::missing("LaunchTemplate"))?;
        let overrides = policy.list_at("Overrides");
        if overrides.is_empty() {
            return Ok(vec![choice(scope, named, &Tree::object())?]);
        }
        let mut choices = Vec::new();
        for own in overrides {
            let named = own.at("LaunchTemplateSpecification").unwrap_or(named);
            let first = choice(scope, named, own)?;
            let Some(wanted) = own.at("InstanceRequirements") else {
                choices.push(first);
                continue;
            };
            let id = image_id(scope, &first.data)?;
            let architecture = image(scope.region, &id).map_or("x86_64", |image| image.architecture);
            for name in requirements::matching(wanted, architecture).into_iter().take(8) {
                choices.push(Choice { data: first.data.clone().with("InstanceType", name), ..first.clone() });
            }
        }
        Ok(choices)
    }

    /// Tries what the group would launch, as the service does when a group is made or changed.
    ///
    /// # Errors
    /// When EC2 would refuse it.
    pub fn try_launch(&self, scope: &Scope<'_>) -> Result<(), Fault> {
        for choice in self.choices(scope).map_err(|fault| malformed(&fault))? {
            for subnet in self.places(scope)? {
                match Plan::new(scope, &placed(&choice.data, &subnet), 1) {
                    Err(fault) if fault.code("ec2") != "InsufficientFreeAddressesInSubnet" => {
                        return Err(malformed(&fault));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Returns the subnets of the group; without any, the default ones of its zones.
    ///
    /// # Errors
    /// When one is not there.
    pub fn places(&self, scope: &Scope<'_>) -> Result<Vec<String>, Fault> {
        if !self.subnet_ids.is_empty() {
            return Ok(self.subnet_ids.clone());
        }
        let mut places = Vec::new();
        for zone in &self.zones {
            let mut all = scope.ec2().subnets.iter();
            let found = all.find(|(_, subnet)| subnet.is_default && subnet.zone == *zone);
            let absent = || {
                validation(format!(
                    "You must use a valid fully-formed launch template. No default subnet for availability zone: '{zone}'."
                ))
            };
            places.push(found.map(|(id, _)| id.clone()).ok_or_else(absent)?);
        }
        Ok(places)
    }

    /// Returns whether the next instance is spot capacity.
    pub fn wants_spot(&self) -> bool {
        let Some(distribution) = self.launch.at("MixedInstancesPolicy.InstancesDistribution") else { return false };
        let number = |name: &str, usual: i64| distribution.int(name).ok().flatten().unwrap_or(usual);
        let (base, share) = (number("OnDemandBaseCapacity", 0), number("OnDemandPercentageAboveBaseCapacity", 100));
        let counted = || self.members.iter().filter(|member| member.is_counted());
        let on_demand: i64 = counted().filter(|member| !member.is_spot).map(|member| member.weight).sum();
        let all: i64 = counted().map(|member| member.weight).sum();
        // On-demand capacity is rounded up.
        let wanted = base + ((all + 1 - base).max(0) * share + 99) / 100;
        on_demand >= wanted
    }
}

fn choice(scope: &Scope<'_>, named: &Tree, over: &Tree) -> Result<Choice, Fault> {
    // Groups show id and name; the id alone finds the template.
    let named = named.clone().with("LaunchTemplateName", Tree::Null);
    let (id, number, data) = template_data(scope.ec2(), &named, "")?;
    let (_, template) = scope.ec2().launch_template(Some(id), None)?;
    let mut data = data.clone();
    if let Some(kind) = over.text("InstanceType")? {
        data.set("InstanceType", kind);
        data.set("InstanceRequirements", Tree::Null);
    }
    let weight = over.int("WeightedCapacity")?;
    Ok(Choice {
        data,
        template: tree! {
            "LaunchTemplateId": id,
            "LaunchTemplateName": template.name.as_str(),
            "Version": number.to_string(),
        },
        weight: weight.unwrap_or(1),
        is_weighted: weight.is_some(),
    })
}

/// Returns what is launched at one place on one market.
pub fn plan(scope: &Scope<'_>, group: &Group, name: &str, choice: &Choice, subnet: &str) -> Result<Plan, Fault> {
    let mut data = placed(&choice.data, subnet);
    if let Some(own) = group.settings.text("PlacementGroup")?.filter(|own| !own.is_empty()) {
        let placement = data.at("Placement").cloned().unwrap_or_else(Tree::object);
        data.set("Placement", placement.with("GroupName", own));
    }
    let mut plan = Plan::new(scope, &data, 1)?;
    let own = group.tags.iter().filter(|(_, tag)| tag.propagates).map(|(key, tag)| (key.clone(), tag.value.clone()));
    let text = |member: &str| choice.template.need(member).unwrap_or_default().to_owned();
    plan.tag_instances(own);
    plan.tag_instances([
        ("aws:autoscaling:groupName".to_owned(), name.to_owned()),
        ("aws:ec2launchtemplate:id".to_owned(), text("LaunchTemplateId")),
        ("aws:ec2launchtemplate:version".to_owned(), text("Version")),
    ]);
    Ok(plan)
}
