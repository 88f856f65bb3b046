output "instance_id" {
  description = "Id of the machine, for `aws ssm start-session --target`."
  value       = aws_instance.this.id
}

output "private_ip" {
  description = "Address within the VPC."
  value       = aws_instance.this.private_ip
}

output "security_group_id" {
  description = "Security group of the machine, for others' rules."
  value       = aws_security_group.this.id
}

output "role_arn" {
  description = "ARN of the machine's role."
  value       = aws_iam_role.this.arn
}
