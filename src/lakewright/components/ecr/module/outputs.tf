output "repository_urls" {
  description = "Address for push and pull, by key."
  value       = { for key, repository in aws_ecr_repository.this : key => repository.repository_url }
}

output "repository_arns" {
  description = "ARN by key, for policies."
  value       = { for key, repository in aws_ecr_repository.this : key => repository.arn }
}
