locals {
  # default_tags of the provider, and handed to the nodes as well: default_tags do not reach what an autoscaling group
  # or a fleet launches.
  tags = merge({ Project = var.name }, var.tags)
}

module "network" {
  source = "../../modules/network"

  name       = var.name
  cidr       = var.vpc_cidr
  zone_count = var.zone_count
}

module "cluster" {
  source = "../../modules/cluster"

  name                    = var.name
  kubernetes_version      = var.kubernetes_version
  subnet_ids              = module.network.private_subnet_ids
  public_access_cidrs     = var.public_access_cidrs
  log_types               = var.log_types
  log_retention_days      = var.log_retention_days
  log_group_destroy_delay = var.log_group_destroy_delay
  manage_access           = var.access_entries_enabled
}

# What has to be there before the first node. The nodes take the cluster from here, and so wait.
module "addons_before_nodes" {
  source = "../../modules/addons"

  cluster = module.cluster.cluster
  addons = var.addons_enabled ? {
    vpc-cni                = {}
    kube-proxy             = {}
    eks-pod-identity-agent = {}
  } : {}
}

# What needs nodes to run on: the cluster as every kind of node hands it on, hence after all of them.
module "addons_after_nodes" {
  source = "../../modules/addons"

  cluster = element(concat(
    [module.nodes_autoscaling.cluster],
    module.nodes_spot_fleet[*].cluster,
    module.nodes_managed[*].cluster,
  ), 0)

  addons = var.addons_enabled ? { coredns = {} } : {}
}
