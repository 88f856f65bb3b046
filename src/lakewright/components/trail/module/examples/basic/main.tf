data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  bucket  = "shop-dev-trail-${local.account}"
  trail   = "arn:aws:cloudtrail:${data.aws_region.current.name}:${local.account}:trail/shop-dev"
}

module "trail" {
  source = "../.."

  name                  = "shop-dev"
  bucket                = local.bucket
  data_bucket_arns      = { gold = "arn:aws:s3:::shop-dev-gold-${local.account}" }
  log_retention_in_days = 30

  bucket_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Check"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = "arn:aws:s3:::${local.bucket}"
        Condition = { StringEquals = { "aws:SourceArn" = local.trail } }
      },
      {
        Sid       = "Write"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::${local.bucket}/AWSLogs/${local.account}/*"
        Condition = { StringEquals = { "aws:SourceArn" = local.trail } }
      },
    ]
  })
}

output "trail_arn" {
  description = "ARN of the trail."
  value       = module.trail.arn
}
