locals {
  logged = { for key, bucket in var.buckets : key => bucket if var.log_bucket != null && bucket.access_logs && key != var.log_bucket }
}

resource "aws_s3_bucket" "this" {
  for_each = var.buckets

  bucket        = each.value.bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = var.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = { for key, bucket in var.buckets : key => bucket if bucket.versioning }

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    bucket_key_enabled = each.value.encryption == "kms"

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.value.encryption == "kms" ? "aws:kms" : "AES256"
      kms_master_key_id = each.value.encryption == "kms" ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = local.logged

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this[var.log_bucket].id
  target_prefix = "${each.key}/"

  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_s3_bucket_notification" "this" {
  for_each = { for key, bucket in var.buckets : key => bucket if bucket.events }

  bucket      = aws_s3_bucket.this[each.key].id
  eventbridge = true
}
