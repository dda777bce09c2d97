locals {
  tags = { Project = var.name }
}

module "network" {
  source = "../../modules/network"

  name = var.name
}

module "cluster" {
  source = "../../modules/cluster"

  name       = var.name
  subnet_ids = module.network.private_subnet_ids
}

module "addons_before_nodes" {
  source = "../../modules/addons"

  cluster = module.cluster.cluster
  addons  = { vpc-cni = {}, kube-proxy = {}, eks-pod-identity-agent = {} }
}

module "node_role" {
  source = "../../modules/node-role"

  name         = "${var.name}-autoscaling"
  cluster      = module.cluster.cluster
  self_managed = true
}

# One node is always on-demand; of the others, three in four are spot. The schedule needs no hand-made change to hold:
# the size is left to it.
module "nodes" {
  source = "../../modules/node-group-autoscaling"

  name                 = "mixed"
  cluster              = module.addons_before_nodes.cluster
  subnet_ids           = module.network.private_subnet_ids
  instance_types       = ["m6i.large", "m6a.large", "m5.large", "m5a.large"]
  instance_profile_arn = module.node_role.instance_profile_arn
  ami_id               = var.ami_id

  min_size             = 0
  initial_size         = 2
  max_size             = 6
  on_demand_base       = 1
  on_demand_percentage = 25

  schedules = {
    evening = { recurrence = "0 20 * * *", size = 0, time_zone = "Europe/Berlin" }
    morning = { recurrence = "0 7 * * MON-FRI", size = 2, time_zone = "Europe/Berlin" }
  }

  tags = local.tags
}

module "addons_after_nodes" {
  source = "../../modules/addons"

  cluster = module.nodes.cluster
  addons  = { coredns = {} }
}
