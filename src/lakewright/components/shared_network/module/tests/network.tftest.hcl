mock_provider "aws" {
  mock_resource "aws_ram_resource_share" {
    defaults = { arn = "arn:aws:ram:us-east-1:111111111111:resource-share/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_subnet" {
    defaults = { arn = "arn:aws:ec2:us-east-1:111111111111:subnet/subnet-0123456789abcdef0" }
  }

  mock_resource "aws_security_group" {
    defaults = { arn = "arn:aws:ec2:us-east-1:111111111111:security-group/sg-0123456789abcdef0" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/vpc/shop" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/flow-logs" }
  }
}

variables {
  name       = "shop-nonprod"
  account    = "111111111111"
  region     = "us-east-1"
  cidr       = "10.34.0.0/16"
  gateway_id = "tgw-0123456789abcdef0"

  subnets = {
    transit-a           = { cidr = "10.34.0.0/28", zone = "us-east-1a", tier = "transit" }
    endpoints-a         = { cidr = "10.34.0.64/26", zone = "us-east-1a", tier = "endpoints" }
    shop-lab-workload-a = { cidr = "10.34.2.0/24", zone = "us-east-1a", tier = "workload", owned = true }
  }

  workspaces = { shop-lab = {} }
  shares     = { nonprod = { account = "444444444444", subnets = ["shop-lab-workload-a"], groups = ["shop-lab"] } }
}

run "shares_workspaces_and_nothing_else" {
  command = apply

  assert {
    condition     = keys(aws_ram_resource_association.subnets) == ["nonprod/shop-lab-workload-a"]
    error_message = "Only the workspace's subnets are shared."
  }

  assert {
    condition     = length(aws_internet_gateway.this) == 0 && length(aws_nat_gateway.this) == 0
    error_message = "A network without public subnets has no way to the internet of its own."
  }

  assert {
    condition     = aws_route.to_gateway["us-east-1a"].transit_gateway_id == "tgw-0123456789abcdef0"
    error_message = "What leaves goes to the transit gateway."
  }
}

run "refuses_all_addresses" {
  command = plan
  variables {
    workspaces = { shop-lab = { egress = { all = { description = "All", cidr = "0.0.0.0/0", from_port = 443, to_port = 443 } } } }
  }
  expect_failures = [var.workspaces]
}

run "refuses_a_subnet_outside" {
  command = plan
  variables {
    subnets = { transit-a = { cidr = "10.99.0.0/28", zone = "us-east-1a", tier = "transit" } }
    shares  = {}
  }
  expect_failures = [var.subnets]
}

run "refuses_a_zone_that_is_not_reached" {
  command = plan
  variables {
    subnets = {
      transit-a  = { cidr = "10.34.0.0/28", zone = "us-east-1a", tier = "transit" }
      workload-b = { cidr = "10.34.3.0/24", zone = "us-east-1b", tier = "workload" }
    }
    shares = {}
  }
  expect_failures = [var.subnets]
}

run "refuses_a_service_of_another_region" {
  command = plan
  variables { private_link = { rest = "com.amazonaws.vpce.eu-west-1.vpce-svc-0da6ebf1461278016" } }
  expect_failures = [var.private_link]
}
