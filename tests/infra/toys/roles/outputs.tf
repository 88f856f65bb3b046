output "arns" {
  description = "Role → ARN."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
