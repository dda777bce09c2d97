locals {
  full_name = "${var.cluster.name}-${var.name}"

  ami_types = {
    al2023       = { x86_64 = "AL2023_x86_64_STANDARD", arm64 = "AL2023_ARM_64_STANDARD" }
    bottlerocket = { x86_64 = "BOTTLEROCKET_x86_64", arm64 = "BOTTLEROCKET_ARM_64" }
  }

  # EKS speaks of effects in capitals: NoSchedule is NO_SCHEDULE.
  taint_effects = {
    NoSchedule       = "NO_SCHEDULE"
    PreferNoSchedule = "PREFER_NO_SCHEDULE"
    NoExecute        = "NO_EXECUTE"
  }

  architecture = can(regex("^(a1|[a-z]+[0-9]+g[a-z]*)\\.", var.instance_types[0])) ? "arm64" : "x86_64"
  own_image    = var.ami_id != null
}

# With an image of your own EKS merges nothing into the user data: it has to say all that a node must know.
module "user_data" {
  source = "../user-data"
  count  = local.own_image ? 1 : 0

  cluster    = var.cluster
  ami_family = var.ami_family
  ami_id     = var.ami_id
  labels     = var.labels
  taints     = var.taints
}

# No instance profile, no subnet, no shutdown behaviour: EKS fills these in and refuses a template that has them.
resource "aws_launch_template" "this" {
  name        = local.full_name
  description = "Managed nodes of the EKS cluster ${var.cluster.name}"

  update_default_version = true

  image_id  = var.ami_id
  user_data = one(module.user_data[*].base64)

  # Groups in the template replace the cluster's own, so that it is named among them; no groups leave it to EKS.
  vpc_security_group_ids = length(var.additional_security_group_ids) > 0 ? concat([var.cluster.security_group_id], var.additional_security_group_ids) : null

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = var.metadata_hop_limit
  }

  block_device_mappings {
    device_name = var.ami_family == "bottlerocket" ? "/dev/xvdb" : "/dev/xvda"

    ebs {
      volume_size           = var.volume_size_gib
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  # Tags of the node group stay on the group.
  dynamic "tag_specifications" {
    for_each = ["instance", "volume"]

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Name = local.full_name })
    }
  }

  tags = var.tags
}

resource "aws_eks_node_group" "this" {
  cluster_name    = var.cluster.name
  node_group_name = var.name
  node_role_arn   = var.node_role_arn
  subnet_ids      = var.subnet_ids

  # An image of your own brings its type and version along.
  ami_type       = local.own_image ? null : local.ami_types[var.ami_family][local.architecture]
  version        = local.own_image ? null : var.cluster.version
  capacity_type  = var.capacity_type
  instance_types = var.instance_types

  labels = var.labels

  dynamic "taint" {
    for_each = var.taints

    content {
      key    = taint.value.key
      value  = taint.value.value
      effect = local.taint_effects[taint.value.effect]
    }
  }

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  scaling_config {
    min_size     = var.min_size
    max_size     = var.max_size
    desired_size = var.initial_size
  }

  dynamic "update_config" {
    for_each = var.max_unavailable_percentage[*]

    content {
      max_unavailable_percentage = update_config.value
    }
  }

  tags = merge(var.tags, { Name = local.full_name })

  lifecycle {
    ignore_changes = [scaling_config[0].desired_size]
  }
}
