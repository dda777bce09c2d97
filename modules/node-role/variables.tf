variable "name" {
  description = "Name of the role and of its instance profile."
  type        = string

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.name))
    error_message = "An IAM role name has up to 64 letters, digits and + = , . @ _ -."
  }
}

variable "cluster" {
  description = "The cluster, as `modules/cluster` gives it in its output `cluster`. Only its name is used."
  type = object({
    name = string
  })
}

variable "self_managed" {
  description = <<-EOT
    True for nodes of an autoscaling group, a spot fleet or by hand: they need an instance profile, and an access entry
    of type EC2_LINUX to join. False for a managed node group: EKS makes both itself.
  EOT
  type        = bool
}

variable "create_access_entry" {
  description = "False leaves the access entry of self-managed nodes out: they do not join then, unless the aws-auth config map lets them."
  type        = bool
  default     = true
}

variable "attach_cni_policy" {
  description = "Whether nodes may run the VPC CNI with their own role. False when the add-on has a role of its own."
  type        = bool
  default     = true
}

variable "additional_policy_arns" {
  description = "Further policies, by a name of your choice."
  type        = map(string)
  default     = {}
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for everything that this module makes."
  type        = map(string)
  default     = {}
}
