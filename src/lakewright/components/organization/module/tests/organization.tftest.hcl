mock_provider "aws" {
  mock_resource "aws_organizations_organization" {
    defaults = { id = "o-aaaaaaaaaa", roots = [{ id = "r-aaaa" }], master_account_id = "999999999999" }
  }

  mock_resource "aws_organizations_organizational_unit" {
    defaults = { id = "ou-aaaa-aaaaaaaa" }
  }

  mock_resource "aws_organizations_account" {
    defaults = { id = "111111111111" }
  }
}

variables {
  units = {
    production = { name = "Production" }
    lab        = { name = "Lab", parent = "production" }
  }

  accounts = {
    analytics = { name = "analytics", email = "aws+analytics@example.com", unit = "production" }
  }

  policies = {
    root = { name = "root", content = "{\"Version\": \"2012-10-17\", \"Statement\": []}", targets = ["root", "lab", "analytics"] }
  }
}

run "units_accounts_and_policies" {
  command = apply

  assert {
    condition     = keys(aws_organizations_organizational_unit.nested) == ["lab"] && keys(output.unit_ids) == ["lab", "production"]
    error_message = "Two levels of units."
  }

  assert {
    condition     = length(aws_organizations_policy_attachment.this) == 3 && aws_organizations_policy_attachment.this["root/root"].target_id == "r-aaaa"
    error_message = "A policy applies to each of its targets."
  }
}

run "another_account_than_expected" {
  command = plan

  variables {
    accounts = { analytics = { name = "analytics", email = "aws+analytics@example.com", unit = "production", id = "222222222222" } }
  }

  expect_failures = [aws_organizations_account.this]
}

run "an_account_without_address" {
  command = plan

  variables {
    accounts = { analytics = { name = "analytics", email = "analytics" } }
    policies = {}
  }

  expect_failures = [var.accounts]
}

run "targets_that_nobody_knows" {
  command = plan

  variables {
    policies = { root = { name = "root", content = "{\"Statement\": []}", targets = ["development"] } }
  }

  expect_failures = [var.policies]
}
