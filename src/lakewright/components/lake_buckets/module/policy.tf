locals {
  # TLS only, everywhere; another encryption than the bucket's own is refused where a key is asked for.
  statements = { for key, bucket in var.buckets : key => concat(
    [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.arns[key], "${local.arns[key]}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }],
    local.encrypted_only[key],
    local.deliveries[key],
    bucket.policy == null ? [] : jsondecode(bucket.policy).Statement,
  ) }

  encrypted_only = { for key, bucket in var.buckets : key => bucket.encryption != "kms" ? [] : [
    {
      Sid       = "KmsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "${local.arns[key]}/*"
      Condition = {
        Null            = { "s3:x-amz-server-side-encryption" = "false" }
        StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
      }
    },
    {
      Sid       = "OwnKeyOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "${local.arns[key]}/*"
      Condition = {
        Null            = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
        StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = var.kms_key_arn }
      }
    },
  ] }

  deliveries = { for key, bucket in var.buckets : key => key != var.log_bucket ? [] : [{
    Sid       = "AccessLogs"
    Effect    = "Allow"
    Principal = { Service = "logging.s3.amazonaws.com" }
    Action    = "s3:PutObject"
    Resource  = "${local.arns[key]}/*"
    Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
  }] }

  arns = { for key, bucket in var.buckets : key => "arn:aws:s3:::${bucket.bucket}" }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })

  # A policy and the public access block cannot be written at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
