locals {
  zones = { for key, subnet in var.subnets : subnet.zone => key if subnet.kind == "firewall" }

  endpoints = {
    for state in aws_networkfirewall_firewall.this.firewall_status[0].sync_states :
    state.availability_zone => state.attachment[0].endpoint_id
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-unused" }
}

resource "aws_subnet" "this" {
  for_each = var.subnets

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value.cidr
  availability_zone = each.value.zone

  tags = {
    Name = "${var.name}-${each.key}"
    kind = each.value.kind
  }
}

resource "aws_ec2_transit_gateway_vpc_attachment" "this" {
  transit_gateway_id = var.gateway_id
  vpc_id             = aws_vpc.this.id
  subnet_ids         = [for key, subnet in var.subnets : aws_subnet.this[key].id if subnet.kind == "transit"]

  # Both directions of a connection pass the firewall of the same zone; it could not follow them otherwise.
  appliance_mode_support = "enable"

  tags = { Name = var.name }
}

# A route table for each subnet: in from the gateway to the firewall of the same zone, and from it back out.
resource "aws_route_table" "this" {
  for_each = var.subnets

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table_association" "this" {
  for_each = var.subnets

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.this[each.key].id
}

resource "aws_route" "in" {
  for_each = { for key, subnet in var.subnets : key => subnet.zone if subnet.kind == "transit" }

  route_table_id         = aws_route_table.this[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  vpc_endpoint_id        = local.endpoints[each.value]
}

resource "aws_route" "out" {
  for_each = local.zones

  route_table_id         = aws_route_table.this[each.value].id
  destination_cidr_block = "0.0.0.0/0"
  transit_gateway_id     = var.gateway_id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.this]
}
