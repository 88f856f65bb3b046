locals {
  policies = merge([for key, role in var.roles : { for name, text in role.policies : "${key}/${name}" => { role = key, name = name, text = text } }]...)
}

resource "aws_iam_role" "this" {
  for_each = var.roles

  name                 = each.value.name
  description          = each.value.description
  assume_role_policy   = each.value.trust_policy
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policies

  name   = each.value.name
  role   = aws_iam_role.this[each.value.role].name
  policy = each.value.text
}

resource "aws_iam_instance_profile" "this" {
  for_each = { for key, role in var.roles : key => role if role.instance_profile }

  name = each.value.name
  role = aws_iam_role.this[each.key].name
}
