variable "name" {
  description = "Name of the nodes within the cluster; their resources are named after cluster and nodes."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z_-]{0,39}$", var.name))
    error_message = "The name starts with a letter or digit and has up to 40 letters, digits, hyphens and underscores."
  }
}

variable "cluster" {
  description = "The cluster to join, as `modules/cluster` gives it in its output `cluster`."
  type = object({
    name                  = string
    version               = string
    endpoint              = string
    certificate_authority = string
    service_cidr          = string
    security_group_id     = string
  })
}

variable "subnet_ids" {
  description = "Private subnets for the nodes, one for each zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "Name at least one subnet."
  }
}

variable "instance_types" {
  description = "Instance types, the preferred one first. They share one architecture."
  type        = list(string)
  default     = ["m6i.large"]

  validation {
    condition     = length(var.instance_types) > 0
    error_message = "Name at least one instance type."
  }
}

variable "node_role_arn" {
  description = "Role of the nodes, from `modules/node-role` with `self_managed = false`."
  type        = string
}

variable "min_size" {
  description = "Least number of nodes."
  type        = number
  default     = 1
}

variable "max_size" {
  description = "Greatest number of nodes."
  type        = number
  default     = 4
}

variable "initial_size" {
  description = "Number of nodes to start with. Afterwards autoscalers and people move it, and a plan leaves it alone."
  type        = number
  default     = 2

  validation {
    condition     = var.min_size <= var.initial_size && var.initial_size <= var.max_size
    error_message = "The initial size lies between `min_size` and `max_size`."
  }
}

variable "max_unavailable_percentage" {
  description = "Percentage of the nodes that an update takes out at once; null for the default of EKS, one node."
  type        = number
  default     = 33

  validation {
    condition     = var.max_unavailable_percentage == null ? true : var.max_unavailable_percentage >= 1 && var.max_unavailable_percentage <= 100
    error_message = "The percentage is 1 to 100."
  }
}

variable "capacity_type" {
  description = "ON_DEMAND or SPOT."
  type        = string
  default     = "ON_DEMAND"

  validation {
    condition     = contains(["ON_DEMAND", "SPOT"], var.capacity_type)
    error_message = "The capacity type is ON_DEMAND or SPOT."
  }
}

variable "ami_family" {
  description = "Operating system: al2023 or bottlerocket. EKS chooses the image, unless `ami_id` does."
  type        = string
  default     = "al2023"

  validation {
    condition     = contains(["al2023", "bottlerocket"], var.ami_family)
    error_message = "The family is al2023 or bottlerocket."
  }
}

variable "ami_id" {
  description = "Image of your own. EKS then adds no user data and no updates; setting or unsetting it makes a new group."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels that the nodes register with."
  type        = map(string)
  default     = {}
}

variable "taints" {
  description = "Taints that the nodes register with; `effect` is NoSchedule, PreferNoSchedule or NoExecute."
  type = list(object({
    key    = string
    value  = optional(string, "")
    effect = string
  }))
  default = []
}

variable "volume_size_gib" {
  description = "Size of the volume that holds images and containers."
  type        = number
  default     = 20
}

variable "metadata_hop_limit" {
  description = "How many network hops an answer of the instance metadata service survives: 1 keeps pods from the node's credentials, 2 lets them have metadata."
  type        = number
  default     = 2
}

variable "additional_security_group_ids" {
  description = "Further security groups, beside the cluster's own. None of them may carry the tag kubernetes.io/cluster/NAME: load balancers want exactly one that does, and the cluster's own has it."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags for everything that this module makes, and for instances and volumes, which default_tags do not reach."
  type        = map(string)
  default     = {}
}
