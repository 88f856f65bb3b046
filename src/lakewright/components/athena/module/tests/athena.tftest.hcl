mock_provider "aws" {}

variables {
  account        = "111111111111"
  results_bucket = "shop-athena-results-111111111111"

  workgroups = {
    analysts  = { scan_limit = 1000000000000 }
    engineers = { output_location = "s3://other-bucket/engineers/", encryption_option = "SSE_KMS", kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/k" }
  }

  queries = {
    revenue = { workgroup = "analysts", database = "gold", sql = "SELECT 1" }
    all     = { workgroup = "primary", database = "gold", sql = "SELECT 2" }
  }

  statements = {
    of_tenant = { workgroup = "analysts", name = "of_tenant", sql = "SELECT ?" }
  }
}

run "limits_and_encryption" {
  command = plan

  assert {
    condition     = aws_athena_workgroup.this["analysts"].configuration[0].bytes_scanned_cutoff_per_query == 1000000000000 && aws_athena_workgroup.this["analysts"].configuration[0].enforce_workgroup_configuration
    error_message = "The limit holds whatever a client asks for."
  }

  assert {
    condition     = aws_athena_workgroup.this["analysts"].configuration[0].result_configuration[0].output_location == "s3://shop-athena-results-111111111111/analysts/" && aws_athena_workgroup.this["engineers"].configuration[0].result_configuration[0].output_location == "s3://other-bucket/engineers/"
    error_message = "Each workgroup has a folder of its own unless it names another."
  }

  assert {
    condition     = [for group in aws_athena_workgroup.this : group.configuration[0].result_configuration[0].encryption_configuration[0].encryption_option] == ["SSE_S3", "SSE_KMS"]
    error_message = "Results are encrypted."
  }

  assert {
    condition     = aws_athena_named_query.this["all"].workgroup == "primary" && aws_athena_prepared_statement.this["of_tenant"].query_statement == "SELECT ?"
    error_message = "Queries may belong to primary, which is there."
  }
}

run "primary_is_not_made" {
  command = plan

  variables {
    workgroups = { primary = {} }
    queries    = {}
    statements = {}
  }

  expect_failures = [var.workgroups]
}

run "a_limit_below_ten_megabytes_is_refused" {
  command = plan

  variables {
    workgroups = { analysts = { scan_limit = 9999999 } }
    queries    = {}
    statements = {}
  }

  expect_failures = [var.workgroups]
}
