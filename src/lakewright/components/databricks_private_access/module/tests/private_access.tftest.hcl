mock_provider "databricks" {}

variables {
  name       = "shop-live"
  account_id = "00000000-0000-0000-0000-000000000000"
  region     = "us-east-1"
  endpoints  = { "nonprod/rest" = "vpce-1", "nonprod/relay" = "vpce-2" }
  settings   = { nonprod = ["nonprod/rest"] }
}

run "lets_in_by_endpoints_only" {
  command = plan

  assert {
    condition     = !databricks_mws_private_access_settings.this["nonprod"].public_access_enabled && databricks_mws_private_access_settings.this["nonprod"].private_access_level == "ENDPOINT"
    error_message = "Workspaces are reached by the named endpoints only."
  }

  assert {
    condition     = databricks_mws_vpc_endpoint.this["nonprod/relay"].vpc_endpoint_name == "shop-live-nonprod-relay"
    error_message = "Endpoints are named after their network and kind."
  }
}

run "refuses_an_endpoint_that_is_not_there" {
  command = plan
  variables { settings = { nonprod = ["prod/rest"] } }
  expect_failures = [var.settings]
}
