locals {
  architecture = can(regex("^(a1|[a-z]+[0-9]+g[a-z]*)\\.", var.instance_types[0])) ? "arm64" : "x86_64"

  parameters = {
    al2023       = "/aws/service/eks/optimized-ami/${var.kubernetes_version}/amazon-linux-2023/${local.architecture}/standard/recommended/image_id"
    bottlerocket = "/aws/service/bottlerocket/aws-k8s-${var.kubernetes_version}/${local.architecture}/latest/image_id"
  }
}

data "aws_ssm_parameter" "recommended" {
  count = var.ami_id == null ? 1 : 0

  name = local.parameters[var.ami_family]
}
