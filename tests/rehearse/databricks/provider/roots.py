"""Root modules for the tests: everything an account has, and everything a workspace has."""

from __future__ import annotations

import textwrap

ACCOUNT = """
provider "databricks" {
  host       = "@HOST@"
  account_id = "@ACCOUNT@"
}

resource "databricks_mws_credentials" "this" {
  credentials_name = "cross-account"
  role_arn         = "arn:aws:iam::111111111111:role/databricks"
}

resource "databricks_mws_storage_configurations" "this" {
  account_id                 = "@ACCOUNT@"
  storage_configuration_name = "root"
  bucket_name                = "databricks-root"
}

resource "databricks_mws_networks" "this" {
  account_id         = "@ACCOUNT@"
  network_name       = "private"
  vpc_id             = "vpc-0123456789abcdef0"
  subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_ids = ["sg-0123456789abcdef0"]
  vpc_endpoints {
    rest_api        = [databricks_mws_vpc_endpoint.this["rest"].vpc_endpoint_id]
    dataplane_relay = [databricks_mws_vpc_endpoint.this["relay"].vpc_endpoint_id]
  }
}

resource "databricks_mws_vpc_endpoint" "this" {
  for_each            = { rest = "vpce-0123456789abcdef0", relay = "vpce-0123456789abcdef1" }
  vpc_endpoint_name   = each.key
  aws_vpc_endpoint_id = each.value
  region              = "us-east-1"
}

resource "databricks_mws_private_access_settings" "this" {
  private_access_settings_name = "private"
  region                       = "us-east-1"
  public_access_enabled        = @PUBLIC@
}

resource "databricks_mws_customer_managed_keys" "this" {
  account_id = "@ACCOUNT@"
  use_cases  = ["MANAGED_SERVICES"]
  aws_key_info {
    key_arn   = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000001"
    key_alias = "alias/databricks"
  }
}

resource "databricks_mws_workspaces" "this" {
  account_id                               = "@ACCOUNT@"
  workspace_name                           = "lab"
  aws_region                               = "us-east-1"
  credentials_id                           = databricks_mws_credentials.this.credentials_id
  storage_configuration_id                 = databricks_mws_storage_configurations.this.storage_configuration_id
  network_id                               = databricks_mws_networks.this.network_id
  private_access_settings_id               = databricks_mws_private_access_settings.this.private_access_settings_id
  managed_services_customer_managed_key_id = databricks_mws_customer_managed_keys.this.customer_managed_key_id
}

resource "databricks_mws_workspaces" "other" {
  account_id               = "@ACCOUNT@"
  workspace_name           = "field"
  aws_region               = "us-east-1"
  credentials_id           = databricks_mws_credentials.this.credentials_id
  storage_configuration_id = databricks_mws_storage_configurations.this.storage_configuration_id
}

resource "databricks_metastore" "this" {
  name          = "main"
  region        = "us-east-1"
  storage_root  = "s3://metastore-bucket/root"
  force_destroy = true
}

resource "databricks_metastore_assignment" "this" {
  workspace_id = databricks_mws_workspaces.this.workspace_id
  metastore_id = databricks_metastore.this.id
}

resource "databricks_metastore_assignment" "other" {
  workspace_id = databricks_mws_workspaces.other.workspace_id
  metastore_id = databricks_metastore.this.id
}

resource "databricks_metastore_data_access" "this" {
  metastore_id  = databricks_metastore.this.id
  name          = "metastore-root"
  is_default    = true
  force_destroy = true
  aws_iam_role {
    role_arn = "arn:aws:iam::111111111111:role/metastore"
  }
  depends_on = [databricks_metastore_assignment.this]
}

resource "databricks_group" "this" {
  for_each     = toset(["analysts", "engineers"])
  display_name = each.key
}

resource "databricks_user" "this" {
  user_name    = "ann@example.com"
  display_name = "@DISPLAY@"
}

resource "databricks_service_principal" "this" {
  display_name = "loader"
}

resource "databricks_service_principal_secret" "this" {
  service_principal_id = databricks_service_principal.this.id
}

resource "databricks_group_member" "this" {
  for_each  = { ann = databricks_user.this.id, loader = databricks_service_principal.this.id }
  group_id  = databricks_group.this["analysts"].id
  member_id = each.value
}

resource "databricks_mws_permission_assignment" "this" {
  for_each = {
    analysts = [databricks_group.this["analysts"].id, "USER"]
    loader   = [databricks_service_principal.this.id, "ADMIN"]
  }
  workspace_id = databricks_mws_workspaces.this.workspace_id
  principal_id = each.value[0]
  permissions  = [each.value[1]]
  depends_on   = [databricks_metastore_assignment.this]
}

resource "databricks_budget" "this" {
  display_name = "monthly"
  alert_configurations {
    time_period        = "MONTH"
    trigger_type       = "CUMULATIVE_SPENDING_EXCEEDED"
    quantity_type      = "LIST_PRICE_DOLLARS_USD"
    quantity_threshold = "500"
    action_configurations {
      action_type = "EMAIL_NOTIFICATION"
      target      = "finance@example.com"
    }
  }
  filter {
    workspace_id {
      operator = "IN"
      values   = [databricks_mws_workspaces.this.workspace_id]
    }
    tags {
      key = "team"
      value {
        operator = "IN"
        values   = ["data"]
      }
    }
  }
}

data "databricks_metastores" "all" {
  depends_on = [databricks_metastore.this]
}

output "workspace_url" {
  value = databricks_mws_workspaces.this.workspace_url
}

output "workspace_id" {
  value = databricks_mws_workspaces.this.workspace_id
}

output "other_workspace_id" {
  value = databricks_mws_workspaces.other.workspace_id
}

output "metastores" {
  value = data.databricks_metastores.all.ids
}
"""

