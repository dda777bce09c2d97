variable "cluster" {
  description = "The cluster to join, as `modules/cluster` gives it in its output `cluster`."
  type = object({
    name                  = string
    endpoint              = string
    certificate_authority = string
    service_cidr          = string
  })
}

variable "ami_family" {
  description = "What reads the user data: al2023 (nodeadm), bottlerocket (its settings), or al2 (bootstrap.sh; only images of your own)."
  type        = string
  default     = "al2023"

  validation {
    condition     = contains(["al2023", "bottlerocket", "al2"], var.ami_family)
    error_message = "The family is al2023, bottlerocket or al2."
  }

  validation {
    condition     = var.ami_family != "al2" || var.ami_id != null
    error_message = "bootstrap.sh is only on old Amazon Linux 2 images: name the one that you use in `ami_id`."
  }
}

variable "ami_id" {
  description = "The image, when you chose it yourself. Only al2 asks for it."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels that the nodes register with."
  type        = map(string)
  default     = {}

  # The API server refuses a kubelet that gives itself other labels of these domains, and the node never appears.
  validation {
    condition = length([
      for label in keys(var.labels) : label
      if can(regex("^([^/]*\\.)?(kubernetes|k8s)\\.io/", label)) && !can(regex("^([^/]*\\.)?(node|kubelet)\\.kubernetes\\.io/", label))
    ]) == 0
    error_message = "Nodes may not give themselves labels of kubernetes.io or k8s.io, but for node.kubernetes.io/ and kubelet.kubernetes.io/."
  }
}

variable "taints" {
  description = "Taints that the nodes register with."
  type = list(object({
    key    = string
    value  = optional(string, "")
    effect = string
  }))
  default = []

  validation {
    condition     = length([for taint in var.taints : taint if !contains(["NoSchedule", "PreferNoSchedule", "NoExecute"], taint.effect)]) == 0
    error_message = "The effect of a taint is NoSchedule, PreferNoSchedule or NoExecute."
  }
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

  validation {
    condition     = var.ami_family == "al2023" || length(var.kubelet_config) == 0
    error_message = "`kubelet_config` is for al2023; Bottlerocket has `bottlerocket_settings`."
  }
}

variable "pre_bootstrap_script" {
  description = "Shell script that runs before the node joins. Not for Bottlerocket, which has no shell."
  type        = string
  default     = null

  validation {
    condition     = var.pre_bootstrap_script == null || var.ami_family != "bottlerocket"
    error_message = "Bottlerocket runs no scripts."
  }
}

variable "bottlerocket_settings" {
  description = "TOML to append to Bottlerocket's settings, such as a table [settings.kernel]."
  type        = string
  default     = ""

  validation {
    condition     = var.bottlerocket_settings == "" || var.ami_family == "bottlerocket"
    error_message = "`bottlerocket_settings` is for Bottlerocket."
  }
}
