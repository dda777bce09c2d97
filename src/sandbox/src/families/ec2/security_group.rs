//! Security groups.

mod change;
mod permission;
mod rule;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use rule::{Direction, Peer, Rule};

use super::filters::{Filters, one};
use super::list::{self, Listed};
use super::{PAGING, Store, tags};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("CreateSecurityGroup", &["GroupName", "GroupDescription", "VpcId", "TagSpecification"], create),
        read("DescribeSecurityGroups", list::members!("GroupId", "GroupName"), describe),
        write("DeleteSecurityGroup", &["GroupId", "GroupName"], delete),
        read("GetSecurityGroupsForVpc", &["VpcId", "Filter", "MaxResults", "NextToken"], for_vpc),
        read("DescribeSecurityGroupRules", list::members!("SecurityGroupRuleId"), list::describe::<Rule>),
        read("DescribeSecurityGroupReferences", &["GroupId"], references),
        read("DescribeStaleSecurityGroups", &["VpcId", "MaxResults", "NextToken"], stale),
        change::AUTHORIZE_INGRESS,
        change::AUTHORIZE_EGRESS,
        change::REVOKE_INGRESS,
        change::REVOKE_EGRESS,
        change::MODIFY,
        change::DESCRIBE_INGRESS,
        change::DESCRIBE_EGRESS,
    ],
    events: &[],
};

/// How many groups a region may have.
const MOST: usize = 2500;
/// Name of the group that every VPC has.
const DEFAULT: &str = "default";

/// A security group. Its rules are beside it, by their own ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its VPC.
    pub vpc_id: String,
}

impl SecurityGroup {
    /// Returns whether the group came with its VPC.
    pub fn is_default(&self) -> bool {
        self.name == DEFAULT
    }

    /// Makes the group that a VPC has from the start.
    pub fn make_default(scope: &mut Scope<'_>, vpc_id: &str) {
        let group = Self {
            name: DEFAULT.to_owned(),
            description: "default VPC security group".to_owned(),
            vpc_id: vpc_id.to_owned(),
        };
        let id = make(scope, group);
        let rule = Rule::all(&id, Direction::Ingress, Peer::Group(id.clone()));
        rule.enter(scope);
    }
}

/// Makes a group that lets everything out, and returns its id. EKS uses it too.
pub fn make(scope: &mut Scope<'_>, group: SecurityGroup) -> String {
    let id = scope.ids().ec2("sg");
    let has_ipv6 = scope.ec2().vpcs.get(&group.vpc_id).is_some_and(|vpc| !vpc.ipv6.is_empty());
    scope.ec2_mut().security_groups.insert(id.clone(), group);
    Rule::all(&id, Direction::Egress, Peer::Ipv4("0.0.0.0/0".to_owned())).enter(scope);
    if has_ipv6 {
        Rule::all(&id, Direction::Egress, Peer::Ipv6("::/0".to_owned())).enter(scope);
    }
    id
}

impl Store {
    /// Returns the rules of a group, with their ids.
    pub fn rules_of(&self, group_id: &str) -> impl Iterator<Item = (&str, &Rule)> {
        self.rules.iter().filter(move |(_, rule)| rule.group_id == group_id).map(|(id, rule)| (id.as_str(), rule))
    }

    /// Takes a group and its rules away.
    pub fn remove_group(&mut self, id: &str) {
        self.security_groups.remove(id);
        self.tags.remove(id);
        let Self { rules, tags, .. } = self;
        rules.retain(|rule_id, rule| {
            let stays = rule.group_id != id;
            if !stays {
                tags.remove(rule_id);
            }
            stays
        });
    }

    /// Returns a group.
    ///
    /// # Errors
    /// When it is not there.
    pub fn security_group(&self, id: &str) -> Result<&SecurityGroup, Fault> {
        self.security_groups.get(id).ok_or_else(|| missing(id))
    }

