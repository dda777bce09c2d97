//! What `sandbox show` lists of services other than EC2's networks. What AWS makes for itself is left out.

use crate::families::eks::{Cluster, addon_status, fargate_status, group_status};
use crate::inventory::Inventory;

/// Adds what exists in a region.
pub fn add_region(inventory: &mut Inventory<'_, '_>) {
    let scope = inventory.scope;
    for (name, group) in &scope.autoscaling().groups {
        let state = if group.is_deleting {
            "being deleted".to_owned()
        } else {
            format!("{} of {} instances", group.members.len(), group.sizes.desired)
        };
        inventory.add("Auto Scaling group", name, "", state);
    }
    for cluster in scope.eks().clusters.values() {
        add_cluster(inventory, cluster);
    }
    for (id, key) in &scope.kms().keys {
        let alias = scope.kms().aliases.iter().find(|(_, alias)| alias.target == *id).map(|(name, _)| name.as_str());
        inventory.add("KMS key", id, alias.unwrap_or_default(), key.state());
    }
    for (name, group) in &scope.logs().groups {
        let kept = group.retention_days.map_or_else(|| "kept for ever".to_owned(), |days| format!("kept {days} days"));
        inventory.add("log group", name, "", kept);
    }
    for name in scope.ssm().parameters.keys() {
        inventory.add("SSM parameter", name, "", "");
    }
}

fn add_cluster(inventory: &mut Inventory<'_, '_>, cluster: &Cluster) {
    let scope = inventory.scope;
    let state = format!("{}, Kubernetes {}", cluster.status_name(), cluster.version);
    inventory.add("EKS cluster", &cluster.name, "", state);
    for (name, group) in &cluster.node_groups {
        inventory.add("EKS node group", name, &cluster.name, group_status(scope, cluster, name, group));
    }
    for (name, profile) in &cluster.fargate_profiles {
        inventory.add("EKS Fargate profile", name, &cluster.name, fargate_status(profile));
    }
    for (name, addon) in &cluster.addons {
        let state = format!("{}, {}", addon_status(scope, cluster, name, addon), addon.version);
        inventory.add("EKS add-on", name, &cluster.name, state);
    }
    for (arn, entry) in cluster.access_entries.iter().filter(|(arn, _)| !arn.contains("/aws-service-role/")) {
        inventory.add("EKS access entry", arn, &cluster.name, entry.kind.as_str());
    }
    for (id, own) in &cluster.pod_identities {
        let place = format!("{}/{}", own.namespace, own.service_account);
        inventory.add("EKS pod identity association", id, &cluster.name, place);
    }
}

/// Adds what exists in an account, but in no region.
pub fn add_account(inventory: &mut Inventory<'_, '_>) {
    let scope = inventory.scope;
    for (name, role) in scope.iam().roles.iter().filter(|(_, role)| !role.is_service_linked()) {
        inventory.add("IAM role", name, "", format!("{} policies", role.attached.len() + role.inline.len()));
    }
    for (name, profile) in &scope.iam().instance_profiles {
        inventory.add("IAM instance profile", name, "", profile.role.as_deref().unwrap_or("no role"));
    }
    for (arn, policy) in &scope.iam().policies {
        inventory.add("IAM policy", arn, &policy.name, "");
    }
    for (arn, provider) in &scope.iam().providers {
        inventory.add("OIDC provider", arn, &provider.url, "");
    }
    for (name, bucket) in &scope.s3().buckets {
        inventory.add("S3 bucket", name, "", format!("{} in {}", bucket.objects.len(), bucket.region));
    }
}
