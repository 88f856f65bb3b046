data "aws_caller_identity" "current" {}

locals {
  bucket = "shop-dev-state-${data.aws_caller_identity.current.account_id}"
}

module "state" {
  source = "../.."

  bucket = local.bucket
  alias  = "shop-dev-state"

  bucket_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::${local.bucket}", "arn:aws:s3:::${local.bucket}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Account"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

output "bucket_name" {
  description = "Name of the bucket."
  value       = module.state.bucket_name
}
