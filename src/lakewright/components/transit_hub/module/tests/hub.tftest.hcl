mock_provider "aws" {}

variables {
  name     = "shop-network"
  accounts = ["222222222222"]
}

run "routes_nothing_by_itself" {
  command = plan

  assert {
    condition     = aws_ec2_transit_gateway.this.default_route_table_association == "disable" && aws_ec2_transit_gateway.this.default_route_table_propagation == "disable"
    error_message = "Networks must not reach each other but through the firewall."
  }

  assert {
    condition     = aws_ram_resource_share.this.allow_external_principals == false
    error_message = "The gateway is shared within the organization only."
  }
}

run "refuses_what_is_no_account" {
  command = plan
  variables { accounts = ["prod"] }
  expect_failures = [var.accounts]
}

run "refuses_a_public_bgp_number" {
  command = plan
  variables { asn = 1234 }
  expect_failures = [var.asn]
}
