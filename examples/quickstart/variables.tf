variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "name" {
  description = "Name of the cluster; everything else is named after it."
  type        = string
  default     = "landfall-quickstart"

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z_-]{0,39}$", var.name))
    error_message = "The name starts with a letter or digit and has up to 40 letters, digits, hyphens and underscores."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of the cluster and its nodes."
  type        = string
  default     = "1.35"
}

variable "vpc_cidr" {
  description = "IPv4 block of the VPC, /16 to /22."
  type        = string
  default     = "10.0.0.0/16"
}

variable "zone_count" {
  description = "How many availability zones to use: 2 or 3."
  type        = number
  default     = 3
}

variable "public_access_cidrs" {
  description = "Blocks that reach the API server over the internet. Put your own address here."
  type        = set(string)
  default     = ["0.0.0.0/0"]
}

variable "log_types" {
  description = "Logs of the control plane that go to CloudWatch."
  type        = set(string)
  default     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
}

variable "log_retention_days" {
  description = "Days that CloudWatch keeps them."
  type        = number
  default     = 14
}

variable "log_group_destroy_delay" {
  description = "How long a destroy waits between the cluster and its log group."
  type        = string
  default     = "60s"
}

variable "instance_types" {
  description = "Instance types of the self-managed nodes, the preferred one first; all of one architecture."
  type        = list(string)
  default     = ["t3.medium", "t3a.medium"]
}

variable "managed_instance_types" {
  description = "Instance types of the managed node group."
  type        = list(string)
  default     = ["t3.medium"]
}

variable "ami_id" {
  description = "Image for the self-managed nodes. Null takes the EKS-optimized Amazon Linux 2023 image that AWS recommends."
  type        = string
  default     = null
}

variable "autoscaling_size" {
  description = "Size of the autoscaling group: bounds, and the number of nodes to start with."
  type = object({
    min     = number
    initial = number
    max     = number
  })
  default = { min = 0, initial = 2, max = 4 }
}

variable "spot_fleet_capacity" {
  description = "Nodes of the spot fleet."
  type        = number
  default     = 1
}

variable "managed_size" {
  description = "Size of the managed node group: bounds, and the number of nodes to start with."
  type = object({
    min     = number
    initial = number
    max     = number
  })
  default = { min = 1, initial = 1, max = 3 }
}

variable "development_hours" {
  description = "When a development cluster has its autoscaling nodes: cron fields for morning and evening, in a time zone. Null keeps them day and night."
  type = object({
    morning   = string
    evening   = string
    time_zone = string
  })
  default = {
    morning   = "0 7 * * MON-FRI"
    evening   = "0 20 * * *"
    time_zone = "Etc/UTC"
  }
}

variable "managed_max_unavailable_percentage" {
  description = "Percentage of the managed nodes that an update takes out at once; null for the default of EKS, one node."
  type        = number
  default     = 33
}

variable "fargate_namespace" {
  description = "Namespace whose pods run on Fargate."
  type        = string
  default     = "serverless"
}

variable "tags" {
  description = "Further tags for everything."
  type        = map(string)
  default     = {}
}

# Parts to leave out, where an emulator lacks them or you do not want them.

variable "access_entries_enabled" {
  description = "Whether access is managed by access entries: the administrator's and those of the self-managed nodes. Without them no self-managed node joins."
  type        = bool
  default     = true
}

variable "addons_enabled" {
  description = "Whether the add-ons are installed. Without them no node becomes ready."
  type        = bool
  default     = true
}

variable "cluster_security_group_enabled" {
  description = "Whether self-managed nodes are in the security group that EKS makes for the cluster. Without it they do not reach the control plane."
  type        = bool
  default     = true
}

variable "spot_fleet_enabled" {
  description = "Whether there is a spot fleet."
  type        = bool
  default     = true
}

variable "managed_nodes_enabled" {
  description = "Whether there is a managed node group."
  type        = bool
  default     = true
}

variable "fargate_enabled" {
  description = "Whether there is a Fargate profile."
  type        = bool
  default     = true
}

variable "create_spot_service_linked_roles" {
  description = "True in an account that never used spot instances; it has the roles otherwise."
  type        = bool
  default     = false
}
