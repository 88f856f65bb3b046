output "names" {
  description = "Name of each bucket, by key."
  value       = { for key, bucket in aws_s3_bucket.this : key => bucket.id }
}

output "arns" {
  description = "ARN of each bucket, by key."
  value       = { for key, bucket in aws_s3_bucket.this : key => bucket.arn }
}

output "data_arns" {
  description = "ARN of each bucket but the log bucket, by key."
  value       = { for key, bucket in aws_s3_bucket.this : key => bucket.arn if key != var.log_bucket }
}

output "ready" {
  description = "As names, but known only when policy, encryption and public access block are in place: for what writes at once."
  value       = { for key, bucket in aws_s3_bucket.this : key => bucket.id }

  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
  ]
}
