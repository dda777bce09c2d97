locals {
  full_name = "${var.cluster.name}-${var.name}"

  # Tags on the group, for the cluster autoscaler to find it by.
  group_tags = {
    "k8s.io/cluster-autoscaler/enabled"             = "true"
    "k8s.io/cluster-autoscaler/${var.cluster.name}" = "owned"
  }
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

resource "aws_autoscaling_group" "this" {
  name                = local.full_name
  vpc_zone_identifier = var.subnet_ids
  min_size            = var.min_size
  max_size            = var.max_size
  desired_capacity    = var.initial_size

  # Spot nodes that AWS expects to take back are replaced before they go.
  capacity_rebalance        = var.on_demand_percentage < 100
  health_check_type         = "EC2"
  wait_for_capacity_timeout = var.wait_for_capacity_timeout

  mixed_instances_policy {
    launch_template {
      launch_template_specification {
        launch_template_id = module.launch_template.id
        version            = module.launch_template.latest_version
      }

      dynamic "override" {
        for_each = var.instance_types

        content {
          instance_type = override.value
        }
      }
    }

    instances_distribution {
      on_demand_base_capacity                  = var.on_demand_base
      on_demand_percentage_above_base_capacity = var.on_demand_percentage
      spot_allocation_strategy                 = var.spot_allocation_strategy
    }
  }

  dynamic "instance_refresh" {
    for_each = var.instance_refresh != null ? [var.instance_refresh] : []

    content {
      strategy = "Rolling"

      preferences {
        min_healthy_percentage = instance_refresh.value.min_healthy_percentage
        instance_warmup        = instance_refresh.value.instance_warmup
      }
    }
  }

  dynamic "tag" {
    for_each = module.launch_template.node_tags

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  dynamic "tag" {
    for_each = local.group_tags

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = false
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }
}

# -1 leaves the bounds as they are: a schedule that moved them would come back as a difference in every plan.
resource "aws_autoscaling_schedule" "this" {
  for_each = var.schedules

  autoscaling_group_name = aws_autoscaling_group.this.name
  scheduled_action_name  = each.key
  recurrence             = each.value.recurrence
  time_zone              = each.value.time_zone
  desired_capacity       = each.value.size
  min_size               = -1
  max_size               = -1
}
