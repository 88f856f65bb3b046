output "attachment_id" {
  description = "Attachment of the firewall's network, once the firewall is in its way."
  value       = aws_ec2_transit_gateway_vpc_attachment.this.id
  depends_on  = [aws_route.in, aws_route.out]
}

output "firewall_arn" {
  description = "ARN of the firewall."
  value       = aws_networkfirewall_firewall.this.arn
}

output "endpoint_ids" {
  description = "The firewall's endpoints by zone."
  value       = local.endpoints
}

output "vpc_id" {
  description = "The firewall's network."
  value       = aws_vpc.this.id
}

output "log_group_names" {
  description = "Log groups: alert and flow."
  value       = { for key, group in aws_cloudwatch_log_group.this : key => group.name }
}
