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

  name         = "${var.name}-spot-fleet"
  cluster      = module.cluster.cluster
  self_managed = true
}

module "nodes" {
  source = "../../modules/node-group-spot-fleet"

  name                        = "spot"
  cluster                     = module.addons_before_nodes.cluster
  subnet_ids                  = module.network.private_subnet_ids
  instance_types              = ["m6i.large", "m6a.large", "m5.large", "m5a.large"]
  instance_profile_arn        = module.node_role.instance_profile_arn
  ami_id                      = var.ami_id
  target_capacity             = 3
  create_service_linked_roles = var.create_service_linked_roles

  labels = { "node.kubernetes.io/lifecycle" = "spot" }
  tags   = local.tags
}

module "addons_after_nodes" {
  source = "../../modules/addons"

  cluster = module.nodes.cluster
  addons  = { coredns = {} }
}
