output "administrators" {
  description = "ARNs of the administrators; known when the settings are in force."
  value       = aws_lakeformation_data_lake_settings.this.admins
}

output "locations" {
  description = "ARNs of the registered locations, by key."
  value       = { for key, location in aws_lakeformation_resource.this : key => location.arn }
}

output "role_arn" {
  description = "Role with which Lake Formation reads and writes the locations."
  value       = aws_iam_role.data_access.arn
}

output "tags" {
  description = "LF-Tags: key → values."
  value       = { for key, tag in aws_lakeformation_lf_tag.this : key => tag.values }
}
