mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111", arn = "arn:aws:sts::111111111111:assumed-role/ci/run" }
  }

  mock_data "aws_iam_session_context" {
    defaults = { issuer_arn = "arn:aws:iam::111111111111:role/ci" }
  }
}

variables {
  name               = "shop-dev"
  administrators     = ["arn:aws:iam::111111111111:role/admin"]
  locations          = { silver = "arn:aws:s3:::shop-silver", gold = "arn:aws:s3:::shop-gold" }
  data_access_policy = "{}"
  tags               = { class = ["email", "phone"] }
}

run "who_applies_it_administers_too_and_nobody_has_default_permissions" {
  command = apply

  assert {
    condition     = toset(aws_lakeformation_data_lake_settings.this.admins) == toset(["arn:aws:iam::111111111111:role/admin", "arn:aws:iam::111111111111:role/ci"])
    error_message = "Who applies the grants must be an administrator."
  }

  assert {
    condition     = toset([for location in aws_lakeformation_resource.this : location.arn]) == toset(values(var.locations))
    error_message = "Each layer is registered."
  }

  assert {
    condition     = toset(aws_lakeformation_lf_tag.this["class"].values) == toset(["email", "phone"])
    error_message = "The tags have their values."
  }
}

run "deployers_instead_of_who_applies" {
  command = plan

  variables {
    deployers = ["arn:aws:iam::111111111111:role/deployer"]
  }

  assert {
    condition     = toset(aws_lakeformation_data_lake_settings.this.admins) == toset(["arn:aws:iam::111111111111:role/admin", "arn:aws:iam::111111111111:role/deployer"])
    error_message = "Named deployers do not change with whoever applies."
  }
}

run "nobody_is_refused" {
  command = plan

  variables {
    administrators = []
  }

  expect_failures = [var.administrators]
}
