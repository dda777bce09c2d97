data "aws_partition" "current" {}

resource "aws_eks_cluster" "this" {
  name     = var.name
  role_arn = aws_iam_role.cluster.arn
  version  = var.kubernetes_version

  # Add-ons are managed (`modules/addons`); the unmanaged copies would only have to be taken over.
  bootstrap_self_managed_addons = false

  enabled_cluster_log_types = var.log_types
  deletion_protection       = var.deletion_protection

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = var.endpoint_private_access
    endpoint_public_access  = var.endpoint_public_access
    public_access_cidrs     = var.endpoint_public_access ? var.public_access_cidrs : null
  }

  # The administrator gets an entry of their own below; a bootstrapped one could not be changed without a new cluster.
  dynamic "access_config" {
    for_each = var.manage_access ? [true] : []

    content {
      authentication_mode                         = "API"
      bootstrap_cluster_creator_admin_permissions = false
    }
  }

  dynamic "encryption_config" {
    for_each = var.encrypt_secrets ? [true] : []

    content {
      resources = ["secrets"]

      provider {
        key_arn = local.kms_key_arn
      }
    }
  }

  dynamic "kubernetes_network_config" {
    for_each = var.service_ipv4_cidr != null ? [var.service_ipv4_cidr] : []

    content {
      service_ipv4_cidr = kubernetes_network_config.value
    }
  }

  dynamic "upgrade_policy" {
    for_each = var.support_type != null ? [var.support_type] : []

    content {
      support_type = upgrade_policy.value
    }
  }

  tags = var.tags

  # No reference gives these edges. Permissions have to outlive the cluster, or EKS leaves its network interfaces
  # behind and the VPC cannot be deleted. The log group has to be there before EKS makes one without retention.
  depends_on = [
    aws_iam_role_policy_attachment.cluster,
    aws_iam_role_policy.secrets,
    time_sleep.late_log_streams,
  ]
}

# Lets service accounts assume IAM roles. IAM checks the issuer's certificate by its own list of authorities, so no
# thumbprint is given.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.oidc_provider_enabled ? 1 : 0

  url            = aws_eks_cluster.this.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]

  tags = merge(var.tags, { Name = var.name })
}
