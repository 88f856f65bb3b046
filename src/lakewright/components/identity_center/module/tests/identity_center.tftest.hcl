mock_provider "aws" {
  mock_data "aws_ssoadmin_instances" {
    defaults = { arns = ["arn:aws:sso:::instance/ssoins-1111111111111111"], identity_store_ids = ["d-1111111111"] }
  }

  mock_resource "aws_identitystore_group" {
    defaults = { group_id = "11111111-1111-1111-1111-111111111111" }
  }

  mock_resource "aws_identitystore_user" {
    defaults = { user_id = "22222222-2222-2222-2222-222222222222" }
  }

  mock_resource "aws_ssoadmin_permission_set" {
    defaults = { arn = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111" }
  }
}

variables {
  permission_sets = {
    analyst = { name = "DataAnalyst", inline_policy = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
    admin   = { name = "DataPlatformAdmin", managed_policies = ["arn:aws:iam::aws:policy/AdministratorAccess"] }
  }

  groups = { analysts = { display_name = "DataAnalysts" } }

  users = {
    ana = { user_name = "ana", given_name = "Ana", family_name = "Lopes", display_name = "Ana Lopes", email = "ana@example.com", groups = ["analysts"] }
  }

  assignments = { analysts = { permission_set = "analyst", group = "analysts", account = "111111111111" } }
}

run "sets_groups_users_assignments" {
  command = apply

  assert {
    condition     = keys(aws_ssoadmin_permission_set_inline_policy.this) == ["analyst"] && length(aws_ssoadmin_managed_policy_attachment.this) == 1
    error_message = "Each set has its own policies."
  }

  assert {
    condition     = keys(aws_identitystore_group_membership.this) == ["analysts/ana"] && aws_ssoadmin_account_assignment.this["analysts"].principal_type == "GROUP"
    error_message = "People are in groups, and groups get permission sets."
  }
}

run "a_user_without_address" {
  command = plan

  variables {
    users = { ana = { user_name = "ana", given_name = "Ana", family_name = "Lopes", display_name = "Ana Lopes", email = "" } }
  }

  expect_failures = [var.users]
}

run "names_that_differ_by_case_only" {
  command = plan

  variables {
    groups = { analysts = { display_name = "DataAnalysts" }, other = { display_name = "dataanalysts" } }
  }

  expect_failures = [var.groups]
}
