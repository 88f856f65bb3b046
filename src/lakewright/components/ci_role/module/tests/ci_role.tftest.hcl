mock_provider "aws" {
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::111111111111:policy/mock" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::111111111111:oidc-provider/mock" }
  }
}

variables {
  roles = {
    plan = {
      name         = "shop-dev-ci-plan"
      description  = "Plans."
      trust_policy = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
      policies = {
        read  = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
        state = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
      }
    }
  }
}

run "an_account_is_trusted" {
  command = apply

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0 && output.oidc_provider_arn == null
    error_message = "Without an issuer there is no provider."
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.this)) == toset(["plan/read", "plan/state"])
    error_message = "Every policy of a role is attached to it."
  }

  assert {
    condition     = aws_iam_policy.this["plan/read"].name == "shop-dev-ci-plan-read"
    error_message = "A policy is named after its role."
  }
}

run "an_issuer_is_trusted" {
  command = apply

  variables {
    oidc = { url = "https://gitlab.com", audiences = ["https://gitlab.com"] }
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 1
    error_message = "The issuer's provider is made."
  }
}

run "an_issuer_that_is_there" {
  command = plan

  variables {
    oidc = { url = "https://gitlab.com", audiences = ["https://gitlab.com"], create = false }
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0
    error_message = "A provider that the account has is not made again."
  }
}

run "refuses_a_short_session" {
  command = plan

  variables {
    session_seconds = 900
  }

  expect_failures = [var.session_seconds]
}
