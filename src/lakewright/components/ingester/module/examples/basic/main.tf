data "aws_caller_identity" "current" {}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  vpc_id     = aws_vpc.this.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_s3_bucket" "this" {
  for_each = toset(["bronze", "scripts"])

  bucket_prefix = "shop-${each.key}-"
}

resource "aws_secretsmanager_secret" "source" {
  name = "shop/source" # {"host": …, "port": 5432, "username": …, "password": …, "dbname": …}
}

resource "aws_ecr_repository" "jobs" {
  name = "shop-jobs"
}

module "ingester" {
  source = "../.."

  name       = "shop-dev-ingest"
  account    = data.aws_caller_identity.current.account_id
  region     = "us-east-1"
  image      = aws_ecr_repository.jobs.repository_url
  tag        = "1.2.3"
  command    = ["--settings", "s3://${aws_s3_bucket.this["scripts"].id}/ingester/shop.json"]
  settings   = { bucket = aws_s3_bucket.this["scripts"].id, key = "ingester/shop.json", text = "{}" }
  secret_arn = aws_secretsmanager_secret.source.arn
  vpc_id     = aws_vpc.this.id
  subnet_ids = [aws_subnet.this.id]
  postgres   = { cidr = aws_vpc.this.cidr_block, port = 5432 }

  task_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${aws_s3_bucket.this["bronze"].arn}/*" }]
  })

  start_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = aws_secretsmanager_secret.source.arn }]
  })
}
