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
  default     = ["m6i.large", "m5.large", "m6a.large"]

  validation {
    condition     = length(var.instance_types) > 0
    error_message = "Name at least one instance type."
  }
}

variable "instance_profile_arn" {
  description = "Instance profile of the nodes, from `modules/node-role`."
  type        = string
}

variable "min_size" {
  description = "Least number of nodes. A schedule cannot go below it."
  type        = number
  default     = 0
}

variable "max_size" {
  description = "Greatest number of nodes."
  type        = number
  default     = 4
}

variable "initial_size" {
  description = "Number of nodes to start with. Afterwards schedules, autoscalers and people move it, and a plan leaves it alone."
  type        = number
  default     = 2

  validation {
    condition     = var.min_size <= var.initial_size && var.initial_size <= var.max_size
    error_message = "The initial size lies between `min_size` and `max_size`."
  }
}

variable "on_demand_base" {
  description = "How many nodes are on-demand in any case."
  type        = number
  default     = 0
}

variable "on_demand_percentage" {
  description = "Percentage of on-demand nodes above the base; the rest is spot."
  type        = number
  default     = 100

  validation {
    condition     = var.on_demand_percentage >= 0 && var.on_demand_percentage <= 100
    error_message = "The percentage is 0 to 100."
  }
}

variable "spot_allocation_strategy" {
  description = "How spot capacity is chosen among types and zones."
  type        = string
  default     = "price-capacity-optimized"

  validation {
    condition     = contains(["price-capacity-optimized", "capacity-optimized", "capacity-optimized-prioritized", "lowest-price"], var.spot_allocation_strategy)
    error_message = "The strategy is price-capacity-optimized, capacity-optimized, capacity-optimized-prioritized or lowest-price."
  }
}

variable "schedules" {
  description = "Sizes at set times, by name: `size` nodes whenever the five cron fields of `recurrence` match in `time_zone` (UTC when null). Only the number of nodes moves, never its bounds, so that a plan stays empty."
  type = map(object({
    recurrence = string
    size       = number
    time_zone  = optional(string)
  }))
  default = {}

  validation {
    condition     = length([for schedule in values(var.schedules) : schedule if schedule.size < var.min_size || schedule.size > var.max_size]) == 0
    error_message = "The size of a schedule lies between `min_size` and `max_size`; to scale to nothing, let `min_size` be 0."
  }
}

variable "instance_refresh" {
  description = "Replaces the nodes step by step whenever their template changes, keeping this percentage of them. Null: only new nodes use a new template."
  type = object({
    min_healthy_percentage = optional(number, 90)
    instance_warmup        = optional(number, 120)
  })
  default = null
}

variable "wait_for_capacity_timeout" {
  description = "How long an apply waits for the instances; 0 does not wait."
  type        = string
  default     = "10m"
}

variable "ami_family" {
  description = "Operating system: al2023, bottlerocket, or al2 with an image of your own."
  type        = string
  default     = "al2023"
}

variable "ami_id" {
  description = "Image to use instead of the one that AWS recommends at the moment."
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

variable "max_pods" {
  description = "Most pods on a node; worked out from the instance type when null."
  type        = number
  default     = null
}

variable "kubelet_config" {
  description = "Further settings of the kubelet, in the terms of KubeletConfiguration. Only for al2023."
  type        = any
  default     = {}
}

variable "pre_bootstrap_script" {
  description = "Shell script that runs before the node joins."
  type        = string
  default     = null
}

variable "bottlerocket_settings" {
  description = "TOML to append to Bottlerocket's settings."
  type        = string
  default     = ""
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

variable "attach_cluster_security_group" {
  description = "Whether nodes are in the security group that EKS made for the cluster. Without it, `additional_security_group_ids` has to let nodes and control plane reach each other."
  type        = bool
  default     = true
}

variable "additional_security_group_ids" {
  description = "Further security groups. None of them may carry the tag kubernetes.io/cluster/NAME: load balancers want exactly one that does, and the cluster's own has it."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags for everything that this module makes, and for instances and volumes, which default_tags do not reach."
  type        = map(string)
  default     = {}
}
