variable "cluster" {
  description = "The cluster, as `modules/cluster` gives it in its output `cluster`, or as a module of nodes hands it on."
  type = object({
    name                  = string
    version               = string
    endpoint              = string
    certificate_authority = string
    service_cidr          = string
    security_group_id     = string
  })
}

variable "addons" {
  description = <<-EOT
    Add-ons by name. `version` is one that EKS offers for the cluster's version; without it, `most_recent = true`
    looks up the newest compatible one and follows it, and otherwise EKS takes its default.
  EOT
  type = map(object({
    version                     = optional(string)
    most_recent                 = optional(bool, false)
    configuration_values        = optional(string)
    service_account_role_arn    = optional(string)
    resolve_conflicts_on_create = optional(string, "OVERWRITE")
    resolve_conflicts_on_update = optional(string, "OVERWRITE")
    preserve                    = optional(bool)
    pod_identity_associations   = optional(map(string), {})
  }))

  validation {
    condition     = length([for addon in values(var.addons) : addon if addon.version != null && addon.most_recent]) == 0
    error_message = "An add-on has either `version` or `most_recent = true`, not both."
  }
}

variable "tags" {
  description = "Tags for the add-ons."
  type        = map(string)
  default     = {}
}
