output "cluster_arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "task_definition_arns" {
  description = "ARN with revision of each task definition, by key."
  value       = { for key, task in aws_ecs_task_definition.this : key => task.arn }
}

output "task_role_arns" {
  description = "ARN of each task's own role, by key."
  value       = { for key, role in aws_iam_role.task : key => role.arn }
}

output "execution_role_arn" {
  description = "ARN of the role that starts tasks."
  value       = aws_iam_role.execution.arn
}

output "service_names" {
  description = "Name of each service, by key."
  value       = { for key, service in aws_ecs_service.this : key => service.name }
}

output "log_group_names" {
  description = "Log group of each task, by key."
  value       = { for key, group in aws_cloudwatch_log_group.task : key => group.name }
}
