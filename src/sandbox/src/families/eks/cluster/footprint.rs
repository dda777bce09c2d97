//! What a cluster makes in the account: its security group, its interfaces, its log group.

use super::super::{Issue, outside};
use super::{Cluster, Status};
use crate::scope::Scope;

/// How many interfaces a control plane has at most.
const MOST_INTERFACES: usize = 4;

/// The security group and the interfaces of a new cluster appear, unless the network is gone.
pub fn appear(scope: &mut Scope<'_>, name: &str) {
    let Ok(cluster) = scope.eks().cluster(name) else { return };
    if cluster.status != Status::Creating {
        return;
    }
    let (vpc_id, subnet_ids) = (cluster.vpc_id.clone(), cluster.subnet_ids.clone());
    let gone: Vec<_> = subnet_ids.into_iter().filter(|id| scope.ec2().subnet(id).is_err()).collect();
    let issue = match scope.ec2().vpc(&vpc_id) {
        Err(_) => Some(Issue::new("VpcNotFound", format!("The VPC {vpc_id} does not exist."), [vpc_id.clone()])),
        Ok(_) if !gone.is_empty() => Some(Issue::new("Ec2SubnetNotFound", "Subnets do not exist.", gone)),
        Ok(_) => None,
    };
    if let Some(issue) = issue {
        return change(scope, name, |cluster| cluster.issues.push(issue));
    }
    let group = outside::make_security_group(scope, name, &vpc_id);
    change(scope, name, |cluster| cluster.cluster_security_group_id = Some(group));
    make_interfaces(scope, name);
}

/// Makes the interfaces of a cluster anew, in one subnet of each zone first.
pub fn make_interfaces(scope: &mut Scope<'_>, name: &str) {
    let Ok(cluster) = scope.eks().cluster(name) else { return };
    let groups: Vec<_> = cluster.cluster_security_group_id.iter().chain(&cluster.security_group_ids).cloned().collect();
    let (old, subnet_ids) = (cluster.interface_ids.clone(), chosen_subnets(scope, cluster));
    let new: Vec<_> =
        subnet_ids.iter().filter_map(|subnet_id| outside::make_interface(scope, name, subnet_id, &groups)).collect();
    outside::remove_interfaces(scope, &old);
    change(scope, name, |cluster| cluster.interface_ids = new);
}

/// Two interfaces at least, each in a zone of its own.
fn chosen_subnets(scope: &Scope<'_>, cluster: &Cluster) -> Vec<String> {
    let mut zones = Vec::new();
    let mut chosen = Vec::new();
    for id in &cluster.subnet_ids {
        let Ok(subnet) = scope.ec2().subnet(id) else { continue };
        if !zones.contains(&subnet.zone) && chosen.len() < MOST_INTERFACES {
            zones.push(subnet.zone.clone());
            chosen.push(id.clone());
        }
    }
    chosen
}

/// Puts back what somebody took away from the security group.
pub fn restore(scope: &mut Scope<'_>, name: &str) {
    let group = scope.eks().cluster(name).ok().and_then(|cluster| cluster.cluster_security_group_id.clone());
    if let Some(group) = group {
        outside::restore_security_group(scope, name, &group);
    }
}

/// Takes away what the cluster made; its log group stays. Without a role that may do so, all stays.
pub fn remove(scope: &mut Scope<'_>, cluster: &Cluster) {
    if !outside::role_for(scope, &cluster.role_arn, "eks.amazonaws.com").is_some_and(|role| role.has_policies) {
        return;
    }
    outside::remove_interfaces(scope, &cluster.interface_ids);
    if let Some(group) = &cluster.cluster_security_group_id {
        outside::remove_security_group(scope, group);
    }
}

/// Makes the log group of a cluster, unless it is there.
pub fn open_log(scope: &mut Scope<'_>, name: &str) {
    outside::ensure_log_group(scope, &format!("/aws/eks/{name}/cluster"));
}

fn change(scope: &mut Scope<'_>, name: &str, change: impl FnOnce(&mut Cluster)) {
    if let Ok(cluster) = scope.eks_mut().cluster_mut(name) {
        change(cluster);
    }
}
