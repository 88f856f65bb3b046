output "names" {
  description = "Purpose → name."
  value       = { for name, bucket in aws_s3_bucket.this : name => bucket.id }
}
