data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "gold" {
  bucket_prefix = "shop-gold-"
}

resource "aws_iam_role" "admin" {
  name = "lake-admin"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = data.aws_caller_identity.current.account_id } }]
  })
}

module "lake_formation" {
  source = "../.."

  name           = "shop-dev"
  administrators = [aws_iam_role.admin.arn]
  locations      = { gold = aws_s3_bucket.gold.arn }

  data_access_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = "${aws_s3_bucket.gold.arn}/*" },
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = aws_s3_bucket.gold.arn },
    ]
  })
}
