# A security group for each workspace: Databricks takes none that another workspace uses. Nodes of a cluster reach each
# other; everything else that they reach is named.
resource "aws_security_group" "workspace" {
  for_each = var.workspaces

  name        = "${var.name}-${each.key}"
  description = "Clusters of the workspace ${each.key}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "workspace" {
  for_each = merge([for name, it in var.workspaces : { for protocol in ["tcp", "udp"] : "${name}/${protocol}" => { name = name, protocol = protocol } }]...)

  security_group_id            = aws_security_group.workspace[each.value.name].id
  description                  = "Nodes of the same workspace"
  referenced_security_group_id = aws_security_group.workspace[each.value.name].id
  ip_protocol                  = each.value.protocol
  from_port                    = 0
  to_port                      = 65535

  tags = { Name = each.key }
}

resource "aws_vpc_security_group_egress_rule" "nodes" {
  for_each = merge([for name, it in var.workspaces : { for protocol in ["tcp", "udp"] : "${name}/${protocol}" => { name = name, protocol = protocol } }]...)

  security_group_id            = aws_security_group.workspace[each.value.name].id
  description                  = "Nodes of the same workspace"
  referenced_security_group_id = aws_security_group.workspace[each.value.name].id
  ip_protocol                  = each.value.protocol
  from_port                    = 0
  to_port                      = 65535

  tags = { Name = each.key }
}

resource "aws_vpc_security_group_egress_rule" "services" {
  for_each = var.workspaces

  security_group_id            = aws_security_group.workspace[each.key].id
  description                  = "Endpoints of AWS services"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443

  tags = { Name = "${each.key}/services" }
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = var.workspaces

  security_group_id = aws_security_group.workspace[each.key].id
  description       = "S3 through its endpoint"
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = { Name = "${each.key}/s3" }
}

resource "aws_vpc_security_group_egress_rule" "control_plane" {
  for_each = merge([for name, it in var.workspaces : { for port, rule in var.private_link_ports : "${name}/${port}" => merge(rule, { name = name }) } if length(var.private_link) > 0]...)

  security_group_id            = aws_security_group.workspace[each.value.name].id
  description                  = each.value.description
  referenced_security_group_id = aws_security_group.private_link[0].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port

  tags = { Name = each.key }
}

resource "aws_vpc_security_group_egress_rule" "others" {
  for_each = merge([for name, it in var.workspaces : { for rule, to in it.egress : "${name}/${rule}" => merge(to, { name = name }) }]...)

  security_group_id = aws_security_group.workspace[each.value.name].id
  description       = each.value.description
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.from_port
  to_port           = each.value.to_port

  tags = { Name = each.key }
}
