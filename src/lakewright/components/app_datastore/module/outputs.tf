output "address" {
  description = "The database's address within the network."
  value       = aws_db_instance.this.address
}

output "database" {
  description = "Name of the database."
  value       = aws_db_instance.this.db_name
}

output "secret_arn" {
  description = "The owner's user and password, kept and rotated by RDS."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "instance_arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.this.arn
}

output "client_group_id" {
  description = "Security group whose members reach the database."
  value       = aws_security_group.clients.id
}
