resource "aws_iam_role" "this" {
  for_each = var.roles

  name                 = each.value.name
  description          = each.value.description
  assume_role_policy   = each.value.trust
  max_session_duration = each.value.session_hours * 3600
  permissions_boundary = var.boundary_policy == null ? var.boundary_arn : aws_iam_policy.boundary[0].arn
}

resource "aws_iam_role_policy" "this" {
  for_each = var.roles

  name   = "own"
  role   = aws_iam_role.this[each.key].id
  policy = each.value.policy
}

# What none of the roles can ever do more than, whatever is attached to them later.
resource "aws_iam_policy" "boundary" {
  count = var.boundary_policy == null ? 0 : 1

  name        = var.boundary_name
  description = "Bounds the roles that people take"
  policy      = var.boundary_policy
}
