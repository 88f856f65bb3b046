output "address" {
  description = "Host name of the server."
  value       = aws_db_instance.this.address
}

output "secret_arn" {
  description = "ARN of the secret with the owner's name and password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "jdbc_url" {
  description = "Address for `javax.jdo.option.ConnectionURL`, without a password."
  value       = "jdbc:postgresql://${aws_db_instance.this.address}:${aws_db_instance.this.port}/${aws_db_instance.this.db_name}?ssl=true&sslmode=require"
}
