# Terraform (1.11) cannot mock ephemeral resources, so this is the real provider, which plans new resources without
# asking AWS; random parts are made by AWS and tried on the local one.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

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

run "refuses_rotation_without_a_function" {
  command = plan

  variables {
    secrets = { app = { name = "shop/dev/app", description = "", rotation = { days = 30 } } }
  }

  expect_failures = [var.rotator]
}

run "a_function_of_ones_own_or_the_one_made_here" {
  command = plan

  variables {
    secrets = {
      app      = { name = "shop/dev/app", description = "", rotation = { days = 7 } }
      database = { name = "shop/dev/database", description = "", rotation = { function_arn = "arn:aws:lambda:us-east-1:111111111111:function:own" } }
    }
    rotator = {
      function_name = "shop-dev-rotation"
      role_name     = "shop-dev-rotation"
      package       = "./main.tf" # any file: nothing runs here
      policy        = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
      account       = "111111111111"
    }
  }

  assert {
    condition     = keys(jsondecode(aws_lambda_function.rotation[0].environment[0].variables["PARTS"])) == ["shop/dev/app"]
    error_message = "It rotates those that name no function."
  }

  assert {
    condition     = aws_secretsmanager_secret_rotation.this["database"].rotation_lambda_arn == "arn:aws:lambda:us-east-1:111111111111:function:own"
    error_message = "A secret's own function rotates it."
  }

  assert {
    condition     = aws_secretsmanager_secret_rotation.this["app"].rotation_rules[0].automatically_after_days == 7 && !aws_secretsmanager_secret_rotation.this["app"].rotate_immediately
    error_message = "The first rotation comes after the period."
  }

  assert {
    condition     = aws_lambda_permission.rotation[0].principal == "secretsmanager.amazonaws.com" && aws_lambda_permission.rotation[0].source_account == "111111111111"
    error_message = "Only this account's Secrets Manager starts it."
  }
}
