locals {
  # Names that DMS looks for: https://docs.aws.amazon.com/dms/latest/userguide/security-iam.html#CHAP_Security.APIRole
  account_roles = var.account_roles ? {
    dms-vpc-role             = "AmazonDMSVPCManagementRole"
    dms-cloudwatch-logs-role = "AmazonDMSCloudWatchLogsRole"
  } : {}
}

resource "aws_iam_role" "account" {
  for_each = local.account_roles

  name        = each.key
  description = "What DMS itself needs in this account"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "dms.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "account" {
  for_each = local.account_roles

  role       = aws_iam_role.account[each.key].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/${each.value}"
}

# The regional principal is what DMS uses to read secrets.
resource "aws_iam_role" "secret" {
  name        = "${var.name}-secret"
  description = "DMS reads the source's address and password"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "dms.${data.aws_region.current.id}.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "secret" {
  name   = "read-secret"
  role   = aws_iam_role.secret.id
  policy = var.secret_policy
}

resource "aws_iam_role" "target" {
  name        = "${var.name}-bronze"
  description = "DMS writes Bronze"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "dms.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "target" {
  name   = "write-bronze"
  role   = aws_iam_role.target.id
  policy = var.target_policy
}
