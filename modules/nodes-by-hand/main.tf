locals {
  full_name = "${var.cluster.name}-${var.name}"

  # The cloud provider takes only nodes that carry the cluster's tag.
  node_tags = merge(var.tags, {
    "kubernetes.io/cluster/${var.cluster.name}" = "owned"
  })
}

module "ami" {
  source = "../ami"

  kubernetes_version = var.cluster.version
  ami_family         = var.ami_family
  ami_id             = var.ami_id
  instance_types     = [var.instance_type]
}

module "user_data" {
  source = "../user-data"

  cluster               = var.cluster
  ami_family            = var.ami_family
  ami_id                = var.ami_id
  labels                = var.labels
  taints                = var.taints
  max_pods              = var.max_pods
  kubelet_config        = var.kubelet_config
  pre_bootstrap_script  = var.pre_bootstrap_script
  bottlerocket_settings = var.bottlerocket_settings
}

resource "aws_instance" "this" {
  for_each = var.nodes

  ami                  = module.ami.image_id
  instance_type        = var.instance_type
  subnet_id            = each.value
  iam_instance_profile = var.instance_profile_name

  vpc_security_group_ids = concat(
    var.attach_cluster_security_group ? [var.cluster.security_group_id] : [],
    var.additional_security_group_ids,
  )

  # A node reads its user data at its first start only.
  user_data_base64            = module.user_data.base64
  user_data_replace_on_change = true

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = var.metadata_hop_limit
  }

  # The root volume of Amazon Linux holds the containers; Bottlerocket has a second one for them.
  root_block_device {
    volume_size = var.ami_family == "bottlerocket" ? null : var.volume_size_gib
    volume_type = "gp3"
    encrypted   = true
    tags        = merge(local.node_tags, { Name = "${local.full_name}-${each.key}" })
  }

  dynamic "ebs_block_device" {
    for_each = var.ami_family == "bottlerocket" ? [module.ami.volume_device_name] : []

    content {
      device_name = ebs_block_device.value
      volume_size = var.volume_size_gib
      volume_type = "gp3"
      encrypted   = true
      tags        = merge(local.node_tags, { Name = "${local.full_name}-${each.key}" })
    }
  }

  tags = merge(local.node_tags, { Name = "${local.full_name}-${each.key}" })
}
