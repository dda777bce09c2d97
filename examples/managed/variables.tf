variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "name" {
  description = "Name of the cluster."
  type        = string
  default     = "landfall-managed"
}
