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

run "subnets_in_one_zone" {
  command = plan

  variables {
    network = { vpc_id = "vpc-11111111", subnet_ids = ["subnet-11111111"], security_group_ids = ["sg-11111111"] }
  }

  expect_failures = [var.network]
}
