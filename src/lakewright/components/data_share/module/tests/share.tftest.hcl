mock_provider "aws" {}

variables {
  database       = "exchange"
  bucket         = "shop-live-exchange-111111111111"
  catalog_policy = "{\"Version\": \"2012-10-17\", \"Statement\": []}"

  tables = {
    rates = { prefix = "rates/daily", format = "csv", columns = [{ name = "currency", type = "string" }] }
  }
}

run "a_table_of_files" {
  command = plan

  assert {
    condition     = aws_glue_catalog_table.this["rates"].storage_descriptor[0].location == "s3://shop-live-exchange-111111111111/rates/daily/"
    error_message = "A table lies in its folder."
  }

  assert {
    condition     = aws_glue_catalog_table.this["rates"].parameters["skip.header.line.count"] == "1"
    error_message = "CSV has a line of names first."
  }
}

run "an_unknown_format" {
  command = plan

  variables {
    tables = { rates = { prefix = "rates", format = "xml", columns = [{ name = "currency", type = "string" }] } }
  }

  expect_failures = [var.tables]
}
