module "unity_catalog" {
  source = "../.."

  name = "shop-dev"

  role = {
    name = "shop-dev-unity-catalog"
    arn  = "arn:aws:iam::111111111111:role/shop-dev-unity-catalog"

    trust_policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "UnityCatalog"
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { AWS = "arn:aws:iam::414351767826:root" }
        Condition = { StringEquals = { "sts:ExternalId" = "EXTERNAL_ID" } }
      }]
    })

    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Sid = "Lake", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::shop-raw/*" }]
    })
  }

  locations = { raw = { url = "s3://shop-raw/" } }
  catalogs  = { main = { storage_root = "s3://shop-raw/main", grants = { DataAnalysts = ["USE_CATALOG"] } } }
  schemas   = { "main.gold" = { catalog = "main", name = "gold", grants = { DataAnalysts = ["USE_SCHEMA", "SELECT"] } } }
}
