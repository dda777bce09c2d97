variable "name" {
  description = "Name of the launch template and of its instances."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z()./_-]{3,99}$", var.name))
    error_message = "A launch template's name has 3 to 99 letters, digits and ( ) . / _ -."
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

variable "instance_types" {
  description = "Instance types that the template is for, of one architecture. The first one is in the template."
  type        = list(string)
}

variable "instance_profile_arn" {
  description = "Instance profile of the nodes, from `modules/node-role`."
  type        = string
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

  validation {
    condition     = var.volume_size_gib >= 20
    error_message = "The image needs 20 GiB at least."
  }
}

variable "metadata_hop_limit" {
  description = "How many network hops an answer of the instance metadata service survives: 1 keeps pods from the node's credentials, 2 lets them have metadata."
  type        = number
  default     = 2

  validation {
    condition     = var.metadata_hop_limit >= 1 && var.metadata_hop_limit <= 64
    error_message = "The hop limit is 1 to 64."
  }
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
  description = "Tags for the template, the instances and their volumes. default_tags of the provider do not reach the latter two."
  type        = map(string)
  default     = {}
}
