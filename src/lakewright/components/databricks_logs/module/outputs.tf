output "config_ids" {
  description = "Ids of the deliveries, by kind of log."
  value       = { for kind, one in databricks_mws_log_delivery.this : kind => one.config_id }
}
