# Made before the cluster, or EKS makes it without retention and ours is refused as existing already. Destroyed after
# the cluster, and a little later: streams that are still being written would make it again.
resource "aws_cloudwatch_log_group" "control_plane" {
  count = length(var.log_types) > 0 ? 1 : 0

  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days

  tags = var.tags
}

resource "time_sleep" "late_log_streams" {
  count = length(var.log_types) > 0 ? 1 : 0

  destroy_duration = var.log_group_destroy_delay

  depends_on = [aws_cloudwatch_log_group.control_plane]
}