WORKSPACE = """
provider "databricks" {
  host = "@HOST@"
}

resource "databricks_storage_credential" "lake" {
  name = "lake"
  aws_iam_role {
    role_arn = "arn:aws:iam::111111111111:role/lake"
  }
  comment = "@COMMENT@"
}

resource "databricks_external_location" "lake" {
  name            = "lake"
  url             = "s3://lake-bucket/@PREFIX@"
  credential_name = databricks_storage_credential.lake.name
  comment         = "@COMMENT@"
}

resource "databricks_catalog" "main" {
  name           = "main"
  storage_root   = databricks_external_location.lake.url
  comment        = "@COMMENT@"
  isolation_mode = "ISOLATED"
  properties     = { purpose = "test" }
  force_destroy  = true
}

resource "databricks_schema" "gold" {
  catalog_name = databricks_catalog.main.name
  name         = "gold"
  comment      = "@COMMENT@"
}

resource "databricks_volume" "files" {
  catalog_name = databricks_catalog.main.name
  schema_name  = databricks_schema.gold.name
  name         = "files"
  volume_type  = "MANAGED"
}

resource "databricks_grants" "catalog" {
  catalog = databricks_catalog.main.name
  grant {
    principal  = "analysts"
    privileges = ["@USE@", "BROWSE"]
  }
  grant {
    principal  = "ann@example.com"
    privileges = ["USE_CATALOG"@MORE@]
  }
}

resource "databricks_grant" "gold" {
  schema     = databricks_schema.gold.id
  principal  = "analysts"
  privileges = ["USE_SCHEMA", "SELECT"]
}

resource "databricks_workspace_binding" "lake" {
  workspace_id   = @OTHER@
  securable_type = "catalog"
  securable_name = databricks_catalog.main.name
  binding_type   = "BINDING_TYPE_READ_ONLY"
}

resource "databricks_cluster_policy" "small" {
  name = "small"
  definition = jsonencode({
    "autotermination_minutes" = { type = "range", maxValue = @MINUTES@, defaultValue = 30 }
    "node_type_id"            = { type = "allowlist", values = ["m5d.large", "m5d.xlarge"] }
  })
}

resource "databricks_instance_profile" "data" {
  instance_profile_arn = "arn:aws:iam::111111111111:instance-profile/data"
  skip_validation      = true
}

resource "databricks_sql_endpoint" "small" {
  name             = "small"
  cluster_size     = "@SIZE@"
  max_num_clusters = 1
  auto_stop_mins   = 10
  tags {
    custom_tags {
      key   = "team"
      value = "data"
    }
  }
}

resource "databricks_permissions" "warehouse" {
  sql_endpoint_id = databricks_sql_endpoint.small.id
  access_control {
    group_name       = "analysts"
    permission_level = "CAN_USE"
  }
}

resource "databricks_permissions" "policy" {
  cluster_policy_id = databricks_cluster_policy.small.id
  access_control {
    group_name       = "analysts"
    permission_level = "CAN_USE"
  }
}

resource "databricks_workspace_file" "script" {
  path           = "/Shared/init/ca.sh"
  content_base64 = base64encode("echo @COMMENT@")
}

resource "databricks_global_init_script" "dns" {
  name           = "dns"
  enabled        = true
  content_base64 = base64encode("echo @COMMENT@")
}

resource "databricks_artifact_allowlist" "scripts" {
  artifact_type = "INIT_SCRIPT"
  artifact_matcher {
    artifact   = "/Volumes/main/gold/files"
    match_type = "PREFIX_MATCH"
  }
}

resource "databricks_entitlements" "analysts" {
  group_id              = data.databricks_group.analysts.id
  databricks_sql_access = true
  workspace_access      = true
}

resource "databricks_cluster" "shared" {
  cluster_name            = "shared"
  spark_version           = data.databricks_spark_version.lts.id
  node_type_id            = data.databricks_node_type.small.id
  policy_id               = databricks_cluster_policy.small.id
  autotermination_minutes = 20
  num_workers             = 1
  custom_tags             = { team = "data" }
}

resource "databricks_job" "nightly" {
  name = "nightly"
  task {
    task_key            = "load"
    existing_cluster_id = databricks_cluster.shared.id
    spark_python_task {
      python_file = "/Workspace${databricks_workspace_file.script.path}"
      parameters  = ["--day", "@COMMENT@"]
    }
  }
  task {
    task_key = "check"
    depends_on {
      task_key = "load"
    }
    existing_cluster_id = databricks_cluster.shared.id
    spark_python_task {
      python_file = "/Workspace${databricks_workspace_file.script.path}"
    }
  }
  schedule {
    quartz_cron_expression = "0 0 3 * * ?"
    timezone_id            = "UTC"
    pause_status           = "PAUSED"
  }
  parameter {
    name    = "env"
    default = "dev"
  }
  tags = { team = "data" }
}

resource "databricks_permissions" "job" {
  job_id = databricks_job.nightly.id
  access_control {
    group_name       = "analysts"
    permission_level = "CAN_VIEW"
  }
}

resource "databricks_registered_model" "churn" {
  catalog_name = databricks_catalog.main.name
  schema_name  = databricks_schema.gold.name
  name         = "churn"
}

resource "databricks_connection" "shop" {
  name            = "shop"
  connection_type = "POSTGRESQL"
  options = {
    host     = "shop.example.com"
    port     = "5432"
    user     = "reader"
    password = "not-shown-anywhere"
  }
}

data "databricks_group" "analysts" {
  display_name = "analysts"
}

data "databricks_current_user" "me" {}

data "databricks_spark_version" "lts" {
  long_term_support = true
}

data "databricks_node_type" "small" {
  local_disk = true
  min_cores  = 4
}

output "found" {
  value = {
    me      = data.databricks_current_user.me.user_name
    runtime = data.databricks_spark_version.lts.id
    machine = data.databricks_node_type.small.id
  }
}
"""


def filled(text: str, **values: object) -> str:
    """The root with the marks replaced."""
    for name, value in values.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    return textwrap.dedent(text)
