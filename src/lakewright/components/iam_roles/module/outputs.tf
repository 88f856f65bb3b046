output "arns" {
  description = "ARN of each role, by who takes it."
  value       = { for key, role in aws_iam_role.this : key => role.arn }

  # Who refers to a role may rely on what it is permitted.
  depends_on = [aws_iam_role_policy.this]
}

output "names" {
  description = "Name of each role, by who takes it."
  value       = { for key, role in aws_iam_role.this : key => role.name }
}

output "boundary_arn" {
  description = "ARN of the policy that bounds the roles; null: none."
  value       = var.boundary_policy == null ? var.boundary_arn : aws_iam_policy.boundary[0].arn
}
