variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "Name of the cluster."
  type        = string
  default     = "landfall-fargate"
}
