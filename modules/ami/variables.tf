variable "kubernetes_version" {
  description = "Kubernetes version of the image: the cluster's, or up to three minors below it."
  type        = string
}

variable "ami_family" {
  description = "Operating system of the nodes: al2023, bottlerocket, or al2 with an image of your own."
  type        = string
  default     = "al2023"

  validation {
    condition     = contains(["al2023", "bottlerocket", "al2"], var.ami_family)
    error_message = "The family is al2023, bottlerocket or al2."
  }

  validation {
    condition     = var.ami_family != "al2" || var.ami_id != null
    error_message = "EKS makes no more Amazon Linux 2 images: name an old one in `ami_id`."
  }
}

variable "ami_id" {
  description = "Image to use instead of the one that AWS recommends at the moment. Pin it where a new image must not reach nodes by itself."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null ? true : can(regex("^ami-[0-9a-z]+$", var.ami_id))
    error_message = "An image id looks like ami-0123456789abcdef0."
  }
}

variable "instance_types" {
  description = "Instance types that will run the image. They share one architecture, which selects the image."
  type        = list(string)

  validation {
    condition     = length(var.instance_types) > 0
    error_message = "Name at least one instance type."
  }

  # Families of Arm processors have a g after their generation (m7g, c7gn, im4gn), the first one is a1.
  validation {
    condition     = length(distinct([for type in var.instance_types : can(regex("^(a1|[a-z]+[0-9]+g[a-z]*)\\.", type))])) == 1
    error_message = "One image runs on one architecture: do not mix Arm types (such as m7g.large) with others."
  }
}
