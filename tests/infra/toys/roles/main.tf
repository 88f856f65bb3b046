resource "aws_iam_role" "this" {
  for_each           = var.roles
  name               = each.value.name
  assume_role_policy = each.value.trust_policy
}
