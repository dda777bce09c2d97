# The role with which the fleet tags and ends instances.
resource "aws_iam_role" "fleet" {
  name        = "${local.full_name}-fleet-request"
  description = "Spot fleet ${local.full_name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "spotfleet.amazonaws.com" }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "fleet" {
  role       = aws_iam_role.fleet.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole"
}

# One of each in an account, whatever the number of fleets.
resource "aws_iam_service_linked_role" "this" {
  for_each = toset(var.create_service_linked_roles ? ["spot.amazonaws.com", "spotfleet.amazonaws.com"] : [])

  aws_service_name = each.key
}
