locals {
  ingress = merge([for group, it in var.security_groups : { for name, rule in it.ingress : "${group}/${name}" => merge(rule, { of = group }) }]...)
  egress  = merge([for group, it in var.security_groups : { for name, rule in it.egress : "${group}/${name}" => merge(rule, { of = group }) }]...)
}

resource "aws_security_group" "this" {
  for_each = var.security_groups

  name        = "${var.name}-${each.key}"
  description = each.value.description
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.ingress

  security_group_id            = aws_security_group.this[each.value.of].id
  description                  = each.value.description
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  cidr_ipv4                    = each.value.cidr == "vpc" ? aws_vpc.this.cidr_block : each.value.cidr
  referenced_security_group_id = each.value.group == null ? null : aws_security_group.this[each.value.group].id
  prefix_list_id               = each.value.endpoint == null ? null : aws_vpc_endpoint.gateway[each.value.endpoint].prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.egress

  security_group_id            = aws_security_group.this[each.value.of].id
  description                  = each.value.description
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  cidr_ipv4                    = each.value.cidr == "vpc" ? aws_vpc.this.cidr_block : each.value.cidr
  referenced_security_group_id = each.value.group == null ? null : aws_security_group.this[each.value.group].id
  prefix_list_id               = each.value.endpoint == null ? null : aws_vpc_endpoint.gateway[each.value.endpoint].prefix_list_id
}
