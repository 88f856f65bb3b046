# One set of endpoints for all workspaces of the network, instead of one in each account.
locals {
  endpoint_subnets = [for key, subnet in var.subnets : key if subnet.tier == "endpoints" && !subnet.owned]
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Endpoints of AWS services"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id = aws_security_group.endpoints.id
  description       = "HTTPS from the network"
  cidr_ipv4         = aws_vpc.this.cidr_block
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = { Name = "https" }
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = values(aws_route_table.inside)[*].id
  policy            = var.s3_policy

  tags = { Name = "${var.name}-s3" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [for key in local.endpoint_subnets : aws_subnet.this[key].id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true

  tags = { Name = "${var.name}-${each.key}" }
}

# Databricks' control plane by PrivateLink: its REST API and the relay through which clusters are reached.
resource "aws_security_group" "private_link" {
  count = length(var.private_link) > 0 ? 1 : 0

  name        = "${var.name}-databricks"
  description = "Endpoints of the Databricks control plane"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-databricks" }
}

resource "aws_vpc_security_group_ingress_rule" "private_link" {
  for_each = length(var.private_link) > 0 ? var.private_link_ports : {}

  security_group_id = aws_security_group.private_link[0].id
  description       = each.value.description
  cidr_ipv4         = aws_vpc.this.cidr_block
  ip_protocol       = "tcp"
  from_port         = each.value.from_port
  to_port           = each.value.to_port

  tags = { Name = each.key }
}

resource "aws_vpc_endpoint" "private_link" {
  for_each = var.private_link

  vpc_id              = aws_vpc.this.id
  service_name        = each.value
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [for key in local.endpoint_subnets : aws_subnet.this[key].id]
  security_group_ids  = [aws_security_group.private_link[0].id]
  private_dns_enabled = true

  tags = { Name = "${var.name}-databricks-${each.key}" }
}
