data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  start = "arn:aws:glue:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
}

module "share" {
  source = "../.."

  database = "exchange"
  bucket   = "shop-live-exchange-111111111111"

  tables = {
    rates = { prefix = "rates", format = "csv", columns = [{ name = "currency", type = "string" }, { name = "rate", type = "double" }] }
  }

  catalog_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Readers"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::222222222222:root" }
      Action    = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartitions"]
      Resource  = ["${local.start}:catalog", "${local.start}:database/exchange", "${local.start}:table/exchange/*"]
    }]
  })
}
