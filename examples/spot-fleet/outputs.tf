output "cluster_name" {
  description = "Name of the cluster."
  value       = module.cluster.name
}

output "kubeconfig_command" {
  description = "Makes kubectl know the cluster."
  value       = "landfall kubeconfig ${module.cluster.name}"
}

output "node_role_arn" {
  description = "Role of the nodes."
  value       = module.node_role.role_arn
}

output "spot_fleet_request_id" {
  description = "Id of the spot fleet request."
  value       = module.nodes.id
}
