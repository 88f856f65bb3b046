data "aws_caller_identity" "current" {}

module "people" {
  source = "../.."

  roles = {
    DataAnalyst = {
      name        = "shop-dev-data-analyst"
      description = "Reads Gold without personal data"

      trust = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid       = "Account"
          Effect    = "Allow"
          Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
          Action    = "sts:AssumeRole"
        }]
      })

      policy = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid      = "Data"
          Effect   = "Allow"
          Action   = "lakeformation:GetDataAccess"
          Resource = "*"
        }]
      })
    }
  }
}

output "role_arns" {
  description = "ARNs of the roles."
  value       = module.people.arns
}
