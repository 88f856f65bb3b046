data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "results" {
  bucket_prefix = "shop-results-"
}

module "athena" {
  source = "../.."

  account        = data.aws_caller_identity.current.account_id
  results_bucket = aws_s3_bucket.results.id
  workgroups     = { analysts = { description = "BI and analysis", scan_limit = 1000000000000 } }

  queries = {
    one = { workgroup = "analysts", database = "default", sql = "SELECT 1" }
  }
}
