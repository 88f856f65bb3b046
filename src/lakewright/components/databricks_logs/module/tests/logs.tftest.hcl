mock_provider "databricks" {}

variables {
  name       = "shop-dev-logs"
  account_id = "00000000-0000-0000-0000-000000000000"
  role_arn   = "arn:aws:iam::111111111111:role/shop-dev-databricks-log-delivery"
  bucket     = "shop-dev-databricks-111111111111"
}

run "audit_logs_and_usage_of_the_whole_account" {
  command = apply

  assert {
    condition     = { for kind, one in databricks_mws_log_delivery.this : kind => one.output_format } == { AUDIT_LOGS = "JSON", BILLABLE_USAGE = "CSV" }
    error_message = "Audit logs come as JSON, usage as CSV."
  }

  assert {
    condition     = alltrue([for one in databricks_mws_log_delivery.this : one.delivery_path_prefix == "audit" && one.workspace_ids_filter == null])
    error_message = "Everything is delivered below audit/, of all workspaces."
  }
}

run "audit_logs_of_one_workspace" {
  command = apply

  variables {
    usage         = false
    workspace_ids = [1234]
  }

  assert {
    condition     = keys(databricks_mws_log_delivery.this) == ["AUDIT_LOGS"] && databricks_mws_log_delivery.this["AUDIT_LOGS"].workspace_ids_filter == tolist([1234])
    error_message = "Only audit logs, only of the workspace."
  }
}

run "a_prefix_with_a_slash" {
  command = plan

  variables {
    prefix = "/audit"
  }

  expect_failures = [var.prefix]
}
