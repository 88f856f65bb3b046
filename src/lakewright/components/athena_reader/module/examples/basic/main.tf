data "aws_caller_identity" "current" {}

module "reader" {
  source = "../.."

  name           = "shop-live-reader"
  account        = data.aws_caller_identity.current.account_id
  results_bucket = "shop-live-athena-results-111111111111"
  scan_limit     = 100000000000
  catalog        = { name = "prod", account = "222222222222" }

  trust_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Assume", Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::111111111111:root" } }]
  })

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Files", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::shop-live-exchange-222222222222/*" }]
  })
}
