variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "name" {
  description = "Name of the cluster."
  type        = string
  default     = "landfall-spot-fleet"
}

variable "ami_id" {
  description = "Image for the nodes. Null takes the EKS-optimized Amazon Linux 2023 image that AWS recommends."
  type        = string
  default     = null
}

variable "create_service_linked_roles" {
  description = "True in an account that never used spot instances; it has the roles otherwise."
  type        = bool
  default     = false
}
