mock_provider "aws" {}

variables {
  route_table_ids        = { inspected = "tgw-rtb-1", spokes = "tgw-rtb-2" }
  firewall_attachment_id = "tgw-attach-firewall"
  attachment_ids         = { dmz = "tgw-attach-dmz", prod = "tgw-attach-prod" }
  internet               = "dmz"
}

run "everything_goes_to_the_firewall" {
  command = plan

  assert {
    condition     = aws_ec2_transit_gateway_route.to_firewall.transit_gateway_attachment_id == "tgw-attach-firewall" && aws_ec2_transit_gateway_route.to_firewall.transit_gateway_route_table_id == "tgw-rtb-2"
    error_message = "What comes from the networks goes to the firewall."
  }

  assert {
    condition     = alltrue([for one in aws_ec2_transit_gateway_route_table_association.spokes : one.transit_gateway_route_table_id == "tgw-rtb-2"])
    error_message = "Every network uses the table that leads to the firewall."
  }

  assert {
    condition     = alltrue([for one in aws_ec2_transit_gateway_route_table_propagation.inspected : one.transit_gateway_route_table_id == "tgw-rtb-1"])
    error_message = "Networks' addresses are known to the firewall's table only."
  }

  assert {
    condition     = aws_ec2_transit_gateway_route.to_internet[0].transit_gateway_attachment_id == "tgw-attach-dmz"
    error_message = "What is inspected and for the internet goes through the dmz."
  }
}

run "nothing_leaves_without_a_way_out" {
  command = plan
  variables { internet = null }

  assert {
    condition     = length(aws_ec2_transit_gateway_route.to_internet) == 0
    error_message = "No network leads to the internet."
  }
}

run "refuses_an_unknown_way_out" {
  command = plan
  variables { internet = "office" }
  expect_failures = [var.internet]
}
