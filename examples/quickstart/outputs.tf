output "cluster_name" {
  description = "Name of the cluster."
  value       = module.cluster.name
}

output "cluster_endpoint" {
  description = "Address of the API server."
  value       = module.cluster.endpoint
}

output "cluster_version" {
  description = "Kubernetes version."
  value       = module.cluster.version
}

output "kubeconfig_command" {
  description = "Makes kubectl know the cluster."
  value       = "landfall kubeconfig ${module.cluster.name}"
}

output "administrator_arn" {
  description = "IAM principal that administers the cluster."
  value       = module.cluster.administrator_arn
}

output "oidc_provider_arn" {
  description = "OIDC provider, for IAM roles of service accounts."
  value       = module.cluster.oidc_provider_arn
}

output "kms_key_arn" {
  description = "Key that encrypts the secrets."
  value       = module.cluster.kms_key_arn
}

output "log_group_name" {
  description = "Log group of the control plane."
  value       = module.cluster.log_group_name
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}

output "zone_names" {
  description = "Availability zones in use."
  value       = module.network.zone_names
}

output "private_subnet_ids" {
  description = "Private subnets, one for each zone."
  value       = module.network.private_subnet_ids
}

output "public_subnet_ids" {
  description = "Public subnets, one for each zone."
  value       = module.network.public_subnet_ids
}

output "node_role_arns" {
  description = "Roles of the nodes, by kind."
  value = {
    autoscaling = module.role_autoscaling.role_arn
    spot_fleet  = one(module.role_spot_fleet[*].role_arn)
    managed     = one(module.role_managed[*].role_arn)
    fargate     = one(module.fargate[*].role_arn)
  }
}

output "autoscaling_group_name" {
  description = "Name of the autoscaling group."
  value       = module.nodes_autoscaling.name
}

output "spot_fleet_request_id" {
  description = "Id of the spot fleet request."
  value       = one(module.nodes_spot_fleet[*].id)
}

output "managed_node_group_arn" {
  description = "ARN of the managed node group."
  value       = one(module.nodes_managed[*].arn)
}

output "fargate_profile_arn" {
  description = "ARN of the Fargate profile."
  value       = one(module.fargate[*].arn)
}
