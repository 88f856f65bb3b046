# One resource says all grants of a securable: a second one on the same securable would take the first one's away.
resource "databricks_grants" "location" {
  for_each = { for name, one in var.locations : name => one.grants if length(one.grants) > 0 }

  external_location = databricks_external_location.this[each.key].name

  dynamic "grant" {
    for_each = each.value

    content {
      principal  = grant.key
      privileges = grant.value
    }
  }
}

resource "databricks_grants" "catalog" {
  for_each = { for name, one in var.catalogs : name => one.grants if length(one.grants) > 0 }

  catalog = databricks_catalog.this[each.key].name

  dynamic "grant" {
    for_each = each.value

    content {
      principal  = grant.key
      privileges = grant.value
    }
  }
}

resource "databricks_grants" "schema" {
  for_each = { for name, one in var.schemas : name => one.grants if length(one.grants) > 0 }

  schema = databricks_schema.this[each.key].id

  dynamic "grant" {
    for_each = each.value

    content {
      principal  = grant.key
      privileges = grant.value
    }
  }
}

resource "databricks_grants" "volume" {
  for_each = { for name, one in var.volumes : name => one.grants if length(one.grants) > 0 }

  volume = databricks_volume.this[each.key].id

  dynamic "grant" {
    for_each = each.value

    content {
      principal  = grant.key
      privileges = grant.value
    }
  }
}
