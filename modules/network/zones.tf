# Ordinary zones of the region: no local or Wavelength zone (they have to be opted into), and none that EKS refuses.
data "aws_availability_zones" "usable" {
  state            = "available"
  exclude_zone_ids = var.excluded_zone_ids

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  usable_zones = sort(data.aws_availability_zones.usable.names)
  zones        = var.zone_names != null ? var.zone_names : slice(local.usable_zones, 0, min(var.zone_count, length(local.usable_zones)))

  # A zone keeps its blocks when a third zone joins: the first three quarters are private subnets, and the last
  # quarter is cut into four for the public ones.
  subnets = {
    for index, zone in local.zones : zone => {
      private_cidr = cidrsubnet(var.cidr, 2, index)
      public_cidr  = cidrsubnet(var.cidr, 4, 12 + index)
    }
  }
}
