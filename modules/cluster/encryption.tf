locals {
  makes_kms_key = var.encrypt_secrets && var.kms_key_arn == null
  kms_key_arn   = var.kms_key_arn != null ? var.kms_key_arn : one(aws_kms_key.secrets[*].arn)
}

resource "aws_kms_key" "secrets" {
  count = local.makes_kms_key ? 1 : 0

  description             = "Secrets of the EKS cluster ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.kms_deletion_window_days

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_kms_alias" "secrets" {
  count = local.makes_kms_key ? 1 : 0

  name          = "alias/eks/${var.name}"
  target_key_id = aws_kms_key.secrets[0].key_id
}
