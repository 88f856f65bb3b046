mock_provider "databricks" {}

variables {
  groups    = ["DataEngineers", "DataAnalysts"]
  users     = { "ana@example.com" = { display_name = "Ana Lopes", groups = ["DataAnalysts"] } }
  metastore = { mode = "make", name = "shop-us-east-1", region = "us-east-1" }
}

run "people_in_groups_and_a_metastore" {
  command = apply

  assert {
    condition     = keys(databricks_group_member.this) == ["DataAnalysts/ana@example.com"] && length(databricks_metastore.this) == 1
    error_message = "People are members of groups; the metastore is made."
  }
}

run "adopted" {
  command = plan

  variables {
    metastore = { mode = "adopt", name = "", region = "us-east-1" }
  }

  assert {
    condition     = length(databricks_metastore.this) == 0
    error_message = "There is one in an account and region: nothing is made."
  }
}

run "a_user_without_address" {
  command = plan

  variables {
    users = { ana = { display_name = "Ana" } }
  }

  expect_failures = [var.users]
}

run "databricks_own_groups" {
  command = plan

  variables {
    groups = ["admins"]
    users  = {}
  }

  expect_failures = [var.groups]
}
