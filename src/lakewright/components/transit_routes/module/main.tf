# From every shared network to the firewall.
resource "aws_ec2_transit_gateway_route" "to_firewall" {
  destination_cidr_block         = "0.0.0.0/0"
  transit_gateway_attachment_id  = var.firewall_attachment_id
  transit_gateway_route_table_id = var.route_table_ids["spokes"]
}

resource "aws_ec2_transit_gateway_route_table_association" "firewall" {
  transit_gateway_attachment_id  = var.firewall_attachment_id
  transit_gateway_route_table_id = var.route_table_ids["inspected"]
}

resource "aws_ec2_transit_gateway_route_table_association" "spokes" {
  for_each = var.attachment_ids

  transit_gateway_attachment_id  = each.value
  transit_gateway_route_table_id = var.route_table_ids["spokes"]
}

# From the firewall to each network by its own addresses, and to the one that leads to the internet for all others.
resource "aws_ec2_transit_gateway_route_table_propagation" "inspected" {
  for_each = var.attachment_ids

  transit_gateway_attachment_id  = each.value
  transit_gateway_route_table_id = var.route_table_ids["inspected"]
}

resource "aws_ec2_transit_gateway_route" "to_internet" {
  count = var.internet == null ? 0 : 1

  destination_cidr_block         = "0.0.0.0/0"
  transit_gateway_attachment_id  = var.attachment_ids[var.internet]
  transit_gateway_route_table_id = var.route_table_ids["inspected"]
}
