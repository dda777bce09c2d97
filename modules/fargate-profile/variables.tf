variable "name" {
  description = "Name of the profile."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z_-]{0,39}$", var.name))
    error_message = "The name starts with a letter or digit and has up to 40 letters, digits, hyphens and underscores."
  }
}

variable "cluster" {
  description = "The cluster, as `modules/cluster` gives it in its output `cluster`. Only its name is used; the rest is handed on."
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
  description = "Private subnets for the pods: subnets with a route to an internet gateway are refused."
  type        = list(string)
}

variable "selectors" {
  description = "Pods that run on Fargate: one to five selectors, each a namespace (with * and ? as wildcards) and labels that all have to be there."
  type = list(object({
    namespace = string
    labels    = optional(map(string), {})
  }))

  validation {
    condition     = length(var.selectors) >= 1 && length(var.selectors) <= 5
    error_message = "A profile has one to five selectors."
  }

  validation {
    condition     = length([for selector in var.selectors : selector if length(selector.labels) > 5]) == 0
    error_message = "A selector has up to five labels."
  }

  # CoreDNS on Fargate needs its add-on configured for it; caught by accident, it stays pending.
  validation {
    condition     = var.allow_kube_system || length([for selector in var.selectors : selector if can(regex("^(kube-system|kube-\\*|k\\*|\\*)$", selector.namespace))]) == 0
    error_message = "The selector takes kube-system, and CoreDNS with it. Set `allow_kube_system` if that is meant."
  }
}

variable "allow_kube_system" {
  description = "Whether selectors may take kube-system."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for everything that this module makes."
  type        = map(string)
  default     = {}
}
