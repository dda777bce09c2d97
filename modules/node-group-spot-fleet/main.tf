data "aws_partition" "current" {}

locals {
  full_name = "${var.cluster.name}-${var.name}"
}

module "launch_template" {
  source = "../launch-template"

  name                          = local.full_name
  cluster                       = var.cluster
  instance_types                = var.instance_types
  instance_profile_arn          = var.instance_profile_arn
  ami_family                    = var.ami_family
  ami_id                        = var.ami_id
  labels                        = var.labels
  taints                        = var.taints
  max_pods                      = var.max_pods
  kubelet_config                = var.kubelet_config
  pre_bootstrap_script          = var.pre_bootstrap_script
  bottlerocket_settings         = var.bottlerocket_settings
  volume_size_gib               = var.volume_size_gib
  metadata_hop_limit            = var.metadata_hop_limit
  attach_cluster_security_group = var.attach_cluster_security_group
  additional_security_group_ids = var.additional_security_group_ids
  tags                          = var.tags
}

# The request is in force until it is cancelled, keeps its number of nodes, and takes them along when it goes.
resource "aws_spot_fleet_request" "this" {
  iam_fleet_role                = aws_iam_role.fleet.arn
  fleet_type                    = "maintain"
  target_capacity               = var.target_capacity
  on_demand_target_capacity     = var.on_demand_target_capacity
  allocation_strategy           = var.allocation_strategy
  replace_unhealthy_instances   = true
  wait_for_fulfillment          = true
  terminate_instances_on_delete = true

  launch_template_config {
    # A fleet takes a version by number only: $Latest and $Default are refused.
    launch_template_specification {
      id      = module.launch_template.id
      version = module.launch_template.latest_version
    }

    dynamic "overrides" {
      for_each = flatten([
        for type in var.instance_types : [
          for subnet in var.subnet_ids : { instance_type = type, subnet_id = subnet }
        ]
      ])

      content {
        instance_type = overrides.value.instance_type
        subnet_id     = overrides.value.subnet_id
      }
    }
  }

  dynamic "spot_maintenance_strategies" {
    for_each = var.capacity_rebalance ? [true] : []

    content {
      capacity_rebalance {
        replacement_strategy = "launch"
      }
    }
  }

  tags = merge(var.tags, { Name = local.full_name })

  # Without these permissions a fleet launches nothing, and ends nothing either.
  depends_on = [
    aws_iam_role_policy_attachment.fleet,
    aws_iam_service_linked_role.this,
  ]
}
