output "workspace_id" {
  description = "Id of the workspace."
  value       = databricks_mws_workspaces.this.workspace_id
}

# Whoever asks the workspace through this address waits until it has its metastore and its members.
output "workspace_url" {
  description = "Address of the workspace."
  value       = databricks_mws_workspaces.this.workspace_url
  depends_on  = [databricks_metastore_assignment.this, databricks_mws_permission_assignment.this]
}

output "network_id" {
  description = "Id of the network's configuration in the account."
  value       = databricks_mws_networks.this.network_id
}
