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

# Everything runs on Fargate here, CoreDNS too. It has no nodes, so it needs none of the add-ons for nodes.
module "system_pods" {
  source = "../../modules/fargate-profile"

  name              = "system"
  cluster           = module.cluster.cluster
  subnet_ids        = module.network.private_subnet_ids
  selectors         = [{ namespace = "kube-system" }]
  allow_kube_system = true
}

module "pods" {
  source = "../../modules/fargate-profile"

  name       = "default"
  cluster    = module.cluster.cluster
  subnet_ids = module.network.private_subnet_ids
  selectors = [
    { namespace = "default" },
    { namespace = "batch-*", labels = { runtime = "fargate" } },
  ]
}

module "addons_after_profiles" {
  source = "../../modules/addons"

  cluster = module.system_pods.cluster
  addons  = { coredns = { configuration_values = jsonencode({ computeType = "Fargate" }) } }
}
