mock_provider "databricks" {}

variables {
  policies   = { shared = { definition = "{\"autotermination_minutes\": {\"type\": \"fixed\", \"value\": 30}}", groups = ["DataEngineers"] } }
  warehouses = { sql = { size = "Small", auto_stop = 10, groups = ["DataAnalysts"] } }
}

run "policies_and_warehouses" {
  command = apply

  assert {
    condition     = one(databricks_permissions.policy["shared"].access_control).permission_level == "CAN_USE"
    error_message = "Groups may use a policy."
  }

  assert {
    condition     = databricks_sql_endpoint.this["sql"].spot_instance_policy == "COST_OPTIMIZED" && databricks_sql_endpoint.this["sql"].auto_stop_mins == 10
    error_message = "Warehouses stop by themselves and use spare capacity."
  }
}

run "bids_are_percentages" {
  command = plan

  variables {
    policies = { shared = { definition = "{\"spot_bid_max_price\": {\"type\": \"range\"}}" } }
  }

  expect_failures = [var.policies]
}

run "warehouses_that_never_stop" {
  command = plan

  variables {
    warehouses = { sql = { size = "Small", auto_stop = 0 } }
  }

  expect_failures = [var.warehouses]
}
