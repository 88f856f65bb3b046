locals {
  members  = merge([for address, user in var.users : { for group in user.groups : "${group}/${address}" => { group = group, user = address } }]...)
  programs = merge([for key, one in var.service_principals : { for group in one.groups : "${group}/${key}" => { group = group, key = key } }]...)
}

resource "databricks_group" "this" {
  for_each = var.groups

  display_name = each.key
}

resource "databricks_user" "this" {
  for_each = var.users

  user_name    = each.key
  display_name = each.value.display_name
}

resource "databricks_group_member" "this" {
  for_each = local.members

  group_id  = databricks_group.this[each.value.group].id
  member_id = databricks_user.this[each.value.user].id
}

resource "databricks_service_principal" "this" {
  for_each = var.service_principals

  display_name = each.value.display_name
}

# The tokens of its CI are enough: there is no key to keep, to leak or to rotate.
resource "databricks_service_principal_federation_policy" "this" {
  for_each = { for key, one in var.service_principals : key => one.login if one.login != null }

  service_principal_id = databricks_service_principal.this[each.key].id
  policy_id            = each.key
  description          = "Logs in with tokens of ${each.value.issuer}"

  oidc_policy = {
    issuer    = each.value.issuer
    subject   = each.value.subject
    audiences = each.value.audiences
    jwks_json = each.value.jwks_json
  }
}

resource "databricks_group_member" "program" {
  for_each = local.programs

  group_id  = databricks_group.this[each.value.group].id
  member_id = databricks_service_principal.this[each.value.key].id
}

# Without storage of its own: every catalog says where its data lies.
resource "databricks_metastore" "this" {
  count = var.metastore.mode == "make" ? 1 : 0

  name          = var.metastore.name
  region        = var.metastore.region
  owner         = var.metastore.owner
  force_destroy = var.force_destroy

  depends_on = [databricks_group.this]
}

data "databricks_metastore" "adopted" {
  count = var.metastore.mode == "adopt" ? 1 : 0

  region = var.metastore.region
}
