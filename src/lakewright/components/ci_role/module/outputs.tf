output "role_arns" {
  description = "ARN of each role, by key: what the pipeline assumes."
  value       = { for key, role in aws_iam_role.this : key => role.arn }
}

output "oidc_provider_arn" {
  description = "ARN of the provider made here; null if none was."
  value       = one(aws_iam_openid_connect_provider.this[*].arn)
}
