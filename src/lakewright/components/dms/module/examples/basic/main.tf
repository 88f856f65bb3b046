resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  for_each = { a = "10.0.1.0/24", b = "10.0.2.0/24" }

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = "us-east-1${each.key}"
}

resource "aws_s3_bucket" "bronze" {
  bucket_prefix = "shop-bronze-"
}

resource "aws_secretsmanager_secret" "source" {
  name = "shop/source" # {"host": …, "port": 5432, "username": …, "password": …}
}

module "orders" {
  source = "../.."

  name       = "shop-dev-orders"
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.this : subnet.id]

  source_endpoint = { database = "shop", secret_arn = aws_secretsmanager_secret.source.arn }
  target          = { bucket = aws_s3_bucket.bronze.id, timestamp_column = "_dms_commit_ts" }

  table_mappings = jsonencode({
    rules = [{
      rule-type      = "selection"
      rule-id        = "1"
      rule-name      = "orders"
      object-locator = { schema-name = "public", table-name = "orders" }
      rule-action    = "explicit"
    }]
  })
  task_settings = jsonencode({ Logging = { EnableLogging = true } })

  secret_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], Resource = aws_secretsmanager_secret.source.arn }]
  })

  target_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging"], Resource = "${aws_s3_bucket.bronze.arn}/*" },
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = aws_s3_bucket.bronze.arn },
    ]
  })
}
