output "image_id" {
  description = "Id of the image."
  value       = var.ami_id != null ? var.ami_id : one(data.aws_ssm_parameter.recommended[*].insecure_value)
}

output "architecture" {
  description = "Architecture of the instance types: x86_64 or arm64."
  value       = local.architecture
}

output "volume_device_name" {
  description = "Device of the volume that holds the containers: the root of Amazon Linux, the data volume of Bottlerocket."
  value       = var.ami_family == "bottlerocket" ? "/dev/xvdb" : "/dev/xvda"
}
