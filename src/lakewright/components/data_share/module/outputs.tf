output "database" {
  description = "Name of the database."
  value       = aws_glue_catalog_database.this.name
}

output "bucket_arn" {
  description = "ARN of the bucket of the files."
  value       = "arn:aws:s3:::${var.bucket}"
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the files; null for S3's own."
  value       = var.kms_key_arn
}
