mock_provider "aws" {}

variables {
  alias       = "shop-dev"
  description = "Encrypts what shop keeps in dev"
  policy      = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
}

run "rotates_and_has_an_alias" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.rotation_period_in_days == 365
    error_message = "The key's material must be rotated every year."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/shop-dev"
    error_message = "The alias must be the given one."
  }
}

run "refuses_a_reserved_alias" {
  command = plan
  variables { alias = "aws/s3" }
  expect_failures = [var.alias]
}

run "refuses_a_window_that_kms_refuses" {
  command = plan
  variables { deletion_window_in_days = 3 }
  expect_failures = [var.deletion_window_in_days]
}
