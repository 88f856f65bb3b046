resource "aws_s3_bucket" "this" {
  for_each = toset(["bronze", "silver", "scripts"])

  bucket_prefix = "shop-${each.key}-"
}

module "glue" {
  source = "../.."

  name    = "shop-dev"
  scripts = { bucket = aws_s3_bucket.this["scripts"].id, folder = "glue", entry = "job.py" }
  uploads = { "job.py" = "${path.module}/job.py" }

  databases = {
    bronze = { name = "bronze", location = "s3://${aws_s3_bucket.this["bronze"].id}/", description = "Raw changes" }
    silver = { name = "silver", location = "s3://${aws_s3_bucket.this["silver"].id}/", description = "Clean rows" }
  }

  crawlers = {
    bronze = {
      description = "Files of Bronze"
      database    = "bronze"
      schedule    = "cron(0 * * * ? *)"
      path        = "s3://${aws_s3_bucket.this["bronze"].id}/"
      table_level = 2
    }
  }

  crawler_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "${aws_s3_bucket.this["bronze"].arn}/*" }]
  })

  jobs = {
    orders = {
      name        = "shop-dev-orders"
      description = "Cleans orders"
      arguments   = { "--models" = "silver.order" }
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "${aws_s3_bucket.this["scripts"].arn}/*" }]
      })
    }
  }

  triggers = { start = { schedule = "cron(15 * * * ? *)", start_jobs = ["orders"] } }
}
