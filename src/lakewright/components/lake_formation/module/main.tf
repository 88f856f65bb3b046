data "aws_caller_identity" "current" {}

data "aws_iam_session_context" "current" {
  arn = data.aws_caller_identity.current.arn
}

# No create_database_default_permissions and no create_table_default_permissions: with the group IAMAllowedPrincipals in
# them, every grant would be beside the point. Databases must be made after this, or they have that group already.
resource "aws_lakeformation_data_lake_settings" "this" {
  admins                                = distinct(concat(var.administrators, length(var.deployers) > 0 ? var.deployers : [data.aws_iam_session_context.current.issuer_arn]))
  allow_external_data_filtering         = var.external_data_filtering
  allow_full_table_external_data_access = false
  parameters                            = { CROSS_ACCOUNT_VERSION = "4" }
}

resource "aws_iam_role" "data_access" {
  name        = "${var.name}-lake-formation"
  description = "Lake Formation hands out the data of its locations with this role"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:SetContext"]
      Principal = { Service = "lakeformation.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "data_access" {
  name   = "data"
  role   = aws_iam_role.data_access.id
  policy = var.data_access_policy
}

resource "aws_lakeformation_resource" "this" {
  for_each = var.locations

  arn      = each.value
  role_arn = aws_iam_role.data_access.arn

  depends_on = [aws_iam_role_policy.data_access, aws_lakeformation_data_lake_settings.this]
}

resource "aws_lakeformation_lf_tag" "this" {
  for_each = var.tags

  key    = each.key
  values = each.value

  depends_on = [aws_lakeformation_data_lake_settings.this]
}
