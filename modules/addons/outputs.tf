output "cluster" {
  description = "The cluster, unchanged. Whoever reads it from here waits for these add-ons: nodes take it from the add-ons that have to be there first."
  value       = var.cluster

  depends_on = [aws_eks_addon.this]
}

output "versions" {
  description = "Version of each add-on."
  value       = { for name, addon in aws_eks_addon.this : name => addon.addon_version }
}
