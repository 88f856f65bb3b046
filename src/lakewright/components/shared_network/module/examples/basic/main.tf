data "aws_caller_identity" "current" {}

resource "aws_ec2_transit_gateway" "hub" {
  description                     = "Joins the networks"
  default_route_table_association = "disable"
  default_route_table_propagation = "disable"
}

module "network" {
  source = "../.."

  name           = "shop-nonprod"
  account        = data.aws_caller_identity.current.account_id
  region         = "us-east-1"
  cidr           = "10.34.0.0/16"
  other_networks = ["10.32.0.0/16"]
  gateway_id     = aws_ec2_transit_gateway.hub.id

  subnets = {
    transit-a           = { cidr = "10.34.0.0/28", zone = "us-east-1a", tier = "transit" }
    transit-b           = { cidr = "10.34.0.16/28", zone = "us-east-1b", tier = "transit" }
    endpoints-a         = { cidr = "10.34.0.64/26", zone = "us-east-1a", tier = "endpoints" }
    endpoints-b         = { cidr = "10.34.0.128/26", zone = "us-east-1b", tier = "endpoints" }
    public-a            = { cidr = "10.34.0.32/28", zone = "us-east-1a", tier = "public" }
    public-b            = { cidr = "10.34.0.48/28", zone = "us-east-1b", tier = "public" }
    shop-lab-workload-a = { cidr = "10.34.2.0/24", zone = "us-east-1a", tier = "workload", owned = true }
    shop-lab-workload-b = { cidr = "10.34.3.0/24", zone = "us-east-1b", tier = "workload", owned = true }
  }

  workspaces = {
    shop-lab = {
      egress = {
        proxy = { description = "The proxy for packages", cidr = "10.36.0.0/24", from_port = 3128, to_port = 3128 }
      }
    }
  }

  shares = {
    nonprod = { account = "222222222222", subnets = ["shop-lab-workload-a", "shop-lab-workload-b"], groups = ["shop-lab"] }
  }

  interface_endpoints = ["kms", "sts"]
  zone                = "nonprod.shop.internal"

  private_link = {
    rest  = "com.amazonaws.vpce.us-east-1.vpce-svc-09143d1e626de2f04"
    relay = "com.amazonaws.vpce.us-east-1.vpce-svc-00018a8c3ff62ffdf"
  }
}
