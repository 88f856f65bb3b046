mock_provider "databricks" {}

variables {
  name         = "shop-dev"
  account_id   = "00000000-0000-0000-0000-000000000000"
  region       = "us-east-1"
  role_arn     = "arn:aws:iam::111111111111:role/shop-dev-databricks-cross-account"
  bucket       = "shop-dev-databricks-111111111111"
  metastore_id = "11111111-1111-1111-1111-111111111111"
  members      = { analysts = { id = "12" } }
  budget       = { monthly = 288, emails = ["costs@example.com"] }

  network = {
    vpc_id             = "vpc-11111111"
    subnet_ids         = ["subnet-11111111", "subnet-22222222"]
    security_group_ids = ["sg-11111111"]
  }
}

run "a_workspace_with_its_parts" {
  command = apply

  assert {
    condition     = databricks_mws_workspaces.this.network_id == databricks_mws_networks.this.network_id && databricks_metastore_assignment.this.metastore_id == "11111111-1111-1111-1111-111111111111"
    error_message = "The workspace uses its own configurations and the metastore."
  }

  assert {
    condition     = databricks_budget.this[0].alert_configurations[0].quantity_threshold == "288"
    error_message = "Somebody is told of 288 dollars in a month."
  }
}

run "its_own_key" {
  command = apply

  variables {
    key = { arn = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555", alias = "alias/shop-dev-data" }
  }

  assert {
    condition     = length(setintersection(databricks_mws_customer_managed_keys.this[0].use_cases, ["MANAGED_SERVICES", "STORAGE"])) == 2
    error_message = "The key is registered for notebooks and queries, and for bucket and disks."
  }

  assert {
    condition     = databricks_mws_workspaces.this.storage_customer_managed_key_id == databricks_mws_customer_managed_keys.this[0].customer_managed_key_id && databricks_mws_workspaces.this.managed_services_customer_managed_key_id == databricks_mws_customer_managed_keys.this[0].customer_managed_key_id
    error_message = "The workspace is encrypted with it."
  }
}

run "subnets_in_one_zone" {
  command = plan

  variables {
    network = { vpc_id = "vpc-11111111", subnet_ids = ["subnet-11111111"], security_group_ids = ["sg-11111111"] }
  }

  expect_failures = [var.network]
}
