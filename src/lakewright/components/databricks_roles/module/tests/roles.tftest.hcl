mock_provider "aws" {}

variables {
  roles = {
    instances = {
      name             = "shop-dev-instances"
      description      = "Machines"
      trust_policy     = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
      policies         = { read = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
      instance_profile = true
    }
    cross-account = {
      name         = "shop-dev-cross-account"
      description  = "Databricks"
      trust_policy = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
      policies     = {}
    }
  }
}

run "roles_and_a_profile" {
  command = apply

  assert {
    condition     = keys(aws_iam_instance_profile.this) == ["instances"] && keys(aws_iam_role_policy.this) == ["instances/read"]
    error_message = "Machines take a role through a profile; policies are by role and name."
  }
}

run "a_policy_that_is_none" {
  command = plan

  variables {
    roles = { instances = { name = "x", description = "y", trust_policy = "nobody", policies = {} } }
  }

  expect_failures = [var.roles]
}
