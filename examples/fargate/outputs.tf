output "cluster_name" {
  description = "Name of the cluster."
  value       = module.cluster.name
}

output "kubeconfig_command" {
  description = "Makes kubectl know the cluster."
  value       = "landfall kubeconfig ${module.cluster.name}"
}

output "pod_role_arns" {
  description = "Roles of the pods, by profile."
  value = {
    system  = module.system_pods.role_arn
    default = module.pods.role_arn
  }
}
