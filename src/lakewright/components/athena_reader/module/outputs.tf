output "role_arn" {
  description = "The role that reads."
  value       = aws_iam_role.this.arn
}

output "workgroup" {
  description = "The workgroup that it queries in."
  value       = aws_athena_workgroup.this.name
}

output "catalog" {
  description = "Name of the other account's catalog here."
  value       = aws_athena_data_catalog.this.name
}
