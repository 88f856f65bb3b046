locals {
  public  = { for key, subnet in var.subnets : key => subnet if subnet.tier == "public" }
  private = { for key, subnet in var.subnets : key => subnet if subnet.tier != "public" }
  transit = { for key, subnet in var.subnets : key => subnet if subnet.tier == "transit" }
  inside  = { for key, subnet in local.private : key => subnet if subnet.tier != "transit" }
  zones   = toset([for subnet in local.private : subnet.zone])
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# Nothing may use the default security group: it permits nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-unused" }
}

resource "aws_subnet" "this" {
  for_each = var.subnets

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value.cidr
  availability_zone = each.value.zone

  tags = merge({ Name = "${var.name}-${each.key}", tier = each.value.tier }, each.value.tags)
}

resource "aws_ec2_transit_gateway_vpc_attachment" "this" {
  transit_gateway_id = var.gateway_id
  vpc_id             = aws_vpc.this.id
  subnet_ids         = [for key in keys(local.transit) : aws_subnet.this[key].id]

  # Its routes are the hub's to give.
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false

  tags = { Name = var.name }
}

# One table for each zone. All that leaves the network goes to the transit gateway, and from there to the firewall.
resource "aws_route_table" "inside" {
  for_each = local.zones

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route" "to_gateway" {
  for_each = local.zones

  route_table_id         = aws_route_table.inside[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  transit_gateway_id     = var.gateway_id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.this]
}

resource "aws_route_table_association" "inside" {
  for_each = local.inside

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.inside[each.value.zone].id
}

# What the transit gateway brings in stays in the network, or goes out where this network leads to the internet.
resource "aws_route_table" "transit" {
  for_each = local.transit

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table_association" "transit" {
  for_each = local.transit

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.transit[each.key].id
}
