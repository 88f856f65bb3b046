output "gateway_id" {
  description = "The transit gateway, once it is shared with the accounts."
  value       = aws_ec2_transit_gateway.this.id
  depends_on  = [aws_ram_principal_association.this, aws_ram_resource_association.this]
}

output "gateway_arn" {
  description = "ARN of the transit gateway."
  value       = aws_ec2_transit_gateway.this.arn
}

output "route_table_ids" {
  description = "Route tables by what they are for: inspected (what comes from the firewall), spokes (all else)."
  value       = { for key, table in aws_ec2_transit_gateway_route_table.this : key => table.id }
}

output "share_arn" {
  description = "ARN of the share."
  value       = aws_ram_resource_share.this.arn
}
