output "task_arn" {
  description = "ARN of the replication task, or of the serverless replication's configuration."
  value       = local.instance ? aws_dms_replication_task.this[0].replication_task_arn : aws_dms_replication_config.this[0].arn
}

output "task_id" {
  description = "Identifier of the replication task (or configuration), as a person reads it."
  value       = "${var.name}-task"
}

output "metric_dimensions" {
  description = "Dimensions of the replication's metrics: the last part of an ARN is what CloudWatch calls it."
  value = local.instance ? {
    ReplicationInstanceIdentifier = local.identifier
    ReplicationTaskIdentifier     = element(split(":", aws_dms_replication_task.this[0].replication_task_arn), 6)
    } : {
    ReplicationConfigIdentifier = element(split(":", aws_dms_replication_config.this[0].arn), 6)
  }
}

output "instance_id" {
  description = "Identifier of the replication instance, as metrics name it; empty when serverless."
  value       = local.instance ? local.identifier : ""
}

output "source_endpoint_arn" {
  description = "ARN of the source endpoint."
  value       = aws_dms_endpoint.source.endpoint_arn
}

output "target_endpoint_arn" {
  description = "ARN of the S3 endpoint."
  value       = aws_dms_s3_endpoint.target.endpoint_arn
}

output "log_group" {
  description = "Log group of the replication."
  value       = aws_cloudwatch_log_group.this.name
}

output "security_group_id" {
  description = "Security group of the replication; the source has to let it in."
  value       = aws_security_group.this.id
}
