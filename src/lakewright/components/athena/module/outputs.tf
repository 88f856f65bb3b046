output "workgroups" {
  description = "Names of the workgroups, by the name in the spec."
  value       = { for name, workgroup in aws_athena_workgroup.this : name => workgroup.name }
}

output "workgroup_arns" {
  description = "ARNs of the workgroups, by name."
  value       = { for name, workgroup in aws_athena_workgroup.this : name => workgroup.arn }
}

output "query_ids" {
  description = "Ids of the saved queries, by name."
  value       = { for name, query in aws_athena_named_query.this : name => query.id }
}
