mock_provider "aws" {
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::111111111111:policy/shop-dev-boundary" }
  }
}

variables {
  roles = {
    DataAnalyst = {
      name        = "shop-dev-data-analyst"
      description = "Reads Gold"
      trust       = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
      policy      = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
    }
  }
}

run "a_role_with_its_policy" {
  command = plan

  assert {
    condition     = aws_iam_role.this["DataAnalyst"].max_session_duration == 3600 && keys(aws_iam_role_policy.this) == ["DataAnalyst"]
    error_message = "Each role has one policy, and sessions of an hour."
  }

  assert {
    condition     = length(aws_iam_policy.boundary) == 0 && output.boundary_arn == null
    error_message = "There is no boundary unless asked for."
  }
}

run "within_a_boundary" {
  command = apply

  variables {
    boundary_policy = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
    boundary_name   = "shop-dev-boundary"
  }

  assert {
    condition     = aws_iam_role.this["DataAnalyst"].permissions_boundary == aws_iam_policy.boundary[0].arn
    error_message = "Every role is bounded."
  }
}

run "refuses_long_sessions" {
  command = plan

  variables {
    roles = {
      DataAnalyst = {
        name          = "shop-dev-data-analyst"
        description   = "Reads Gold"
        trust         = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
        policy        = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
        session_hours = 24
      }
    }
  }

  expect_failures = [var.roles]
}

run "refuses_what_is_no_policy" {
  command = plan

  variables {
    roles = {
      DataAnalyst = {
        name        = "shop-dev-data-analyst"
        description = "Reads Gold"
        trust       = "{}"
        policy      = "no JSON"
      }
    }
  }

  expect_failures = [var.roles]
}
