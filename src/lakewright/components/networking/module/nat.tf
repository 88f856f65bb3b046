locals {
  # The zone whose NAT gateway each private zone uses.
  nat_zone = {
    none     = {}
    one      = { for zone in local.private_zones : zone => sort(local.private_zones)[0] }
    per_zone = { for zone in local.private_zones : zone => zone }
  }[var.nat]

  public_by_zone = { for key, subnet in local.public : subnet.zone => key... }
}

resource "aws_eip" "nat" {
  for_each = toset(values(local.nat_zone))

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = toset(values(local.nat_zone))

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.this[sort(local.public_by_zone[each.key])[0]].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_route.internet]
}

resource "aws_route" "nat" {
  for_each = local.nat_zone

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.value].id
}
