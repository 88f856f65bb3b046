output "databases" {
  description = "Names of the databases by layer."
  value       = { for layer, database in aws_glue_catalog_database.this : layer => database.name }
}

output "tables" {
  description = "Declared tables: `silver.order` → database and name."
  value = {
    for key, table in aws_glue_catalog_table.this : key => { database = table.database_name, name = table.name }
  }
}

output "jobs" {
  description = "Names of the jobs."
  value       = { for key, job in aws_glue_job.this : key => job.name }
}

output "crawlers" {
  description = "Names of the crawlers."
  value       = { for key, crawler in aws_glue_crawler.this : key => crawler.name }
}

output "crawler_role_arn" {
  description = "Role of the crawlers, which needs Lake Formation's permission to make tables."
  value       = aws_iam_role.crawler.arn
}

output "workflow" {
  description = "Name of the workflow."
  value       = aws_glue_workflow.this.name
}

output "log_group" {
  description = "Log group of the jobs."
  value       = aws_cloudwatch_log_group.jobs.name
}
