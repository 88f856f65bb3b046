module "ecr" {
  source = "../.."

  force_delete = true
  repositories = {
    data-jobs = {
      name = "example-dev-data-jobs"
      lifecycle_policy = jsonencode({
        rules = [{
          rulePriority = 1
          description  = "Untagged images go after a week."
          selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
          action       = { type = "expire" }
        }]
      })
    }
  }
}

output "repository_urls" {
  description = "Where images are pushed."
  value       = module.ecr.repository_urls
}
