output "credential_name" {
  description = "Name of the storage credential."
  value       = databricks_storage_credential.this.name
}

output "role_arn" {
  description = "ARN of the role that Unity Catalog takes."
  value       = aws_iam_role.this.arn
}

output "location_urls" {
  description = "Addresses of the external locations, by name, without the slash at their end that the service leaves out."
  value       = { for name, one in databricks_external_location.this : name => trimsuffix(one.url, "/") }
}

output "catalog_names" {
  description = "Names of the catalogs."
  value       = sort([for one in databricks_catalog.this : one.name])
}

output "schema_ids" {
  description = "Full names of the schemas, by catalog.schema."
  value       = { for name, one in databricks_schema.this : name => one.id }
}

output "volume_ids" {
  description = "Full names of the volumes, by catalog.schema.volume."
  value       = { for name, one in databricks_volume.this : name => one.id }
}
