data "aws_caller_identity" "current" {}

module "lake" {
  source = "../.."

  account    = data.aws_caller_identity.current.account_id
  log_bucket = "access-logs"

  buckets = {
    bronze = {
      bucket     = "shop-dev-bronze-${data.aws_caller_identity.current.account_id}"
      encryption = "s3"
      lifecycle = {
        age = { transitions = { STANDARD_IA = 90, GLACIER = 180 }, expire_noncurrent_after = 30 }
      }
    }

    athena-results = {
      bucket     = "shop-dev-athena-results-${data.aws_caller_identity.current.account_id}"
      encryption = "s3"
      versioning = false
      lifecycle  = { age = { expire_after = 30 } }
    }

    access-logs = {
      bucket     = "shop-dev-access-logs-${data.aws_caller_identity.current.account_id}"
      encryption = "s3"
      versioning = false
      lifecycle  = { age = { expire_after = 365 } }
    }
  }
}

output "bucket_names" {
  description = "Names of the buckets."
  value       = module.lake.names
}
