# Terraform cannot mock ephemeral resources yet (1.11), so random parts are tried on the local AWS only.
mock_provider "aws" {}

variables {
  secrets = {
    given = {
      name        = "shop/dev/given"
      description = "Put in by its owner"
      policy      = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
    }
  }
}

run "a_given_secret_gets_no_value_here" {
  command = plan

  assert {
    condition     = keys(aws_secretsmanager_secret.this) == ["given"] && length(aws_secretsmanager_secret_version.this) == 0
    error_message = "A secret that its owner fills in is made empty."
  }

  assert {
    condition     = aws_secretsmanager_secret_policy.this["given"].block_public_policy
    error_message = "A policy that opens the secret to the public must be refused."
  }
}

run "refuses_a_name_like_an_arn_end" {
  command = plan

  variables {
    secrets = { app = { name = "shop-dev-secret", description = "" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_short_values" {
  command = plan

  variables {
    secrets = { app = { name = "shop/dev/app", description = "", random = ["password"], length = 8 } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_part_given_twice" {
  command = plan

  variables {
    secrets = { app = { name = "shop/dev/app", description = "", random = ["password"], values = { password = "x" } } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_recovery_window_that_aws_refuses" {
  command = plan

  variables {
    recovery_window_in_days = 3
  }

  expect_failures = [var.recovery_window_in_days]
}
