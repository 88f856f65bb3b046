output "policy_ids" {
  description = "Ids of the cluster policies, by name."
  value       = { for name, one in databricks_cluster_policy.this : name => one.id }
}

output "warehouse_ids" {
  description = "Ids of the SQL warehouses, by name."
  value       = { for name, one in databricks_sql_endpoint.this : name => one.id }
}
