output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "Subnet → id."
  value       = { for name, subnet in aws_subnet.this : name => subnet.id }
}

output "not_provided" {
  description = "What only this module's owner knows."
  value       = aws_vpc.this.arn
}
