data "aws_partition" "current" {}

locals {
  managed_policies = concat(
    ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly"],
    var.attach_cni_policy ? ["AmazonEKS_CNI_Policy"] : [],
  )

  policy_arns = merge(
    { for policy in local.managed_policies : policy => "arn:${data.aws_partition.current.partition}:iam::aws:policy/${policy}" },
    var.additional_policy_arns,
  )
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Nodes of the EKS cluster ${var.cluster.name}"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.policy_arns

  role       = aws_iam_role.this.name
  policy_arn = each.value
}

resource "aws_iam_instance_profile" "this" {
  count = var.self_managed ? 1 : 0

  name = var.name
  role = aws_iam_role.this.name

  tags = var.tags
}

resource "aws_eks_access_entry" "this" {
  count = var.self_managed && var.create_access_entry ? 1 : 0

  cluster_name  = var.cluster.name
  principal_arn = aws_iam_role.this.arn
  type          = "EC2_LINUX"

  tags = var.tags

  # EKS keeps the unique id of the role, not its ARN: the entry of a role that was made again looks right and is dead.
  lifecycle {
    replace_triggered_by = [aws_iam_role.this.unique_id]
  }
}
