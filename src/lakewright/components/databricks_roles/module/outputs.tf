output "arns" {
  description = "ARNs of the roles, by key; known once their policies are attached."
  value       = { for key, role in aws_iam_role.this : key => role.arn }
  depends_on  = [aws_iam_role_policy.this]
}

output "names" {
  description = "Names of the roles, by key."
  value       = { for key, role in aws_iam_role.this : key => role.name }
}

output "instance_profile_arns" {
  description = "ARNs of the instance profiles, by the role's key."
  value       = { for key, profile in aws_iam_instance_profile.this : key => profile.arn }
}
