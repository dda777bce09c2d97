module "ami" {
  source = "../ami"

  kubernetes_version = var.cluster.version
  ami_family         = var.ami_family
  ami_id             = var.ami_id
  instance_types     = var.instance_types
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

locals {
  # The cloud provider takes only nodes that carry the cluster's tag.
  node_tags = merge(var.tags, {
    Name                                        = var.name
    "kubernetes.io/cluster/${var.cluster.name}" = "owned"
  })
}

resource "aws_launch_template" "this" {
  name        = var.name
  description = "Nodes of the EKS cluster ${var.cluster.name}"

  update_default_version = true

  image_id      = module.ami.image_id
  instance_type = var.instance_types[0]
  user_data     = module.user_data.base64

  vpc_security_group_ids = concat(
    var.attach_cluster_security_group ? [var.cluster.security_group_id] : [],
    var.additional_security_group_ids,
  )

  iam_instance_profile {
    arn = var.instance_profile_arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = var.metadata_hop_limit
  }

  block_device_mappings {
    device_name = module.ami.volume_device_name

    ebs {
      volume_size           = var.volume_size_gib
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume"]

    content {
      resource_type = tag_specifications.value
      tags          = local.node_tags
    }
  }

  tags = var.tags
}