    /// Returns the group of the default VPC that has a name.
    ///
    /// # Errors
    /// When it is not there.
    pub fn group_by_name(&self, name: &str) -> Result<&str, Fault> {
        let default_vpc = self.default_vpc();
        let is_it = |group: &SecurityGroup| group.name == name && Some(group.vpc_id.as_str()) == default_vpc;
        let found = self.security_groups.iter().find(|(_, group)| is_it(group));
        found.map(|(id, _)| id.as_str()).ok_or_else(|| {
            let place = default_vpc.map_or_else(String::new, |vpc_id| format!(" in default VPC '{vpc_id}'"));
            Fault::new("InvalidGroup.NotFound", format!("The security group '{name}' does not exist{place}"))
        })
    }

    /// Checks that groups are there and of a VPC.
    ///
    /// # Errors
    /// When one is not.
    pub fn check_groups(&self, ids: &[impl AsRef<str>], vpc_id: &str) -> Result<(), Fault> {
        for id in ids {
            if self.security_group(id.as_ref())?.vpc_id != vpc_id {
                let message = "You have specified two resources that belong to different networks.";
                return Err(Fault::new("InvalidGroup.NotFound", message));
            }
        }
        Ok(())
    }

    /// Returns the default group of a VPC.
    pub fn default_group(&self, vpc_id: &str) -> Option<&str> {
        let mut groups = self.security_groups.iter();
        groups.find(|(_, group)| group.vpc_id == vpc_id && group.is_default()).map(|(id, _)| id.as_str())
    }
}

fn missing(id: &str) -> Fault {
    match id.strip_prefix("sg-") {
        Some(number) if number.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Fault::new("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
        }
        _ => Fault::new("InvalidGroupId.Malformed", format!("Invalid id: \"{id}\" (expecting \"sg-...\")")),
    }
}

impl Listed for SecurityGroup {
    const IDS: &'static str = "GroupId";
    const SET: &'static str = "securityGroupInfo";
    const PREFIX: &'static str = "sg";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.security_groups
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        let rules = |direction: Direction, name: &str| {
            let rules = scope.ec2().rules_of(id).filter(|(_, rule)| rule.direction == direction);
            rules
                .map(|(_, rule)| rule.permission_filter(scope, name))
                .collect::<Option<Vec<_>>>()
                .map(|all| all.concat())
        };
        match name {
            "group-id" => one(id),
            "group-name" => one(&self.name),
            "description" => one(&self.description),
            "vpc-id" => one(&self.vpc_id),
            "owner-id" => one(scope.account),
            _ => match name.strip_prefix("egress.ip-permission.") {
                Some(name) => rules(Direction::Egress, name),
                None => rules(Direction::Ingress, name.strip_prefix("ip-permission.")?),
            },
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let store = scope.ec2();
        tree! {
            "ownerId": scope.account,
            "groupId": id,
            "groupName": self.name.as_str(),
            "groupDescription": self.description.as_str(),
            "vpcId": self.vpc_id.as_str(),
            "securityGroupArn": scope.arn("ec2", &format!("security-group/{id}")),
            "ipPermissions": permission::shown(scope, id, Direction::Ingress),
            "ipPermissionsEgress": permission::shown(scope, id, Direction::Egress),
            "tagSet": store.tag_set(id),
        }
    }
}

