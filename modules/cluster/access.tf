# Whoever applies. EKS refuses the ARN of an assumed session, so the role behind it is looked up.
data "aws_caller_identity" "current" {
  count = var.manage_access && var.administrator_arn == null ? 1 : 0
}

data "aws_iam_session_context" "current" {
  count = var.manage_access && var.administrator_arn == null ? 1 : 0

  arn = data.aws_caller_identity.current[0].arn
}

locals {
  policy_arn_prefix = "arn:${data.aws_partition.current.partition}:eks::aws:cluster-access-policy"
  administrator_arn = var.administrator_arn != null ? var.administrator_arn : one(data.aws_iam_session_context.current[*].issuer_arn)
  access_entries    = var.manage_access ? var.access_entries : {}

  access_policies = merge([
    for name, entry in local.access_entries : {
      for policy, scope in entry.policies : "${name}/${policy}" => {
        entry      = name
        policy     = policy
        namespaces = scope.namespaces
      }
    }
  ]...)
}

resource "aws_eks_access_entry" "administrator" {
  count = var.manage_access ? 1 : 0

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = local.administrator_arn
  type          = "STANDARD"

  tags = var.tags
}

resource "aws_eks_access_policy_association" "administrator" {
  count = var.manage_access ? 1 : 0

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.administrator[0].principal_arn
  policy_arn    = "${local.policy_arn_prefix}/AmazonEKSClusterAdminPolicy"

  access_scope {
    type = "cluster"
  }
}

resource "aws_eks_access_entry" "this" {
  for_each = local.access_entries

  cluster_name      = aws_eks_cluster.this.name
  principal_arn     = each.value.principal_arn
  type              = "STANDARD"
  user_name         = each.value.user_name
  kubernetes_groups = each.value.kubernetes_groups

  tags = var.tags
}

resource "aws_eks_access_policy_association" "this" {
  for_each = local.access_policies

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.this[each.value.entry].principal_arn
  policy_arn    = "${local.policy_arn_prefix}/${each.value.policy}"

  access_scope {
    type       = length(each.value.namespaces) > 0 ? "namespace" : "cluster"
    namespaces = length(each.value.namespaces) > 0 ? each.value.namespaces : null
  }
}
