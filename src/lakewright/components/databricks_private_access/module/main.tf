resource "databricks_mws_vpc_endpoint" "this" {
  for_each = var.endpoints

  account_id          = var.account_id
  aws_vpc_endpoint_id = each.value
  vpc_endpoint_name   = "${var.name}-${replace(replace(each.key, "/", "-"), "_", "-")}"
  region              = var.region
}

# Workspaces of a network are reached through these endpoints and no others.
resource "databricks_mws_private_access_settings" "this" {
  for_each = var.settings

  private_access_settings_name = "${var.name}-${each.key}"
  region                       = var.region
  public_access_enabled        = var.public
  private_access_level         = "ENDPOINT"
  allowed_vpc_endpoint_ids     = [for key in each.value : databricks_mws_vpc_endpoint.this[key].vpc_endpoint_id]
}
