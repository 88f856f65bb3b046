# The credential comes first: it gives the external id that the role's trust policy asks for. Nothing is validated before
# the role is there, and for a minute after that IAM may not know it everywhere.
resource "databricks_storage_credential" "this" {
  name            = var.name
  comment         = "Managed by Lakewright"
  skip_validation = true
  force_destroy   = var.force_destroy

  aws_iam_role {
    role_arn = var.role.arn
  }
}

resource "aws_iam_role" "this" {
  name               = var.role.name
  description        = "Unity Catalog reads and writes the lake"
  assume_role_policy = replace(var.role.trust_policy, "EXTERNAL_ID", databricks_storage_credential.this.aws_iam_role[0].external_id)
}

resource "aws_iam_role_policy" "this" {
  name   = "lake"
  role   = aws_iam_role.this.name
  policy = var.role.policy
}

resource "databricks_external_location" "this" {
  for_each = var.locations

  name            = each.key
  url             = each.value.url
  comment         = each.value.comment
  credential_name = databricks_storage_credential.this.name
  read_only       = each.value.read_only
  skip_validation = true
  force_destroy   = var.force_destroy

  depends_on = [aws_iam_role_policy.this]
}

resource "databricks_catalog" "this" {
  for_each = var.catalogs

  name           = each.key
  storage_root   = each.value.storage_root
  comment        = each.value.comment
  isolation_mode = each.value.isolated ? "ISOLATED" : "OPEN"
  force_destroy  = var.force_destroy

  depends_on = [databricks_external_location.this]
}

resource "databricks_workspace_binding" "this" {
  for_each = var.bindings

  securable_type = "catalog"
  securable_name = databricks_catalog.this[each.value.catalog].name
  workspace_id   = each.value.workspace_id
  binding_type   = each.value.read_only ? "BINDING_TYPE_READ_ONLY" : "BINDING_TYPE_READ_WRITE"
}

resource "databricks_schema" "this" {
  for_each = var.schemas

  catalog_name  = databricks_catalog.this[each.value.catalog].name
  name          = each.value.name
  comment       = each.value.comment
  storage_root  = each.value.storage_root
  force_destroy = var.force_destroy
}

resource "databricks_volume" "this" {
  for_each = var.volumes

  catalog_name     = databricks_schema.this[each.value.schema].catalog_name
  schema_name      = databricks_schema.this[each.value.schema].name
  name             = each.value.name
  comment          = each.value.comment
  volume_type      = each.value.location == null ? "MANAGED" : "EXTERNAL"
  storage_location = each.value.location

  depends_on = [databricks_external_location.this]
}
