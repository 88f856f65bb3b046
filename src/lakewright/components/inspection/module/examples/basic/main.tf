resource "aws_ec2_transit_gateway" "hub" {
  description                     = "Joins the networks"
  default_route_table_association = "disable"
  default_route_table_propagation = "disable"
}

module "inspection" {
  source = "../.."

  name          = "shop-inspection"
  cidr          = "10.38.0.0/24"
  gateway_id    = aws_ec2_transit_gateway.hub.id
  home_networks = ["10.32.0.0/16", "10.34.0.0/16"]
  protected     = false

  subnets = {
    transit-a  = { cidr = "10.38.0.0/28", zone = "us-east-1a", kind = "transit" }
    transit-b  = { cidr = "10.38.0.16/28", zone = "us-east-1b", kind = "transit" }
    firewall-a = { cidr = "10.38.0.64/28", zone = "us-east-1a", kind = "firewall" }
    firewall-b = { cidr = "10.38.0.80/28", zone = "us-east-1b", kind = "firewall" }
  }

  rule_groups = {
    outbound = {
      description = "HTTPS to the control plane"
      priority    = 100
      rules       = "pass tls $HOME_NET any -> any 443 (tls.sni; content:\".cloud.databricks.com\"; endswith; sid:1000001; rev:1;)"
    }
  }
}
