data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

# EKS makes the access entry of this role itself.
resource "aws_iam_role" "pods" {
  name        = "${var.cluster.name}-${var.name}"
  description = "Fargate pods of the EKS cluster ${var.cluster.name}"

  # Only for profiles of this cluster.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "eks-fargate-pods.amazonaws.com" }
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:eks:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:fargateprofile/${var.cluster.name}/*"
        }
      }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "pods" {
  role       = aws_iam_role.pods.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"
}

resource "aws_eks_fargate_profile" "this" {
  cluster_name           = var.cluster.name
  fargate_profile_name   = var.name
  pod_execution_role_arn = aws_iam_role.pods.arn
  subnet_ids             = var.subnet_ids

  dynamic "selector" {
    for_each = var.selectors

    content {
      namespace = selector.value.namespace
      labels    = selector.value.labels
    }
  }

  tags = var.tags

  # Pods end with the profile and need the role until then.
  depends_on = [aws_iam_role_policy_attachment.pods]
}
