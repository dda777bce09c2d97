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

  name         = "${var.name}-by-hand"
  cluster      = module.cluster.cluster
  self_managed = true
}

# Plain instances, named by you. Nothing replaces one that fails.
module "nodes" {
  source = "../../modules/nodes-by-hand"

  name                  = "hand"
  cluster               = module.addons_before_nodes.cluster
  instance_type         = "m6i.large"
  instance_profile_name = module.node_role.instance_profile_name
  ami_id                = var.ami_id

  nodes = {
    anna  = module.network.private_subnet_ids[0]
    berta = module.network.private_subnet_ids[1]
  }

  tags = local.tags
}

module "addons_after_nodes" {
  source = "../../modules/addons"

  cluster = module.nodes.cluster
  addons  = { coredns = {} }
}
