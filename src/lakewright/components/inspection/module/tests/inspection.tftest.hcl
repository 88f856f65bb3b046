mock_provider "aws" {
  mock_resource "aws_networkfirewall_firewall" {
    defaults = {
      arn = "arn:aws:network-firewall:us-east-1:222222222222:firewall/shop"
      firewall_status = [{
        sync_states = [
          { availability_zone = "us-east-1a", attachment = [{ endpoint_id = "vpce-a", subnet_id = "subnet-a" }] },
          { availability_zone = "us-east-1b", attachment = [{ endpoint_id = "vpce-b", subnet_id = "subnet-b" }] },
        ]
      }]
    }
  }

  mock_resource "aws_networkfirewall_rule_group" {
    defaults = { arn = "arn:aws:network-firewall:us-east-1:222222222222:stateful-rulegroup/shop" }
  }

  mock_resource "aws_networkfirewall_firewall_policy" {
    defaults = { arn = "arn:aws:network-firewall:us-east-1:222222222222:firewall-policy/shop" }
  }
}

variables {
  name          = "shop-inspection"
  cidr          = "10.38.0.0/24"
  gateway_id    = "tgw-0123456789abcdef0"
  home_networks = ["10.32.0.0/16"]

  subnets = {
    transit-a  = { cidr = "10.38.0.0/28", zone = "us-east-1a", kind = "transit" }
    transit-b  = { cidr = "10.38.0.16/28", zone = "us-east-1b", kind = "transit" }
    firewall-a = { cidr = "10.38.0.64/28", zone = "us-east-1a", kind = "firewall" }
    firewall-b = { cidr = "10.38.0.80/28", zone = "us-east-1b", kind = "firewall" }
  }

  rule_groups = {
    outward = { description = "HTTPS", priority = 200, rules = "pass tcp $HOME_NET any -> any 443 (sid:1000001; rev:1;)" }
  }
}

run "keeps_traffic_in_its_zone" {
  command = apply

  assert {
    condition     = aws_route.in["transit-a"].vpc_endpoint_id == "vpce-a" && aws_route.in["transit-b"].vpc_endpoint_id == "vpce-b"
    error_message = "What comes in goes to the firewall of the same zone."
  }

  assert {
    condition     = aws_ec2_transit_gateway_vpc_attachment.this.appliance_mode_support == "enable"
    error_message = "Both directions of a connection must pass one firewall."
  }
}

run "drops_what_no_rule_lets_pass" {
  command = plan

  assert {
    condition     = contains(aws_networkfirewall_firewall_policy.this.firewall_policy[0].stateful_default_actions, "aws:drop_established")
    error_message = "The default must be to drop."
  }

  assert {
    condition     = aws_networkfirewall_firewall.this.delete_protection
    error_message = "The firewall is protected unless said otherwise."
  }
}

run "refuses_a_zone_without_firewall" {
  command = plan
  variables {
    subnets = {
      transit-a  = { cidr = "10.38.0.0/28", zone = "us-east-1a", kind = "transit" }
      transit-b  = { cidr = "10.38.0.16/28", zone = "us-east-1b", kind = "transit" }
      firewall-a = { cidr = "10.38.0.64/28", zone = "us-east-1a", kind = "firewall" }
    }
  }
  expect_failures = [var.subnets]
}

run "refuses_equal_priorities" {
  command = plan
  variables {
    rule_groups = {
      one = { description = "One", priority = 1, rules = "" }
      two = { description = "Two", priority = 1, rules = "" }
    }
  }
  expect_failures = [var.rule_groups]
}
