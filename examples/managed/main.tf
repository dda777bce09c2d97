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

  name         = "${var.name}-managed"
  cluster      = module.cluster.cluster
  self_managed = false
}

# Arm nodes: the image follows from the instance types.
module "nodes" {
  source = "../../modules/node-group-managed"

  name           = "arm"
  cluster        = module.addons_before_nodes.cluster
  subnet_ids     = module.network.private_subnet_ids
  instance_types = ["m7g.large", "m6g.large"]
  node_role_arn  = module.node_role.role_arn

  min_size     = 1
  initial_size = 2
  max_size     = 4

  tags = local.tags
}

module "addons_after_nodes" {
  source = "../../modules/addons"

  cluster = module.nodes.cluster
  addons  = { coredns = {} }
}
