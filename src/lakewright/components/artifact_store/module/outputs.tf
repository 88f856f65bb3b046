output "function_arn" {
  description = "ARN of the function that takes artifacts in."
  value       = aws_lambda_function.this.arn
}

output "function_name" {
  description = "Name of the function, for metrics and alarms."
  value       = aws_lambda_function.this.function_name
}

output "role_arn" {
  description = "ARN of the function's role, for key and bucket policies."
  value       = aws_iam_role.this.arn
}
