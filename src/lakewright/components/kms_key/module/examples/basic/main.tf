data "aws_caller_identity" "current" {}

module "key" {
  source = "../.."

  alias       = "shop-dev"
  description = "Encrypts what shop keeps in dev"

  policy = jsonencode({
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

output "key_arn" {
  description = "ARN of the key."
  value       = module.key.arn
}
