# A thousand resources as a grown network has them: 970 that one call reads many of, and 30 that take reads of their own.

provider "aws" {
  region = "us-east-1"
}

locals {
  subnets = { for number in range(150) : format("s%03d", number) => cidrsubnet("10.0.0.0/16", 8, number) }
  groups  = toset([for number in range(100) : format("g%03d", number)])
  rules   = { for pair in setproduct(local.groups, range(5)) : "${pair[0]}-${pair[1]}" => pair }
  few     = toset([for number in range(10) : tostring(number)])
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "this" {
  for_each          = local.subnets
  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = "us-east-1a"
}

resource "aws_route_table" "this" {
  count  = 20
  vpc_id = aws_vpc.this.id
}

resource "aws_route_table_association" "this" {
  for_each       = aws_subnet.this
  subnet_id      = each.value.id
  route_table_id = aws_route_table.this[tonumber(substr(each.key, 1, 3)) % 20].id
}

resource "aws_security_group" "this" {
  for_each = local.groups
  name     = each.key
  vpc_id   = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each          = local.rules
  security_group_id = aws_security_group.this[each.value[0]].id
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "tcp"
  from_port         = 8000 + tonumber(each.value[1])
  to_port           = 8000 + tonumber(each.value[1])
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each          = toset(slice(sort(local.groups), 0, 49))
  security_group_id = aws_security_group.this[each.key].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_iam_role" "this" {
  for_each = local.few
  name     = "many-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_policy" "this" {
  for_each = toset(slice(sort(local.few), 0, 9))
  name     = "many-${each.key}"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "*" }]
  })
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.few
  name     = "/many/${each.key}"
}
