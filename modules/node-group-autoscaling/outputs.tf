output "cluster" {
  description = "The cluster, unchanged. Whoever reads it from here waits for these nodes: add-ons that need nodes do."
  value       = var.cluster

  depends_on = [aws_autoscaling_group.this]
}

output "name" {
  description = "Name of the autoscaling group."
  value       = aws_autoscaling_group.this.name
}

output "arn" {
  description = "ARN of the autoscaling group."
  value       = aws_autoscaling_group.this.arn
}

output "launch_template_id" {
  description = "Id of the launch template."
  value       = module.launch_template.id
}

output "image_id" {
  description = "Image that the nodes start from."
  value       = module.launch_template.image_id
}
