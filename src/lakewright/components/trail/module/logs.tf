# The trail as a log group too, for metric filters and alarms.
resource "aws_cloudwatch_log_group" "this" {
  count = var.log_retention_in_days == null ? 0 : 1

  name              = "/aws/cloudtrail/${var.name}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "logs" {
  count = var.log_retention_in_days == null ? 0 : 1

  name                 = "${var.name}-logs"
  description          = "Lets CloudTrail write to its log group"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "CloudTrail"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "logs" {
  count = var.log_retention_in_days == null ? 0 : 1

  name = "write-logs"
  role = aws_iam_role.logs[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Write"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.this[0].arn}:log-stream:*"
    }]
  })
}
