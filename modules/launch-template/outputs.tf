output "id" {
  description = "Id of the launch template."
  value       = aws_launch_template.this.id
}

output "latest_version" {
  description = "Number of the newest version."
  value       = aws_launch_template.this.latest_version
}

output "image_id" {
  description = "Image that the nodes start from."
  value       = module.ami.image_id
}

output "node_tags" {
  description = "Tags that the instances carry."
  value       = local.node_tags
}
