locals {
  formats = merge({ AUDIT_LOGS = "JSON" }, var.usage ? { BILLABLE_USAGE = "CSV" } : {})
}

resource "databricks_mws_credentials" "this" {
  credentials_name = var.name
  role_arn         = var.role_arn
}

resource "databricks_mws_storage_configurations" "this" {
  account_id                 = var.account_id
  storage_configuration_name = var.name
  bucket_name                = var.bucket
}

# Databricks deletes no delivery: what is destroyed is disabled.
resource "databricks_mws_log_delivery" "this" {
  for_each = local.formats

  account_id               = var.account_id
  config_name              = "${var.name}-${replace(lower(each.key), "_", "-")}"
  credentials_id           = databricks_mws_credentials.this.credentials_id
  storage_configuration_id = databricks_mws_storage_configurations.this.storage_configuration_id
  delivery_path_prefix     = var.prefix
  delivery_start_time      = each.key == "BILLABLE_USAGE" ? var.usage_since : null
  log_type                 = each.key
  output_format            = each.value
  workspace_ids_filter     = var.workspace_ids
}
