mock_provider "aws" {}

variables {
  name    = "shop-dev"
  account = "111111111111"
  region  = "us-east-1"
  cidr    = "10.0.0.0/16"

  subnets = {
    private-a = { cidr = "10.0.0.0/20", zone = "us-east-1a", tier = "private" }
    private-b = { cidr = "10.0.16.0/20", zone = "us-east-1b", tier = "private" }
    public-a  = { cidr = "10.0.64.0/24", zone = "us-east-1a", tier = "public", public = true }
    public-b  = { cidr = "10.0.65.0/24", zone = "us-east-1b", tier = "public", public = true }
  }

  interface_endpoints = ["glue", "secretsmanager"]
  endpoint_zones      = ["us-east-1a"]
}

run "no_nat_but_endpoints" {
  command = plan

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0
    error_message = "Without being asked, nothing leads from private subnets to the internet."
  }

  assert {
    condition     = aws_vpc_endpoint.gateway["s3"].service_name == "com.amazonaws.us-east-1.s3"
    error_message = "S3 is reached through its gateway endpoint."
  }

  assert {
    condition     = keys(aws_vpc_endpoint.interface) == ["glue", "secretsmanager"] && local.endpoint_subnets == ["private-a"]
    error_message = "Interface endpoints lie in the private subnet of the named zone."
  }

  assert {
    condition     = keys(aws_route_table.private) == ["us-east-1a", "us-east-1b"] && keys(aws_route_table_association.public) == ["public-a", "public-b"]
    error_message = "Each zone has its private route table; public subnets share one."
  }
}

run "one_nat_for_all" {
  command = plan

  variables {
    nat = "one"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a"] && keys(aws_route.nat) == ["us-east-1a", "us-east-1b"]
    error_message = "One gateway serves every private zone."
  }
}

run "nat_in_every_zone" {
  command = plan

  variables {
    nat = "per_zone"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a", "us-east-1b"]
    error_message = "Every zone has its own gateway."
  }
}

run "groups_refer_to_each_other" {
  command = plan

  variables {
    security_groups = {
      app      = { description = "Application" }
      database = { description = "Database", ingress = { postgres = { description = "PostgreSQL from app", from_port = 5432, to_port = 5432, group = "app" } } }
    }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.this["database/postgres"].from_port == 5432 && aws_vpc_security_group_ingress_rule.this["database/postgres"].description == "PostgreSQL from app"
    error_message = "The database takes PostgreSQL from the application only, and says so."
  }
}

run "a_vpn_site" {
  command = plan

  variables {
    vpn_sites = { office = { address = "203.0.113.10", cidrs = ["192.168.0.0/24"] } }
  }

  assert {
    condition     = keys(aws_vpn_connection_route.this) == ["office/192.168.0.0/24"] && length(aws_vpn_gateway_route_propagation.this) == 2
    error_message = "Private subnets know the way to the site."
  }
}

run "refuses_a_zone_of_another_region" {
  command = plan

  variables {
    subnets        = { private-a = { cidr = "10.0.0.0/20", zone = "us-east-2a", tier = "private" } }
    endpoint_zones = ["us-east-2a"]
  }

  expect_failures = [var.subnets]
}

run "refuses_misaligned_addresses" {
  command = plan

  variables {
    subnets = { private-a = { cidr = "10.0.30.0/20", zone = "us-east-1a", tier = "private" } }
  }

  expect_failures = [var.subnets]
}

run "refuses_subnets_outside" {
  command = plan

  variables {
    cidr = "10.1.0.0/16"
  }

  expect_failures = [var.subnets]
}

run "the_network_itself_as_the_other_side" {
  command = plan

  variables {
    security_groups = { app = { description = "Application", egress = { https = { description = "Endpoints", from_port = 443, to_port = 443, cidr = "vpc" } } } }
    network_acls    = { private = { ingress = { "100" = { protocol = "-1", cidr = "vpc" } }, egress = {} } }
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.this["app/https"].cidr_ipv4 == "10.0.0.0/16" && one(aws_network_acl.this["private"].ingress).cidr_block == "10.0.0.0/16"
    error_message = "vpc stands for the network's addresses."
  }
}

run "refuses_a_rule_without_a_description" {
  command = plan

  variables {
    security_groups = { app = { description = "Application", ingress = { https = { description = "", from_port = 443, to_port = 443, cidr = "10.0.0.0/16" } } } }
  }

  expect_failures = [var.security_groups]
}

run "refuses_a_vpc_that_is_too_large" {
  command = plan

  variables {
    cidr = "10.0.0.0/8"
  }

  expect_failures = [var.cidr]
}
