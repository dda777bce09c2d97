output "cluster" {
  description = "The cluster, unchanged. Whoever reads it from here waits for these nodes: add-ons that need nodes do."
  value       = var.cluster

  depends_on = [aws_spot_fleet_request.this]
}

output "id" {
  description = "Id of the spot fleet request."
  value       = aws_spot_fleet_request.this.id
}

output "fleet_role_arn" {
  description = "Role with which the fleet tags and ends instances."
  value       = aws_iam_role.fleet.arn
}

output "launch_template_id" {
  description = "Id of the launch template."
  value       = module.launch_template.id
}

output "image_id" {
  description = "Image that the nodes start from."
  value       = module.launch_template.image_id
}
