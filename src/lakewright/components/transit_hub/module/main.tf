# Nothing is associated or propagated by itself: who reaches whom is decided by routes, and goes through the firewall.
resource "aws_ec2_transit_gateway" "this" {
  description                     = var.description
  amazon_side_asn                 = var.asn
  auto_accept_shared_attachments  = "enable"
  default_route_table_association = "disable"
  default_route_table_propagation = "disable"
  dns_support                     = "enable"
  vpn_ecmp_support                = "enable"

  tags = { Name = var.name }
}

# What comes from the shared networks (spokes), and what comes back from the firewall (inspected).
resource "aws_ec2_transit_gateway_route_table" "this" {
  for_each = toset(["inspected", "spokes"])

  transit_gateway_id = aws_ec2_transit_gateway.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_ram_resource_share" "this" {
  name                      = var.name
  allow_external_principals = false

  tags = { Name = var.name }
}

resource "aws_ram_resource_association" "this" {
  resource_arn       = aws_ec2_transit_gateway.this.arn
  resource_share_arn = aws_ram_resource_share.this.arn
}

resource "aws_ram_principal_association" "this" {
  for_each = var.accounts

  principal          = each.key
  resource_share_arn = aws_ram_resource_share.this.arn
}
