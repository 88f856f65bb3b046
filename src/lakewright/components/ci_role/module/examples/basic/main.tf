module "ci_role" {
  source = "../.."

  oidc = {
    url       = "https://token.actions.githubusercontent.com"
    audiences = ["sts.amazonaws.com"]
  }
  roles = {
    plan = {
      name        = "example-dev-ci-plan"
      description = "Plans changes; writes nothing but the state's lock."
      trust_policy = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Action    = "sts:AssumeRoleWithWebIdentity"
          Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
          Condition = {
            StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
            StringLike   = { "token.actions.githubusercontent.com:sub" = "repo:example/platform:*" }
          }
        }]
      })
      policies = {
        read = jsonencode({
          Version   = "2012-10-17"
          Statement = [{ Effect = "Allow", Action = ["s3:GetBucket*"], Resource = "arn:aws:s3:::example-dev-*" }]
        })
      }
    }
  }
}

output "role_arns" {
  description = "What the pipeline assumes."
  value       = module.ci_role.role_arns
}
