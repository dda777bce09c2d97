# 1. An autoscaling group: the default choice. Several instance types, gone at night.

module "role_autoscaling" {
  source = "../../modules/node-role"

  name                = "${var.name}-autoscaling"
  cluster             = module.cluster.cluster
  self_managed        = true
  create_access_entry = var.access_entries_enabled
}

module "nodes_autoscaling" {
  source = "../../modules/node-group-autoscaling"

  name                          = "autoscaling"
  cluster                       = module.addons_before_nodes.cluster
  subnet_ids                    = module.network.private_subnet_ids
  instance_types                = var.instance_types
  instance_profile_arn          = module.role_autoscaling.instance_profile_arn
  ami_id                        = var.ami_id
  attach_cluster_security_group = var.cluster_security_group_enabled

  min_size     = var.autoscaling_size.min
  initial_size = var.autoscaling_size.initial
  max_size     = var.autoscaling_size.max

  schedules = var.development_hours != null ? {
    morning = {
      recurrence = var.development_hours.morning
      size       = var.autoscaling_size.initial
      time_zone  = var.development_hours.time_zone
    }
    evening = {
      recurrence = var.development_hours.evening
      size       = var.autoscaling_size.min
      time_zone  = var.development_hours.time_zone
    }
  } : {}

  labels = { nodes = "autoscaling" }
  tags   = local.tags
}

# 2. A spot fleet.

module "role_spot_fleet" {
  source = "../../modules/node-role"
  count  = var.spot_fleet_enabled ? 1 : 0

  name                = "${var.name}-spot-fleet"
  cluster             = module.cluster.cluster
  self_managed        = true
  create_access_entry = var.access_entries_enabled
}

module "nodes_spot_fleet" {
  source = "../../modules/node-group-spot-fleet"
  count  = var.spot_fleet_enabled ? 1 : 0

  name                          = "spot"
  cluster                       = module.addons_before_nodes.cluster
  subnet_ids                    = module.network.private_subnet_ids
  instance_types                = var.instance_types
  instance_profile_arn          = module.role_spot_fleet[0].instance_profile_arn
  ami_id                        = var.ami_id
  attach_cluster_security_group = var.cluster_security_group_enabled
  target_capacity               = var.spot_fleet_capacity
  create_service_linked_roles   = var.create_spot_service_linked_roles

  labels = { nodes = "spot-fleet" }
  tags   = local.tags
}

# 3. A managed node group. EKS makes the access entry of its role, and chooses its image.

module "role_managed" {
  source = "../../modules/node-role"
  count  = var.managed_nodes_enabled ? 1 : 0

  name         = "${var.name}-managed"
  cluster      = module.cluster.cluster
  self_managed = false
}

module "nodes_managed" {
  source = "../../modules/node-group-managed"
  count  = var.managed_nodes_enabled ? 1 : 0

  name           = "managed"
  cluster        = module.addons_before_nodes.cluster
  subnet_ids     = module.network.private_subnet_ids
  instance_types = var.managed_instance_types
  node_role_arn  = module.role_managed[0].role_arn

  min_size     = var.managed_size.min
  initial_size = var.managed_size.initial
  max_size     = var.managed_size.max

  max_unavailable_percentage = var.managed_max_unavailable_percentage

  labels = { nodes = "managed" }
  tags   = local.tags
}

# And pods without nodes: those of one namespace. CoreDNS stays on nodes.

module "fargate" {
  source = "../../modules/fargate-profile"
  count  = var.fargate_enabled ? 1 : 0

  name       = "fargate"
  cluster    = module.addons_before_nodes.cluster
  subnet_ids = module.network.private_subnet_ids
  selectors  = [{ namespace = var.fargate_namespace }]
}
