# Coarse second fence behind the security groups: rules by number, the first that fits decides.
resource "aws_network_acl" "this" {
  for_each = var.network_acls

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for key, subnet in var.subnets : aws_subnet.this[key].id if subnet.public == (each.key == "public")]

  dynamic "ingress" {
    for_each = each.value.ingress

    content {
      rule_no    = ingress.key
      action     = ingress.value.action
      protocol   = ingress.value.protocol
      cidr_block = ingress.value.cidr == "vpc" ? aws_vpc.this.cidr_block : ingress.value.cidr
      from_port  = ingress.value.from_port
      to_port    = ingress.value.to_port
    }
  }

  dynamic "egress" {
    for_each = each.value.egress

    content {
      rule_no    = egress.key
      action     = egress.value.action
      protocol   = egress.value.protocol
      cidr_block = egress.value.cidr == "vpc" ? aws_vpc.this.cidr_block : egress.value.cidr
      from_port  = egress.value.from_port
      to_port    = egress.value.to_port
    }
  }

  tags = { Name = "${var.name}-${each.key}" }
}
