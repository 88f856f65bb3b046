module "fargate" {
  source = "../.."

  name                = "example-dev"
  account             = "123456789012"
  region              = "us-east-1"
  execution_role_name = "example-dev-task-start"
  execution_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/example-dev:*" },
    ]
  })
  tasks = {
    job = {
      family         = "example-dev-job"
      role_name      = "example-dev-job"
      log_group      = "/ecs/example-dev"
      cpu            = 1024
      memory         = 2048
      repository_url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/example-dev-jobs"
      tag            = "1.0"
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::example-dev-lake/raw/*" }]
      })
    }
  }
}

output "cluster_name" {
  description = "Where `aws ecs run-task --cluster` starts tasks."
  value       = module.fargate.cluster_name
}
