# Nodes read these, and nothing else refers to the policies and the entry: the outputs wait for them, so that they are
# there before the first node and go after the last one.

output "role_arn" {
  description = "ARN of the role."
  value       = aws_iam_role.this.arn

  depends_on = [
    aws_iam_role_policy_attachment.this,
    aws_eks_access_entry.this,
  ]
}

output "role_name" {
  description = "Name of the role."
  value       = aws_iam_role.this.name

  depends_on = [
    aws_iam_role_policy_attachment.this,
    aws_eks_access_entry.this,
  ]
}

output "instance_profile_arn" {
  description = "ARN of the instance profile; null for a managed node group."
  value       = one(aws_iam_instance_profile.this[*].arn)

  depends_on = [
    aws_iam_role_policy_attachment.this,
    aws_eks_access_entry.this,
  ]
}

output "instance_profile_name" {
  description = "Name of the instance profile; null for a managed node group."
  value       = one(aws_iam_instance_profile.this[*].name)

  depends_on = [
    aws_iam_role_policy_attachment.this,
    aws_eks_access_entry.this,
  ]
}
