mock_provider "aws" {}
mock_provider "databricks" {
  mock_resource "databricks_storage_credential" {
    defaults = { aws_iam_role = { role_arn = "arn:aws:iam::111111111111:role/uc", external_id = "given-by-databricks" } }
  }
}

variables {
  name = "shop-dev"

  role = {
    name         = "uc"
    arn          = "arn:aws:iam::111111111111:role/uc"
    trust_policy = "{\"Statement\": [{\"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"EXTERNAL_ID\"}}}]}"
    policy       = "{\"Statement\": []}"
  }

  locations = { raw = { url = "s3://shop-raw/" } }
  catalogs  = { main = { storage_root = "s3://shop-raw/main", grants = { DataAnalysts = ["USE_CATALOG"] } } }
  schemas   = { "main.gold" = { catalog = "main", name = "gold", grants = { DataAnalysts = ["USE_SCHEMA", "SELECT"] } } }
  volumes   = { "main.gold.files" = { schema = "main.gold", name = "files" } }
}

run "a_catalog_with_grants" {
  command = apply

  assert {
    condition     = one(databricks_grants.schema["main.gold"].grant).privileges == toset(["SELECT", "USE_SCHEMA"])
    error_message = "Each securable has its grants in one place."
  }

  assert {
    condition     = databricks_volume.this["main.gold.files"].volume_type == "MANAGED"
    error_message = "Without a location a volume is managed."
  }
}

run "no_external_id" {
  command = plan

  variables {
    role = { name = "uc", arn = "arn:aws:iam::111111111111:role/uc", trust_policy = "{\"Statement\": []}", policy = "{\"Statement\": []}" }
  }

  expect_failures = [var.role]
}

run "usage_is_no_privilege" {
  command = plan

  variables {
    catalogs = { main = { storage_root = "s3://shop-raw/main", grants = { DataAnalysts = ["USAGE"] } } }
  }

  expect_failures = [var.catalogs]
}
