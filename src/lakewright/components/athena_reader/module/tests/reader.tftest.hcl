mock_provider "aws" {}

variables {
  name           = "shop-live-reader"
  account        = "111111111111"
  results_bucket = "shop-live-athena-results-111111111111"
  scan_limit     = 100000000000
  catalog        = { name = "prod", account = "222222222222" }
  trust_policy   = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  policy         = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
}

run "the_other_account_s_catalog" {
  command = plan

  assert {
    condition     = aws_athena_data_catalog.this.type == "GLUE" && aws_athena_data_catalog.this.parameters["catalog-id"] == "222222222222"
    error_message = "The catalog is the other account's."
  }

  assert {
    condition     = aws_athena_workgroup.this.configuration[0].enforce_workgroup_configuration && aws_athena_workgroup.this.configuration[0].result_configuration[0].output_location == "s3://shop-live-athena-results-111111111111/shop-live-reader/"
    error_message = "Results go where the workgroup says, whatever a client asks for."
  }
}

run "its_own_account" {
  command = plan

  variables {
    catalog = { name = "own", account = "111111111111" }
  }

  expect_failures = [var.catalog]
}
