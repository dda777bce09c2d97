variable "name" {
  description = "Name of the cluster. IAM roles, the KMS alias and the log group are named after it."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z_-]{0,49}$", var.name))
    error_message = "The name starts with a letter or digit and has up to 50 letters, digits, hyphens and underscores (IAM role names made from it end at 64)."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version, such as 1.35. It goes up one minor at a time."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "The version is a minor version, such as 1.35."
  }
}

variable "subnet_ids" {
  description = "Subnets for the network interfaces of the control plane, in at least two zones. The set of zones is fixed once the cluster exists."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Name at least two subnets, in different zones."
  }
}

variable "service_ipv4_cidr" {
  description = "Block for the addresses of services. EKS takes one that does not overlap the VPC when this is null."
  type        = string
  default     = null
}

variable "endpoint_public_access" {
  description = "Whether the API server can be reached from the internet, by `public_access_cidrs`."
  type        = bool
  default     = true
}

variable "endpoint_private_access" {
  description = "Whether nodes reach the API server inside the VPC."
  type        = bool
  default     = true

  validation {
    condition     = var.endpoint_private_access || var.endpoint_public_access
    error_message = "Keep at least one of the two endpoints."
  }
}

variable "public_access_cidrs" {
  description = "Blocks that reach the public endpoint."
  type        = set(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length([for block in var.public_access_cidrs : block if !can(cidrsubnet(block, 0, 0))]) == 0
    error_message = "Each entry is a CIDR block, such as 203.0.113.0/24."
  }
}

variable "log_types" {
  description = "Logs of the control plane that go to CloudWatch. None: no log group either."
  type        = set(string)
  default     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  validation {
    condition     = length([for log in var.log_types : log if !contains(["api", "audit", "authenticator", "controllerManager", "scheduler"], log)]) == 0
    error_message = "Log types are api, audit, authenticator, controllerManager and scheduler."
  }
}

variable "log_retention_days" {
  description = "Days that CloudWatch keeps the logs; 0 keeps them for ever."
  type        = number
  default     = 30

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch takes 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "log_group_destroy_delay" {
  description = "How long a destroy waits between the cluster and its log group, so that late streams do not make the group again."
  type        = string
  default     = "60s"

  validation {
    condition     = can(regex("^[0-9]+(ms|s|m)$", var.log_group_destroy_delay))
    error_message = "The delay is a duration, such as 60s."
  }
}

variable "encrypt_secrets" {
  description = "Whether secrets are encrypted with a KMS key. It can be turned on later; turning it off replaces the cluster."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "A KMS key of your own for the secrets: symmetric, in the cluster's region. Without it the module makes one."
  type        = string
  default     = null
}

variable "kms_deletion_window_days" {
  description = "Days between the destroy of the module's KMS key and its end."
  type        = number
  default     = 7

  validation {
    condition     = var.kms_deletion_window_days >= 7 && var.kms_deletion_window_days <= 30
    error_message = "KMS takes 7 to 30 days."
  }
}

variable "oidc_provider_enabled" {
  description = "Whether IAM trusts the cluster's OIDC issuer (IAM roles for service accounts)."
  type        = bool
  default     = true
}

variable "manage_access" {
  description = "Whether the cluster uses access entries, with the administrator's among them. False leaves `access_config` and all entries out."
  type        = bool
  default     = true
}

variable "administrator_arn" {
  description = "IAM role or user that administers the cluster; whoever applies when null. Name one when several people apply, or the entry moves with each of them."
  type        = string
  default     = null
}

variable "access_entries" {
  description = <<-EOT
    Further access entries. The key is a name of your choice; `policies` maps the name of an EKS access policy to its
    scope: no namespaces is the whole cluster. The entries of nodes are made by `modules/node-role`.
  EOT
  type = map(object({
    principal_arn     = string
    user_name         = optional(string)
    kubernetes_groups = optional(set(string))
    policies = optional(map(object({
      namespaces = optional(set(string), [])
    })), {})
  }))
  default = {}
}

variable "support_type" {
  description = "STANDARD upgrades the cluster when standard support ends, EXTENDED goes on at a higher price. EKS takes EXTENDED when this is null."
  type        = string
  default     = null

  validation {
    condition     = var.support_type == null ? true : contains(["STANDARD", "EXTENDED"], var.support_type)
    error_message = "The support type is STANDARD or EXTENDED."
  }
}

variable "deletion_protection" {
  description = "Whether EKS refuses to delete the cluster."
  type        = bool
  default     = null
}

variable "tags" {
  description = "Tags for everything that this module makes."
  type        = map(string)
  default     = {}
}
