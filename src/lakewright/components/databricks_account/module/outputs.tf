output "group_ids" {
  description = "Ids of the groups, by name."
  value       = { for name, group in databricks_group.this : name => group.id }
}

output "user_ids" {
  description = "Ids of the users, by e-mail address."
  value       = { for address, user in databricks_user.this : address => user.id }
}

output "service_principal_ids" {
  description = "Ids of the service principals, by key."
  value       = { for key, one in databricks_service_principal.this : key => one.id }
}

output "application_ids" {
  description = "Application ids of the service principals, by key: how grants and permissions name them."
  value       = { for key, one in databricks_service_principal.this : key => one.application_id }
}

output "metastore_id" {
  description = "Id of the region's metastore."
  value       = var.metastore.mode == "make" ? databricks_metastore.this[0].id : data.databricks_metastore.adopted[0].metastore_id
}
