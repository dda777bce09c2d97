//! Rules come, change and go.

use super::super::{Store, kinds, tags};
use super::{Direction, Rule, permission};
use crate::families::ec2::list::Listed;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

const AUTHORIZED: &[&str] =
    &["GroupId", "GroupName", "IpPermissions", "TagSpecification", "IpProtocol", "FromPort", "ToPort", "CidrIp"];
const REVOKED: &[&str] =
    &["GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleId", "IpProtocol", "FromPort", "ToPort", "CidrIp"];
const DESCRIBED: &[&str] = &["GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleDescription"];

pub const AUTHORIZE_INGRESS: Operation =
    write("AuthorizeSecurityGroupIngress", AUTHORIZED, |scope, input| authorize(scope, input, Direction::Ingress));
pub const AUTHORIZE_EGRESS: Operation =
    write("AuthorizeSecurityGroupEgress", AUTHORIZED, |scope, input| authorize(scope, input, Direction::Egress));
pub const REVOKE_INGRESS: Operation =
    write("RevokeSecurityGroupIngress", REVOKED, |scope, input| revoke(scope, input, Direction::Ingress));
pub const REVOKE_EGRESS: Operation =
    write("RevokeSecurityGroupEgress", REVOKED, |scope, input| revoke(scope, input, Direction::Egress));
pub const MODIFY: Operation = write("ModifySecurityGroupRules", &["GroupId", "SecurityGroupRule"], modify);
pub const DESCRIBE_INGRESS: Operation =
    write("UpdateSecurityGroupRuleDescriptionsIngress", DESCRIBED, |scope, input| {
        describe(scope, input, Direction::Ingress)
    });
pub const DESCRIBE_EGRESS: Operation = write("UpdateSecurityGroupRuleDescriptionsEgress", DESCRIBED, |scope, input| {
    describe(scope, input, Direction::Egress)
});

/// How many rules a group may have, each way and for each family of addresses.
const MOST: usize = 60;

fn authorize(scope: &mut Scope<'_>, input: &Tree, direction: Direction) -> Result<Tree, Fault> {
    let group_id = &super::of_input(scope, input)?;
    let rules = permission::read(scope, group_id, direction, input)?;
    let tags = tags::specified(input, "security-group-rule")?;
    for (index, rule) in rules.iter().enumerate() {
        if rules[..index].iter().any(|other| other.is_same_as(rule)) {
            let message = "The same permission must not appear multiple times";
            return Err(Fault::new("InvalidParameterValue", message));
        }
        check_new(scope.ec2(), rule, None)?;
    }
    check_count(scope, group_id, direction, &rules)?;
    let mut shown = Vec::new();
    for rule in rules {
        let id = rule.clone().enter(scope);
        scope.ec2_mut().tag_new(&id, tags.clone());
        shown.push(rule.shown(scope, &id));
    }
    Ok(tree! { "return": true, "securityGroupRuleSet": shown })
}

/// Checks that no rule but the one that is replaced lets the same pass.
fn check_new(store: &Store, rule: &Rule, replaced: Option<&str>) -> Result<(), Fault> {
    let mut others = store.rules_of(&rule.group_id).filter(|(id, _)| Some(*id) != replaced);
    if others.any(|(_, other)| other.is_same_as(rule)) {
        let message = format!("the specified rule \"{}\" already exists", rule.named());
        return Err(Fault::new("InvalidPermission.Duplicate", message));
    }
    Ok(())
}

fn check_count(scope: &Scope<'_>, group_id: &str, direction: Direction, new: &[Rule]) -> Result<(), Fault> {
    use super::Peer;
    let (store, most) = (scope.ec2(), scope.limit("rules-per-group", MOST));
    for is_ipv6 in [false, true] {
        // References to groups and lists count for both families.
        let counts = |rule: &&Rule| {
            rule.direction == direction
                && match rule.peer {
                    Peer::Ipv4(_) => !is_ipv6,
                    Peer::Ipv6(_) => is_ipv6,
                    Peer::Group(_) | Peer::PrefixList(_) => true,
                }
        };
        let own = store.rules_of(group_id).map(|(_, rule)| rule).filter(counts).count();
        if own + new.iter().filter(counts).count() > most {
            let message = "The maximum number of rules per security group has been reached.";
            return Err(Fault::new("RulesPerSecurityGroupLimitExceeded", message));
        }
    }
    Ok(())
}

fn revoke(scope: &mut Scope<'_>, input: &Tree, direction: Direction) -> Result<Tree, Fault> {
    let group_id = &super::of_input(scope, input)?;
    let mut ids: Vec<String> = Vec::new();
    for id in input.texts("SecurityGroupRuleId") {
        ids.push(checked_rule(scope.ec2(), group_id, direction, id)?.to_owned());
    }
    if ids.is_empty() || input.has("IpPermissions") {
        for rule in permission::read(scope, group_id, direction, input)? {
            let mut rules = scope.ec2().rules_of(group_id);
            let found = rules.find(|(_, other)| other.is_same_as(&rule)).map(|(id, _)| id.to_owned());
            let missing = || {
                let message = "The specified rule does not exist in this security group.";
                Fault::new("InvalidPermission.NotFound", message)
            };
            ids.push(found.ok_or_else(missing)?);
        }
    }
    let store = scope.ec2_mut();
    let mut revoked = Vec::new();
    for id in ids {
        if let Some(rule) = store.rules.remove(&id) {
            store.tags.remove(&id);
            revoked.push(rule.revoked(&id));
        }
    }
    Ok(tree! { "return": true, "revokedSecurityGroupRuleSet": revoked })
}

