mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-east-1:111111111111:function:mock" }
  }
}

variables {
  bucket        = "shop-dev-artifacts-111111111111"
  bucket_arn    = "arn:aws:s3:::shop-dev-artifacts-111111111111"
  account       = "111111111111"
  function_name = "shop-dev-intake"
  role_name     = "shop-dev-intake"
  package       = "./main.tf" # any file: nothing runs here
  policy        = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
}

run "only_its_own_bucket_starts_it" {
  command = apply

  assert {
    condition     = aws_lambda_permission.bucket.source_arn == "arn:aws:s3:::shop-dev-artifacts-111111111111" && aws_lambda_permission.bucket.source_account == "111111111111"
    error_message = "A bucket of the same name in another account must not start the function."
  }

  assert {
    condition     = aws_s3_bucket_notification.incoming.lambda_function[0].filter_prefix == "incoming/"
    error_message = "What the function writes must not start it again."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_group == "/aws/lambda/shop-dev-intake"
    error_message = "The log is the group made here, with its retention."
  }
}

run "refuses_too_long" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_bucket_name_for_an_arn" {
  command = plan

  variables {
    bucket_arn = "shop-dev-artifacts-111111111111"
  }

  expect_failures = [var.bucket_arn]
}
