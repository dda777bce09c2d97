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

variable "target_capacity" {
  description = "Number of nodes."
  type        = number
  default     = 2
}

variable "on_demand_target_capacity" {
  description = "How many of them are on-demand."
  type        = number
  default     = 0

  validation {
    condition     = var.on_demand_target_capacity <= var.target_capacity
    error_message = "No more nodes can be on-demand than there are nodes."
  }
}

variable "allocation_strategy" {
  description = "How spot capacity is chosen among types and zones."
  type        = string
  default     = "priceCapacityOptimized"

  validation {
    condition     = contains(["priceCapacityOptimized", "capacityOptimized", "diversified", "lowestPrice"], var.allocation_strategy)
    error_message = "The strategy is priceCapacityOptimized, capacityOptimized, diversified or lowestPrice."
  }
}

variable "capacity_rebalance" {
  description = "Whether the fleet launches a replacement when AWS expects to take an instance back. The old one goes on, and costs, until it is taken."
  type        = bool
  default     = false
}

variable "create_service_linked_roles" {
  description = "Whether to make the account's roles AWSServiceRoleForEC2Spot and AWSServiceRoleForEC2SpotFleet. An account has each of them once: true only where spot was never used, false where they exist."
  type        = bool
  default     = false
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
