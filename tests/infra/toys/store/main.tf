resource "aws_s3_bucket" "this" {
  for_each      = var.buckets
  bucket        = each.value.bucket
  force_destroy = var.force_destroy
  tags          = { vpc = var.vpc_id, days = var.keep_days, schedule = var.schedule, subnets = join(" ", var.subnet_ids) }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = { for name, bucket in var.buckets : name => bucket if bucket.policy != null }
  bucket   = aws_s3_bucket.this[each.key].id
  policy   = each.value.policy
}
