output "cluster" {
  description = "The cluster, unchanged. Whoever reads it from here waits for these nodes: add-ons that need nodes do."
  value       = var.cluster

  depends_on = [aws_instance.this]
}

output "instance_ids" {
  description = "Instances by name."
  value       = { for name, instance in aws_instance.this : name => instance.id }
}

output "private_dns" {
  description = "Names under which the nodes register, by name of the instance."
  value       = { for name, instance in aws_instance.this : name => instance.private_dns }
}
