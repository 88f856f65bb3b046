# Identity Center itself is switched on by hand, once, in the management account's console.
data "aws_ssoadmin_instances" "this" {
  lifecycle {
    postcondition {
      condition     = length(self.arns) == 1
      error_message = "IAM Identity Center is not enabled in this account and region: enable it in the console first."
    }
  }
}

locals {
  instance = data.aws_ssoadmin_instances.this.arns[0]
  store    = data.aws_ssoadmin_instances.this.identity_store_ids[0]

  managed = merge([for key, one in var.permission_sets : { for arn in one.managed_policies : "${key}/${arn}" => { set = key, arn = arn } }]...)
  inline  = { for key, one in var.permission_sets : key => one.inline_policy if one.inline_policy != null }
  members = merge([for key, user in var.users : { for group in user.groups : "${group}/${key}" => { user = key, group = group } }]...)
}

resource "aws_ssoadmin_permission_set" "this" {
  for_each = var.permission_sets

  name             = each.value.name
  description      = each.value.description
  instance_arn     = local.instance
  session_duration = each.value.session_duration
}

resource "aws_ssoadmin_managed_policy_attachment" "this" {
  for_each = local.managed

  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.this[each.value.set].arn
  managed_policy_arn = each.value.arn
}

resource "aws_ssoadmin_permission_set_inline_policy" "this" {
  for_each = local.inline

  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.this[each.key].arn
  inline_policy      = each.value
}

resource "aws_ssoadmin_instance_access_control_attributes" "this" {
  count = length(var.attributes) > 0 ? 1 : 0

  instance_arn = local.instance

  dynamic "attribute" {
    for_each = var.attributes

    content {
      key = attribute.key

      value {
        source = attribute.value
      }
    }
  }
}

resource "aws_identitystore_group" "this" {
  for_each = var.groups

  identity_store_id = local.store
  display_name      = each.value.display_name
  description       = each.value.description
}

resource "aws_identitystore_user" "this" {
  for_each = var.users

  identity_store_id = local.store
  user_name         = each.value.user_name
  display_name      = each.value.display_name

  name {
    given_name  = each.value.given_name
    family_name = each.value.family_name
  }

  emails {
    value   = each.value.email
    primary = true
  }
}

resource "aws_identitystore_group_membership" "this" {
  for_each = local.members

  identity_store_id = local.store
  group_id          = aws_identitystore_group.this[each.value.group].group_id
  member_id         = aws_identitystore_user.this[each.value.user].user_id
}

resource "aws_ssoadmin_account_assignment" "this" {
  for_each = var.assignments

  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.this[each.value.permission_set].arn
  principal_type     = each.value.group == null ? "USER" : "GROUP"
  principal_id       = each.value.group == null ? aws_identitystore_user.this[each.value.user].user_id : aws_identitystore_group.this[each.value.group].group_id
  target_type        = "AWS_ACCOUNT"
  target_id          = each.value.account

  # What a session may do must be whole before anybody gets one.
  depends_on = [aws_ssoadmin_managed_policy_attachment.this, aws_ssoadmin_permission_set_inline_policy.this]
}