/// Returns the id of a rule, where it is of this group and direction.
fn checked_rule<'a>(store: &Store, group_id: &str, direction: Direction, id: &'a str) -> Result<&'a str, Fault> {
    kinds::check(store, id, "sgr")?;
    let rule = &store.rules[id];
    if rule.group_id != group_id || rule.direction != direction {
        return Err(Fault::new(
            "InvalidSecurityGroupRuleId.NotFound",
            format!("The security group rule ID '{id}' does not exist"),
        ));
    }
    Ok(id)
}

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let group_id = input.need("GroupId")?;
    scope.ec2().security_group(group_id)?;
    let entries = input.list_at("SecurityGroupRule");
    if entries.is_empty() {
        return Err(Fault::missing("SecurityGroupRules"));
    }
    let mut changes = Vec::new();
    for entry in entries {
        let id = entry.need("SecurityGroupRuleId")?;
        kinds::check(scope.ec2(), id, "sgr")?;
        let direction = scope.ec2().rules[id].direction;
        checked_rule(scope.ec2(), group_id, direction, id)?;
        let described = entry.at("SecurityGroupRule").ok_or_else(|| Fault::missing("SecurityGroupRule"))?;
        let rule = permission::read_rule(scope, group_id, direction, described)?;
        let is_of_kind = std::mem::discriminant(&rule.peer) == std::mem::discriminant(&scope.ec2().rules[id].peer);
        if !is_of_kind {
            let message = "You may not change the source or destination type of a security group rule.";
            return Err(Fault::new("InvalidParameterValue", message));
        }
        check_new(scope.ec2(), &rule, Some(id))?;
        changes.push((id.to_owned(), rule));
    }
    scope.ec2_mut().rules.extend(changes);
    Ok(tree! { "return": true })
}

fn describe(scope: &mut Scope<'_>, input: &Tree, direction: Direction) -> Result<Tree, Fault> {
    let group_id = &super::of_input(scope, input)?;
    let mut changes = Vec::new();
    for entry in input.list_at("SecurityGroupRuleDescription") {
        let id = checked_rule(scope.ec2(), group_id, direction, entry.need("SecurityGroupRuleId")?)?;
        changes.push((id.to_owned(), permission::description(entry)?));
    }
    if changes.is_empty() {
        for rule in permission::read(scope, group_id, direction, input)? {
            let mut rules = scope.ec2().rules_of(group_id);
            let found = rules.find(|(_, other)| other.is_same_as(&rule)).map(|(id, _)| id.to_owned());
            let missing = || {
                let message = "The specified rule does not exist in this security group.";
                Fault::new("InvalidPermission.NotFound", message)
            };
            changes.push((found.ok_or_else(missing)?, rule.description));
        }
    }
    let store = scope.ec2_mut();
    for (id, description) in changes {
        if let Some(rule) = store.rules.get_mut(&id) {
            rule.description = description;
        }
    }
    Ok(tree! { "return": true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    fn permission(from: &str, cidrs: &[&str]) -> Tree {
        let ranges = cidrs.iter().map(|cidr| tree! { "CidrIp": *cidr });
        tree! { "IpProtocol": "6", "FromPort": from, "ToPort": from, "IpRanges": Tree::list(ranges) }
    }

    #[test]
    fn rules_are_there_once_and_revoked_by_id_or_form() {
        let cloud = Cloud::new();
        let group = cloud.group(&cloud.vpc("10.0.0.0/16"), "g");
        let with = |permission: Tree| tree! { "GroupId": group.as_str(), "IpPermissions": vec![permission] };
        let authorize = |permission: Tree| cloud.ec2("AuthorizeSecurityGroupIngress", with(permission));
        let revoke = |input: Tree| cloud.ec2("RevokeSecurityGroupIngress", input);
        let made = authorize(permission("443", &["10.1.0.0/8", "9.0.0.0/8"])).unwrap();
        let rules = made.list_at("securityGroupRuleSet");
        assert_eq!(rules[0].need("cidrIpv4"), Ok("10.0.0.0/8"), "blocks are canonical");
        let duplicate = authorize(permission("443", &["10.0.0.0/8"])).unwrap_err();
        let text = "the specified rule \"peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW\" already exists";
        assert_eq!(duplicate, Fault::new("InvalidPermission.Duplicate", text));
        let by_id = tree! { "GroupId": group.as_str(), "SecurityGroupRuleId": vec![rules[0].need("securityGroupRuleId").unwrap()] };
        revoke(by_id.clone()).unwrap();
        assert_eq!(code(revoke(by_id)), "InvalidSecurityGroupRuleId.NotFound");
        revoke(with(permission("443", &["9.0.0.0/8"]))).unwrap();
        assert_eq!(code(revoke(with(permission("443", &["9.0.0.0/8"])))), "InvalidPermission.NotFound");
        assert_eq!(code(authorize(permission("70000", &["9.0.0.0/8"]))), "InvalidParameterValue");
        assert_eq!(code(authorize(permission("1", &["x"]))), "InvalidParameterValue");
    }

    #[test]
    fn a_group_has_at_most_sixty_rules_each_way() {
        let cloud = Cloud::new();
        let group = cloud.group(&cloud.vpc("10.0.0.0/16"), "g");
        let blocks: Vec<String> = (0..61).map(|number| format!("10.0.{number}.0/24")).collect();
        let blocks: Vec<&str> = blocks.iter().map(String::as_str).collect();
        let with = |permission: Tree| tree! { "GroupId": group.as_str(), "IpPermissions": vec![permission] };
        let authorize = |blocks: &[&str]| cloud.ec2("AuthorizeSecurityGroupIngress", with(permission("1", blocks)));
        assert_eq!(code(authorize(&blocks)), "RulesPerSecurityGroupLimitExceeded");
        authorize(&blocks[..60]).unwrap();
    }
}
