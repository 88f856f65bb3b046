resource "aws_organizations_organization" "this" {
  count = var.create ? 1 : 0

  feature_set                   = "ALL"
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY"]
  aws_service_access_principals = var.service_access
}

data "aws_organizations_organization" "existing" {
  count = var.create ? 0 : 1
}

locals {
  organization = var.create ? {
    id      = aws_organizations_organization.this[0].id
    root    = aws_organizations_organization.this[0].roots[0].id
    account = aws_organizations_organization.this[0].master_account_id
    } : {
    id      = data.aws_organizations_organization.existing[0].id
    root    = data.aws_organizations_organization.existing[0].roots[0].id
    account = data.aws_organizations_organization.existing[0].master_account_id
  }

  units = merge(
    { for key, unit in aws_organizations_organizational_unit.this : key => unit.id },
    { for key, unit in aws_organizations_organizational_unit.nested : key => unit.id },
  )
  accounts = { for key, account in aws_organizations_account.this : key => account.id }
  targets  = merge(local.units, local.accounts, { root = local.organization.root })
}

resource "aws_organizations_organizational_unit" "this" {
  for_each = { for key, unit in var.units : key => unit if unit.parent == "" }

  name      = each.value.name
  parent_id = local.organization.root
}

resource "aws_organizations_organizational_unit" "nested" {
  for_each = { for key, unit in var.units : key => unit if unit.parent != "" }

  name      = each.value.name
  parent_id = aws_organizations_organizational_unit.this[each.value.parent].id
}

# The organization cannot read a role's name or the billing access back: they are said once, when the account is made.
resource "aws_organizations_account" "this" {
  for_each = var.accounts

  name      = each.value.name
  email     = each.value.email
  parent_id = each.value.unit == "" ? local.organization.root : local.units[each.value.unit]

  lifecycle {
    ignore_changes = [role_name, iam_user_access_to_billing]

    postcondition {
      condition     = each.value.id == null ? true : self.id == each.value.id
      error_message = "The account ${each.key} is ${self.id}: write that number where the specification has another one."
    }
  }
}

resource "aws_organizations_policy" "this" {
  for_each = var.policies

  name        = each.value.name
  description = each.value.description
  type        = "SERVICE_CONTROL_POLICY"
  content     = each.value.content

  depends_on = [aws_organizations_organization.this]
}

locals {
  attachments = merge([for key, policy in var.policies : { for target in policy.targets : "${key}/${target}" => { policy = key, target = target } }]...)
}

resource "aws_organizations_policy_attachment" "this" {
  for_each = local.attachments

  policy_id = aws_organizations_policy.this[each.value.policy].id
  target_id = local.targets[each.value.target]
}
