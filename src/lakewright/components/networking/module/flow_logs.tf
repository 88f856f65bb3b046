locals {
  to_cloudwatch = var.flow_logs == "cloudwatch" ? 1 : 0
}

resource "aws_flow_log" "this" {
  count = var.flow_logs == "none" ? 0 : 1

  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = var.flow_logs == "s3" ? "s3" : "cloud-watch-logs"
  log_destination          = var.flow_logs == "s3" ? "${var.flow_log_bucket_arn}/vpc/" : aws_cloudwatch_log_group.flow_logs[0].arn
  iam_role_arn             = one(aws_iam_role.flow_logs[*].arn)

  tags = { Name = var.name }
}

resource "aws_cloudwatch_log_group" "flow_logs" {
  count = local.to_cloudwatch

  name              = "/aws/vpc/${var.name}"
  retention_in_days = var.flow_log_retention_in_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "flow_logs" {
  count = local.to_cloudwatch

  name                 = "${var.name}-flow-logs"
  description          = "Lets VPC flow logs write to their log group"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FlowLogs"
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "flow_logs" {
  count = local.to_cloudwatch

  name = "write-flow-logs"
  role = aws_iam_role.flow_logs[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Write"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.flow_logs[0].arn}:*"
    }]
  })
}
