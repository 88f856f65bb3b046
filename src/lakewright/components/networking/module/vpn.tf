# Site-to-site VPN: the way to a source that is not in AWS. The tunnels' keys are made by AWS and kept in Secrets Manager,
# where whoever configures the other side reads them: no state holds them.
resource "aws_vpn_gateway" "this" {
  count = length(var.vpn_sites) > 0 ? 1 : 0

  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_customer_gateway" "this" {
  for_each = var.vpn_sites

  type       = "ipsec.1"
  ip_address = each.value.address
  bgp_asn    = each.value.bgp_asn

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpn_connection" "this" {
  for_each = var.vpn_sites

  type                  = "ipsec.1"
  customer_gateway_id   = aws_customer_gateway.this[each.key].id
  vpn_gateway_id        = aws_vpn_gateway.this[0].id
  static_routes_only    = true
  preshared_key_storage = "SecretsManager"

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpn_connection_route" "this" {
  for_each = merge([for site, it in var.vpn_sites : { for cidr in it.cidrs : "${site}/${cidr}" => { site = site, cidr = cidr } }]...)

  vpn_connection_id      = aws_vpn_connection.this[each.value.site].id
  destination_cidr_block = each.value.cidr
}

resource "aws_vpn_gateway_route_propagation" "this" {
  for_each = length(var.vpn_sites) > 0 ? aws_route_table.private : {}

  vpn_gateway_id = aws_vpn_gateway.this[0].id
  route_table_id = each.value.id
}
