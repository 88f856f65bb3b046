data "aws_caller_identity" "current" {}

module "network" {
  source = "../.."

  name    = "shop-dev"
  account = data.aws_caller_identity.current.account_id
  region  = "us-east-1"
  cidr    = "10.0.0.0/16"

  subnets = {
    private-a = { cidr = "10.0.0.0/20", zone = "us-east-1a", tier = "private" }
    private-b = { cidr = "10.0.16.0/20", zone = "us-east-1b", tier = "private" }
    public-a  = { cidr = "10.0.64.0/24", zone = "us-east-1a", tier = "public", public = true }
    public-b  = { cidr = "10.0.65.0/24", zone = "us-east-1b", tier = "public", public = true }
  }

  interface_endpoints = ["secretsmanager", "logs"]
  endpoint_zones      = ["us-east-1a"]

  security_groups = {
    app = {
      description = "The application"
      egress      = { s3 = { description = "S3 through its endpoint", from_port = 443, to_port = 443, endpoint = "s3" } }
    }

    database = {
      description = "Its database"
      ingress     = { postgres = { description = "PostgreSQL from the application", from_port = 5432, to_port = 5432, group = "app" } }
    }
  }

  network_acls = {
    private = {
      ingress = {
        "100" = { protocol = "-1", cidr = "10.0.0.0/16" }
        "110" = { cidr = "0.0.0.0/0", from_port = 1024, to_port = 65535 }
      }
      egress = {
        "100" = { protocol = "-1", cidr = "10.0.0.0/16" }
        "110" = { cidr = "0.0.0.0/0", from_port = 443, to_port = 443 }
      }
    }
  }
}

output "vpc_id" {
  description = "Id of the network."
  value       = module.network.vpc_id
}