/// Groups of the default VPC may also be named by name.
fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    for id in input.texts("GroupId") {
        scope.ec2().security_group(id)?;
    }
    let names = input.texts("GroupName");
    if names.is_empty() {
        return list::describe::<SecurityGroup>(scope, input);
    }
    let mut ids = Vec::new();
    for name in names {
        ids.push(scope.ec2().group_by_name(name)?.to_owned());
    }
    ids.extend(input.texts("GroupId").into_iter().map(ToOwned::to_owned));
    list::describe::<SecurityGroup>(scope, &input.clone().with("GroupName", Tree::Null).with("GroupId", ids))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, description) = (input.need("GroupName")?, input.need("GroupDescription")?);
    let no_vpc = || Fault::new("VPCIdNotSpecified", "No default VPC for this user");
    let vpc_id = match input.text("VpcId")? {
        Some(id) => id.to_owned(),
        None => scope.ec2().default_vpc().ok_or_else(no_vpc)?.to_owned(),
    };
    scope.ec2().vpc(&vpc_id)?;
    check_texts(name, description)?;
    let tags = tags::specified(input, "security-group")?;
    let groups = &scope.ec2().security_groups;
    if groups.values().any(|group| group.vpc_id == vpc_id && group.name == name) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc_id}'");
        return Err(Fault::new("InvalidGroup.Duplicate", message));
    }
    if groups.len() >= scope.limit("security-groups", MOST) {
        let message = "The maximum number of security groups has been reached.";
        return Err(Fault::new("SecurityGroupLimitExceeded", message));
    }
    let group = SecurityGroup { name: name.to_owned(), description: description.to_owned(), vpc_id };
    let id = make(scope, group);
    scope.ec2_mut().tag_new(&id, tags);
    Ok(tree! {
        "return": true,
        "groupId": id.as_str(),
        "securityGroupArn": scope.arn("ec2", &format!("security-group/{id}")),
        "tagSet": scope.ec2().tag_set(&id),
    })
}

fn check_texts(name: &str, description: &str) -> Result<(), Fault> {
    if name.eq_ignore_ascii_case(DEFAULT) {
        return Err(Fault::new("InvalidParameterValue", "Cannot use reserved security group name: default"));
    }
    if name.starts_with("sg-") {
        let message = "Group names may not be in the format sg-*.";
        return Err(Fault::new("InvalidParameterValue", message));
    }
    for (member, what, text) in [("groupName", "name", name), ("groupDescription", "description", description)] {
        if !text.is_ascii() {
            return Err(Fault::invalid(member, text, "Character sets beyond ASCII are not supported."));
        }
        if text.len() > 255 || !text.chars().all(permission::is_allowed) {
            let why = format!(
                "Invalid security group {what}. Valid {what}s are strings less than 256 characters from the following \
                 set:  {}",
                permission::ALLOWED
            );
            return Err(Fault::invalid(member, text, &why));
        }
    }
    Ok(())
}

/// Returns the id of the group that an input names: by id, or by name in the default VPC.
fn of_input(scope: &Scope<'_>, input: &Tree) -> Result<String, Fault> {
    let id = match (input.text("GroupId")?, input.text("GroupName")?) {
        (Some(id), _) => id,
        (None, Some(name)) => scope.ec2().group_by_name(name)?,
        (None, None) => return Err(Fault::missing("groupId")),
    };
    scope.ec2().security_group(id).map(|_| id.to_owned())
}

/// The groups that can be given to what is in a VPC: its own ones, as none are shared.
fn for_vpc(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (vpc_id, filters) = (input.need("VpcId")?, Filters::read(input)?);
    scope.ec2().vpc(vpc_id)?;
    let mut found = Vec::new();
    for (id, group) in &scope.ec2().security_groups {
        let passes = filters.accept_tagged(scope.ec2(), id, |name| match name {
            "group-id" | "description" | "group-name" | "owner-id" => group.filter(scope, id, name),
            "primary-vpc-id" => one(&group.vpc_id),
            _ => None,
        })?;
        if passes && group.vpc_id == vpc_id {
            found.push((id, group));
        }
    }
    let page = page(&PAGING, input, found)?;
    let set = page.items.into_iter().map(|(id, group)| {
        tree! {
            "description": group.description.as_str(),
            "groupName": group.name.as_str(),
            "ownerId": scope.account,
            "groupId": id,
            "tagSet": scope.ec2().tag_set(id),
            "primaryVpcId": vpc_id,
        }
    });
    Ok(tree! { "securityGroupForVpcSet": Tree::list(set), "nextToken": page.next })
}

