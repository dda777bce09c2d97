output "cluster" {
  description = "The cluster, unchanged. Whoever reads it from here waits for these nodes: add-ons that need nodes do."
  value       = var.cluster

  depends_on = [aws_eks_node_group.this]
}

output "name" {
  description = "Name of the node group."
  value       = aws_eks_node_group.this.node_group_name
}

output "arn" {
  description = "ARN of the node group."
  value       = aws_eks_node_group.this.arn
}

output "autoscaling_group_names" {
  description = "Autoscaling groups that EKS runs the nodes in."
  value       = flatten([for made in aws_eks_node_group.this.resources : [for group in made.autoscaling_groups : group.name]])
}

output "launch_template_id" {
  description = "Id of the launch template."
  value       = aws_launch_template.this.id
}
