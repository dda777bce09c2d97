output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "IPv4 block of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "zone_names" {
  description = "Availability zones in use, in the order of the subnet ids."
  value       = local.zones
}

# A subnet is of use once it has a way out, and must keep it until its last user is gone: nothing refers to the
# routes, so the outputs wait for them.

output "public_subnet_ids" {
  description = "Public subnets, one for each zone. Whoever reads this waits for the route to the internet."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]

  depends_on = [
    aws_route.internet,
    aws_route_table_association.public,
  ]
}

output "private_subnet_ids" {
  description = "Private subnets, one for each zone. Whoever reads this waits for the route through the NAT gateway."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]

  depends_on = [
    aws_route.nat,
    aws_route_table_association.private,
  ]
}

output "nat_public_ip" {
  description = "Address from which the private subnets reach the internet. Waits for the gateway."
  value       = aws_eip.nat.public_ip

  depends_on = [aws_route.nat]
}
