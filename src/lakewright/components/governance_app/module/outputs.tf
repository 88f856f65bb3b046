output "url" {
  description = "Where it is reached."
  value       = "https://${aws_route53_record.this.fqdn}"
}

output "cluster_name" {
  description = "The cluster of its tasks."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "The service."
  value       = aws_ecs_service.this.name
}

output "role_arns" {
  description = "Roles: start and task."
  value       = { for key, role in aws_iam_role.this : key => role.arn }
}
