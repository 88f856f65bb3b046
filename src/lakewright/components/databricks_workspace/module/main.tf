resource "databricks_mws_credentials" "this" {
  credentials_name = var.name
  role_arn         = var.role_arn
}

resource "databricks_mws_storage_configurations" "this" {
  account_id                 = var.account_id
  storage_configuration_name = var.name
  bucket_name                = var.bucket
}

resource "databricks_mws_networks" "this" {
  account_id         = var.account_id
  network_name       = var.name
  vpc_id             = var.network.vpc_id
  subnet_ids         = var.network.subnet_ids
  security_group_ids = var.network.security_group_ids

  dynamic "vpc_endpoints" {
    for_each = var.private_link == null ? [] : [var.private_link]

    content {
      rest_api        = [vpc_endpoints.value.rest_api]
      dataplane_relay = [vpc_endpoints.value.relay]
    }
  }
}

resource "databricks_mws_customer_managed_keys" "this" {
  count = var.key == null ? 0 : 1

  account_id = var.account_id
  use_cases  = ["MANAGED_SERVICES", "STORAGE"]

  aws_key_info {
    key_arn   = var.key.arn
    key_alias = var.key.alias
  }
}

resource "databricks_mws_workspaces" "this" {
  account_id                               = var.account_id
  workspace_name                           = var.name
  aws_region                               = var.region
  pricing_tier                             = var.pricing_tier
  credentials_id                           = databricks_mws_credentials.this.credentials_id
  storage_configuration_id                 = databricks_mws_storage_configurations.this.storage_configuration_id
  network_id                               = databricks_mws_networks.this.network_id
  private_access_settings_id               = var.private_link == null ? null : var.private_link.private_access_settings_id
  managed_services_customer_managed_key_id = one(databricks_mws_customer_managed_keys.this[*].customer_managed_key_id)
  storage_customer_managed_key_id          = one(databricks_mws_customer_managed_keys.this[*].customer_managed_key_id)
  custom_tags                              = var.tags
}

resource "databricks_metastore_assignment" "this" {
  workspace_id = databricks_mws_workspaces.this.workspace_id
  metastore_id = var.metastore_id
}

# Groups of the account can be assigned once the workspace has a metastore.
resource "databricks_mws_permission_assignment" "this" {
  for_each = var.members

  workspace_id = databricks_mws_workspaces.this.workspace_id
  principal_id = each.value.id
  permissions  = [each.value.level]

  depends_on = [databricks_metastore_assignment.this]
}

resource "databricks_budget" "this" {
  count = var.budget == null ? 0 : 1

  display_name = var.name

  dynamic "alert_configurations" {
    for_each = var.budget == null ? [] : [var.budget]

    content {
      time_period        = "MONTH"
      trigger_type       = "CUMULATIVE_SPENDING_EXCEEDED"
      quantity_type      = "LIST_PRICE_DOLLARS_USD"
      quantity_threshold = tostring(alert_configurations.value.monthly)

      dynamic "action_configurations" {
        for_each = sort(alert_configurations.value.emails)

        content {
          action_type = "EMAIL_NOTIFICATION"
          target      = action_configurations.value
        }
      }
    }
  }

  filter {
    workspace_id {
      operator = "IN"
      values   = [databricks_mws_workspaces.this.workspace_id]
    }
  }
}
