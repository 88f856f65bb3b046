output "topic_arns" {
  description = "ARN of each topic, by key; known when services may publish to it."
  value       = { for key, topic in aws_sns_topic.this : key => topic.arn }

  depends_on = [aws_sns_topic_policy.this]
}

output "alarms" {
  description = "Name of each alarm, by key."
  value = merge(
    { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.alarm_name },
    { for key, alarm in aws_cloudwatch_composite_alarm.this : key => alarm.alarm_name },
  )
}

output "dashboards" {
  description = "Name of each dashboard, by key."
  value       = { for key, dashboard in aws_cloudwatch_dashboard.this : key => dashboard.dashboard_name }
}
