output "names" {
  description = "Names of the budgets, by month and day."
  value       = { for key, budget in aws_budgets_budget.this : key => budget.name }
}

output "monitor_arn" {
  description = "ARN of the anomaly monitor; null if there is none."
  value       = one(aws_ce_anomaly_monitor.services[*].arn)
}
