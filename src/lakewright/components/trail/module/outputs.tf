output "arn" {
  description = "ARN of the trail."
  value       = aws_cloudtrail.this.arn
}

output "name" {
  description = "Name of the trail."
  value       = aws_cloudtrail.this.name
}

output "bucket_name" {
  description = "Name of the bucket with the trail's files."
  value       = aws_s3_bucket.this.id
}

output "bucket_arn" {
  description = "ARN of the bucket with the trail's files."
  value       = aws_s3_bucket.this.arn
}

output "log_group_name" {
  description = "Name of the log group; null if the trail is not sent to CloudWatch Logs."
  value       = one(aws_cloudwatch_log_group.this[*].name)
}
