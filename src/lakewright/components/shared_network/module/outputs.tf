output "vpc_id" {
  description = "The network, once its subnets are shared: other accounts see it by them."
  value       = aws_vpc.this.id
  depends_on  = [aws_ram_principal_association.this, aws_ram_resource_association.subnets]
}

output "attachment_id" {
  description = "Its attachment to the transit gateway."
  value       = aws_ec2_transit_gateway_vpc_attachment.this.id
}

output "subnet_ids" {
  description = "Subnets by name, once they are shared."
  value       = { for key, subnet in aws_subnet.this : key => subnet.id }
  depends_on  = [aws_ram_principal_association.this, aws_ram_resource_association.subnets, aws_route_table_association.inside]
}

output "security_group_ids" {
  description = "Security groups of the workspaces by name, once they are shared."
  value       = { for key, group in aws_security_group.workspace : key => group.id }
  depends_on  = [aws_ram_principal_association.this, aws_ram_resource_association.groups]
}

output "endpoint_ids" {
  description = "Endpoints of AWS services: s3, and the interface endpoints by service."
  value       = merge({ s3 = aws_vpc_endpoint.s3.id }, { for key, endpoint in aws_vpc_endpoint.interface : key => endpoint.id })
}

output "private_link_ids" {
  description = "Endpoints of Databricks' control plane: rest, relay, front_end."
  value       = { for key, endpoint in aws_vpc_endpoint.private_link : key => endpoint.id }
}

output "zone_id" {
  description = "The zone of private names; null without one."
  value       = one(aws_route53_zone.this[*].zone_id)
}

output "zone_name" {
  description = "Domain of the network's private names; null without a zone."
  value       = var.zone
}
