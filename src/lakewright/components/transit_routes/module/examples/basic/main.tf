resource "aws_ec2_transit_gateway" "hub" {
  description                     = "Joins the networks"
  default_route_table_association = "disable"
  default_route_table_propagation = "disable"
}

resource "aws_ec2_transit_gateway_route_table" "hub" {
  for_each = toset(["inspected", "spokes"])

  transit_gateway_id = aws_ec2_transit_gateway.hub.id
}

resource "aws_vpc" "this" {
  for_each = { firewall = "10.38.0.0/24", prod = "10.32.0.0/24", nonprod = "10.34.0.0/24" }

  cidr_block = each.value
}

resource "aws_subnet" "this" {
  for_each = aws_vpc.this

  vpc_id     = each.value.id
  cidr_block = cidrsubnet(each.value.cidr_block, 4, 0)
}

resource "aws_ec2_transit_gateway_vpc_attachment" "this" {
  for_each = aws_vpc.this

  transit_gateway_id                              = aws_ec2_transit_gateway.hub.id
  vpc_id                                          = each.value.id
  subnet_ids                                      = [aws_subnet.this[each.key].id]
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false
}

module "routes" {
  source = "../.."

  route_table_ids        = { for key, table in aws_ec2_transit_gateway_route_table.hub : key => table.id }
  firewall_attachment_id = aws_ec2_transit_gateway_vpc_attachment.this["firewall"].id
  attachment_ids         = { for key in ["nonprod", "prod"] : key => aws_ec2_transit_gateway_vpc_attachment.this[key].id }
}
