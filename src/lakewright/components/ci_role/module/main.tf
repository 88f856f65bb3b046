# Who runs the pipeline: an OIDC provider whose short-lived tokens AWS checks. No access keys anywhere.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.oidc == null ? 0 : var.oidc.create ? 1 : 0

  url            = var.oidc.url
  client_id_list = var.oidc.audiences
}

resource "aws_iam_role" "this" {
  for_each = var.roles

  name                 = each.value.name
  description          = each.value.description
  max_session_duration = var.session_seconds
  assume_role_policy   = each.value.trust_policy
  permissions_boundary = var.permissions_boundary_arn

  depends_on = [aws_iam_openid_connect_provider.this]
}

locals {
  policies = merge([
    for key, role in var.roles : {
      for name, document in role.policies : "${key}/${name}" => { role = key, name = name, document = document }
    }
  ]...)
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.roles[each.value.role].name}-${each.value.name}"
  description = "Part ${each.value.name} of what ${var.roles[each.value.role].name} may do."
  policy      = each.value.document
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.policies

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = aws_iam_policy.this[each.key].arn
}
