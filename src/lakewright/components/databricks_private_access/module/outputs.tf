output "endpoint_ids" {
  description = "Databricks' ids of the endpoints, by network/kind."
  value       = { for key, one in databricks_mws_vpc_endpoint.this : key => one.vpc_endpoint_id }
}

output "settings_ids" {
  description = "Private access settings, by network."
  value       = { for key, one in databricks_mws_private_access_settings.this : key => one.private_access_settings_id }
}
