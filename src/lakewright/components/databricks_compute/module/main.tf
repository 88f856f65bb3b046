resource "databricks_instance_profile" "this" {
  for_each = var.instance_profiles

  instance_profile_arn = each.value
}

resource "databricks_workspace_file" "script" {
  for_each = var.init_scripts

  path           = each.key
  content_base64 = base64encode(each.value)
}

resource "databricks_cluster_policy" "this" {
  for_each = var.policies

  name                  = each.key
  description           = each.value.description
  definition            = each.value.definition
  max_clusters_per_user = each.value.clusters_per_user

  depends_on = [databricks_instance_profile.this, databricks_workspace_file.script]
}

resource "databricks_permissions" "policy" {
  for_each = { for name, one in var.policies : name => one.groups if length(one.groups) > 0 }

  cluster_policy_id = databricks_cluster_policy.this[each.key].id

  dynamic "access_control" {
    for_each = each.value

    content {
      group_name       = access_control.value
      permission_level = "CAN_USE"
    }
  }
}

resource "databricks_sql_endpoint" "this" {
  for_each = var.warehouses

  name                      = each.key
  cluster_size              = each.value.size
  auto_stop_mins            = each.value.auto_stop
  max_num_clusters          = each.value.most
  warehouse_type            = each.value.type
  enable_serverless_compute = false
  spot_instance_policy      = each.value.spot ? "COST_OPTIMIZED" : "RELIABILITY_OPTIMIZED"
}

resource "databricks_permissions" "warehouse" {
  for_each = { for name, one in var.warehouses : name => one.groups if length(one.groups) > 0 }

  sql_endpoint_id = databricks_sql_endpoint.this[each.key].id

  dynamic "access_control" {
    for_each = each.value

    content {
      group_name       = access_control.value
      permission_level = "CAN_USE"
    }
  }
}
