output "instance_arn" {
  description = "ARN of the Identity Center instance."
  value       = local.instance
}

output "identity_store_id" {
  description = "Id of its identity store."
  value       = local.store
}

output "permission_set_arns" {
  description = "ARNs of the permission sets, by key."
  value       = { for key, one in aws_ssoadmin_permission_set.this : key => one.arn }
}

output "group_ids" {
  description = "Ids of the groups, by key."
  value       = { for key, group in aws_identitystore_group.this : key => group.group_id }
}

output "user_ids" {
  description = "Ids of the users, by key."
  value       = { for key, user in aws_identitystore_user.this : key => user.user_id }
}
