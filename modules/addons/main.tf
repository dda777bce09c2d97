# No `depends_on` here or around this module: it would put off the look-up of versions until apply whenever
# something before it changes, and every add-on would then show up in the plan.
data "aws_eks_addon_version" "newest" {
  for_each = { for name, addon in var.addons : name => addon if addon.most_recent }

  addon_name         = each.key
  kubernetes_version = var.cluster.version
  most_recent        = true
}

resource "aws_eks_addon" "this" {
  for_each = var.addons

  cluster_name  = var.cluster.name
  addon_name    = each.key
  addon_version = each.value.most_recent ? data.aws_eks_addon_version.newest[each.key].version : each.value.version

  configuration_values        = each.value.configuration_values
  service_account_role_arn    = each.value.service_account_role_arn
  resolve_conflicts_on_create = each.value.resolve_conflicts_on_create
  resolve_conflicts_on_update = each.value.resolve_conflicts_on_update
  preserve                    = each.value.preserve

  dynamic "pod_identity_association" {
    for_each = each.value.pod_identity_associations

    content {
      service_account = pod_identity_association.key
      role_arn        = pod_identity_association.value
    }
  }

  tags = var.tags
}
