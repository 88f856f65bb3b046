mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:333333333333:loadbalancer/app/shop/1", dns_name = "internal-shop.elb.amazonaws.com", zone_id = "Z35SXDOTRQ7X7K" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:333333333333:targetgroup/shop/1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::333333333333:role/shop" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:us-east-1:333333333333:task-definition/shop:1" }
  }
}

mock_provider "aws" {
  alias = "dns"
}

variables {
  name               = "shop-catalog"
  load_balancer_name = "shop-catalog"
  account            = "333333333333"
  region             = "us-east-1"
  vpc_id             = "vpc-0123456789abcdef0"
  network_cidr       = "10.32.0.0/16"
  subnet_ids         = ["subnet-a", "subnet-b"]
  client_cidrs       = ["10.36.0.0/16"]
  certificate_arn    = "arn:aws:acm:us-east-1:333333333333:certificate/1"
  zone_id            = "Z0123456789"
  host               = "catalog.prod.shop.internal"
  task               = { image = "333333333333.dkr.ecr.us-east-1.amazonaws.com/catalog:1.0.0" }
  policies           = {}
}

run "speaks_tls_1_3" {
  command = plan

  assert {
    condition     = aws_lb_listener.this.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && aws_lb_listener.this.protocol == "HTTPS"
    error_message = "The policy is the one with TLS 1.3."
  }

  assert {
    condition     = aws_lb.this.internal && aws_lb.this.enable_deletion_protection
    error_message = "Internal and protected."
  }
}

run "refuses_the_world" {
  command = plan
  variables { client_cidrs = ["0.0.0.0/0"] }
  expect_failures = [var.client_cidrs]
}

run "refuses_one_zone" {
  command = plan
  variables { subnet_ids = ["subnet-a"] }
  expect_failures = [var.subnet_ids]
}