/// Only groups of peered VPCs are told, and none are peered.
fn references(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = input.texts("GroupId");
    if ids.is_empty() {
        return Err(Fault::missing("GroupId"));
    }
    ids.iter().try_for_each(|id| scope.ec2().security_group(id).map(drop))?;
    Ok(tree! { "securityGroupReferenceSet": Tree::List(vec![]) })
}

/// Rules are stale whose group was of a peered VPC.
fn stale(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    scope.ec2().vpc(input.need("VpcId")?)?;
    Ok(tree! { "staleSecurityGroupSet": Tree::List(vec![]) })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = &of_input(scope, input)?;
    let store = scope.ec2_mut();
    if store.security_group(id)?.is_default() {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Fault::new("CannotDelete", message));
    }
    let refers = |rule: &Rule| rule.group_id != *id && rule.peer == Peer::Group(id.clone());
    let uses = |groups: &[String]| groups.iter().any(|group| group == id);
    if store.rules.values().any(refers) || store.interfaces.values().any(|interface| uses(&interface.groups)) {
        return Err(Fault::new("DependencyViolation", format!("resource {id} has a dependent object")));
    }
    store.remove_group(id);
    Ok(tree! { "return": true, "groupId": id.as_str() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn groups_let_everything_out_and_hold_each_other() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let (one, other) = (cloud.group(&vpc, "one"), cloud.group(&vpc, "other"));
        let found = cloud.ec2("DescribeSecurityGroups", tree! { "GroupId": vec![one.as_str()] }).unwrap();
        let shown = &found.list_at("securityGroupInfo")[0];
        let egress = tree! {
            "ipProtocol": "-1",
            "groups": Tree::List(vec![]),
            "ipRanges": vec![tree! { "cidrIp": "0.0.0.0/0" }],
            "ipv6Ranges": Tree::List(vec![]),
            "prefixListIds": Tree::List(vec![]),
        };
        assert_eq!(shown.list_at("ipPermissionsEgress"), [egress]);
        assert!(shown.list_at("ipPermissions").is_empty());
        let pair = tree! { "GroupId": other.as_str() };
        let permission = tree! { "IpProtocol": "tcp", "FromPort": "443", "ToPort": "443", "Groups": vec![pair] };
        let input = tree! { "GroupId": one.as_str(), "IpPermissions": vec![permission] };
        cloud.ec2("AuthorizeSecurityGroupIngress", input).unwrap();
        let delete = |id: &str| cloud.ec2("DeleteSecurityGroup", tree! { "GroupId": id });
        assert_eq!(code(delete(&other)), "DependencyViolation");
        delete(&one).unwrap();
        delete(&other).unwrap();
        assert_eq!(code(delete(&other)), "InvalidGroup.NotFound");
    }

    #[test]
    fn names_are_once_in_a_vpc_and_the_default_group_stays() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        cloud.group(&vpc, "one");
        let create = |name: &str| {
            let input = tree! { "VpcId": vpc.as_str(), "GroupName": name, "GroupDescription": "d" };
            code(cloud.ec2("CreateSecurityGroup", input))
        };
        assert_eq!(create("one"), "InvalidGroup.Duplicate");
        assert_eq!(create("sg-1"), "InvalidParameterValue");
        assert_eq!(create("a<b>"), "InvalidParameterValue");
        let filters = [("vpc-id", vpc.as_str()), ("group-name", "default")];
        let filters = filters.map(|(name, value)| tree! { "Name": name, "Value": vec![value] });
        let found = cloud.ec2("DescribeSecurityGroups", tree! { "Filter": Tree::list(filters) }).unwrap();
        let default = found.list_at("securityGroupInfo")[0].need("groupId").unwrap();
        assert_eq!(code(cloud.ec2("DeleteSecurityGroup", tree! { "GroupId": default })), "CannotDelete");
    }
}
