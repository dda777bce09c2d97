output "cluster" {
  description = "All that add-ons and nodes need to know of the cluster, for their variable `cluster`."
  value = {
    name                  = aws_eks_cluster.this.name
    version               = aws_eks_cluster.this.version
    endpoint              = aws_eks_cluster.this.endpoint
    certificate_authority = aws_eks_cluster.this.certificate_authority[0].data
    service_cidr          = aws_eks_cluster.this.kubernetes_network_config[0].service_ipv4_cidr
    security_group_id     = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  }
}

output "name" {
  description = "Name of the cluster. Whoever reads it waits for the administrator's access."
  value       = aws_eks_cluster.this.name

  depends_on = [
    aws_eks_access_policy_association.administrator,
    aws_eks_access_policy_association.this,
  ]
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_eks_cluster.this.arn
}

output "endpoint" {
  description = "Address of the API server."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "Certificate of the API server's authority, base64."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "version" {
  description = "Kubernetes version."
  value       = aws_eks_cluster.this.version
}

output "security_group_id" {
  description = "The security group that EKS made for the control plane and the nodes."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "role_arn" {
  description = "Role of the control plane."
  value       = aws_iam_role.cluster.arn
}

output "oidc_issuer" {
  description = "URL of the cluster's OIDC issuer."
  value       = aws_eks_cluster.this.identity[0].oidc[0].issuer
}

output "oidc_provider_arn" {
  description = "ARN of the OIDC provider in IAM; null without one."
  value       = one(aws_iam_openid_connect_provider.this[*].arn)
}

output "kms_key_arn" {
  description = "Key that encrypts the secrets; null without one."
  value       = var.encrypt_secrets ? local.kms_key_arn : null
}

output "log_group_name" {
  description = "Log group of the control plane; null without logs."
  value       = one(aws_cloudwatch_log_group.control_plane[*].name)
}

output "administrator_arn" {
  description = "IAM principal that administers the cluster; null when access is not managed here."
  value       = var.manage_access ? local.administrator_arn : null
}
