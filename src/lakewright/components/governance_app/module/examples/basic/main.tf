terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

data "aws_caller_identity" "current" {}

resource "aws_vpc" "this" {
  cidr_block = "10.32.0.0/24"
}

resource "aws_subnet" "this" {
  for_each = { us-east-1a = "10.32.0.0/26", us-east-1b = "10.32.0.64/26" }

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = each.key
}

resource "aws_route53_zone" "this" {
  name = "prod.shop.internal"

  vpc {
    vpc_id = aws_vpc.this.id
  }
}

resource "aws_acm_certificate" "this" {
  domain_name       = "catalog.prod.shop.internal"
  validation_method = "DNS"
}

module "app" {
  source    = "../.."
  providers = { aws = aws, aws.dns = aws }

  name               = "shop-catalog"
  load_balancer_name = "shop-catalog"
  account            = data.aws_caller_identity.current.account_id
  region             = "us-east-1"
  vpc_id             = aws_vpc.this.id
  network_cidr       = aws_vpc.this.cidr_block
  subnet_ids         = [for subnet in aws_subnet.this : subnet.id]
  client_cidrs       = ["10.36.0.0/16"]
  certificate_arn    = aws_acm_certificate.this.arn
  zone_id            = aws_route53_zone.this.zone_id
  host               = "catalog.prod.shop.internal"
  protected          = false

  task = {
    image = "${data.aws_caller_identity.current.account_id}.dkr.ecr.us-east-1.amazonaws.com/catalog:1.0.0"
  }

  policies = {
    task = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "Who", Effect = "Allow", Action = "sts:GetCallerIdentity", Resource = "*" }] })
  }
}
