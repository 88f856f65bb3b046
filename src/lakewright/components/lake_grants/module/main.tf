data "aws_caller_identity" "current" {}

resource "aws_lakeformation_permissions" "database" {
  for_each = var.database_grants

  principal                     = var.principals[each.value.principal]
  permissions                   = each.value.permissions
  permissions_with_grant_option = each.value.grantable

  database {
    name = var.databases[each.value.database]
  }
}

resource "aws_lakeformation_permissions" "table" {
  for_each = var.table_grants

  principal                     = var.principals[each.value.principal]
  permissions                   = each.value.permissions
  permissions_with_grant_option = each.value.grantable

  table {
    database_name = var.databases[each.value.database]
    name          = each.value.table
    wildcard      = each.value.table == null ? true : null
  }
}

resource "aws_lakeformation_data_cells_filter" "this" {
  for_each = var.filters

  table_data {
    database_name    = var.databases[each.value.database]
    table_catalog_id = data.aws_caller_identity.current.account_id
    table_name       = each.value.table
    name             = each.value.name
    column_names     = each.value.columns

    row_filter {
      filter_expression = each.value.rows == "" ? null : each.value.rows

      dynamic "all_rows_wildcard" {
        for_each = each.value.rows == "" ? [true] : []

        content {}
      }
    }
  }
}

resource "aws_lakeformation_permissions" "filter" {
  for_each = var.filter_grants

  principal                     = var.principals[each.value.principal]
  permissions                   = ["SELECT"]
  permissions_with_grant_option = each.value.grantable ? ["SELECT"] : []

  data_cells_filter {
    database_name    = var.databases[var.filters[each.value.filter].database]
    table_catalog_id = data.aws_caller_identity.current.account_id
    table_name       = var.filters[each.value.filter].table
    name             = var.filters[each.value.filter].name
  }

  depends_on = [aws_lakeformation_data_cells_filter.this]
}

resource "aws_lakeformation_permissions" "location" {
  for_each = var.location_grants

  principal   = var.principals[each.value.principal]
  permissions = ["DATA_LOCATION_ACCESS"]

  data_location {
    arn = var.locations[each.value.location]
  }
}

resource "aws_lakeformation_resource_lf_tags" "column" {
  for_each = var.column_tags

  table_with_columns {
    database_name = var.databases[each.value.database]
    name          = each.value.table
    column_names  = [each.value.column]
  }

  dynamic "lf_tag" {
    for_each = each.value.tags

    content {
      key   = lf_tag.key
      value = lf_tag.value
    }
  }

  lifecycle {
    precondition {
      condition     = alltrue([for key, value in each.value.tags : contains(try(var.tags[key], []), value)])
      error_message = "There is no such LF-Tag, or no such value of it."
    }
  }
}
