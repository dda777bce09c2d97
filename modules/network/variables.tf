variable "name" {
  description = "Prefix of every name in the network."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$", var.name))
    error_message = "The name starts with a letter or digit and has up to 100 letters, digits, hyphens and underscores."
  }
}

variable "cidr" {
  description = "IPv4 block of the VPC. Each zone gets a quarter of it as a private subnet; the last quarter is shared by the public subnets."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15)) && can(regex("/(1[6-9]|2[0-2])$", var.cidr))
    error_message = "The block is an IPv4 CIDR from /16 to /22, such as 10.0.0.0/16."
  }
}

variable "zone_count" {
  description = "How many availability zones to use. EKS needs two; three survive the loss of one without losing the majority."
  type        = number
  default     = 3

  validation {
    condition     = contains([2, 3], var.zone_count)
    error_message = "Use two or three zones."
  }
}

variable "zone_names" {
  description = "Availability zones to use instead of the first `zone_count` of the region, in this order. Pin them for a network that lives long."
  type        = list(string)
  default     = null

  validation {
    condition     = var.zone_names == null ? true : contains([2, 3], length(distinct(var.zone_names))) && length(distinct(var.zone_names)) == length(var.zone_names)
    error_message = "Name two or three different zones."
  }
}

variable "excluded_zone_ids" {
  description = "Zone ids that are never chosen. The default names the zones that EKS refuses for a control plane."
  type        = set(string)
  default     = ["use1-az3", "usw1-az2", "cac1-az3"]
}

variable "tags" {
  description = "Tags for everything that this module makes."
  type        = map(string)
  default     = {}
}
