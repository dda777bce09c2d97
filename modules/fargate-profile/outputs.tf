output "cluster" {
  description = "The cluster, unchanged. Whoever reads it from here waits for the profile."
  value       = var.cluster

  depends_on = [aws_eks_fargate_profile.this]
}

output "name" {
  description = "Name of the profile."
  value       = aws_eks_fargate_profile.this.fargate_profile_name
}

output "arn" {
  description = "ARN of the profile."
  value       = aws_eks_fargate_profile.this.arn
}

output "role_arn" {
  description = "Role with which pods pull images and write logs."
  value       = aws_iam_role.pods.arn
}
