mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }
}

variables {
  principals = { Analyst = "arn:aws:iam::111111111111:role/analyst", Tenant = "arn:aws:iam::111111111111:role/tenant" }
  databases  = { gold = "gold" }
  locations  = { gold = "arn:aws:s3:::shop-gold" }

  filters = {
    "gold/revenue/revenue_1"   = { database = "gold", table = "revenue", name = "revenue_1", columns = ["tenant_id", "total"], rows = "tenant_id IN (1)" }
    "gold/customer/customer_1" = { database = "gold", table = "customer", name = "customer_1", columns = ["id"] }
  }

  database_grants = { "analyst/gold" = { principal = "Analyst", database = "gold", permissions = ["DESCRIBE"] } }

  table_grants = {
    "analyst/gold/revenue" = { principal = "Analyst", database = "gold", table = "revenue", permissions = ["SELECT"] }
    "analyst/gold/*"       = { principal = "Analyst", database = "gold", permissions = ["INSERT"], grantable = ["INSERT"] }
  }

  filter_grants = {
    "tenant/gold/revenue" = { principal = "Tenant", filter = "gold/revenue/revenue_1" }
  }

  location_grants = { "analyst-gold" = { principal = "Analyst", location = "gold" } }

  tags = { class = ["email"], pii = ["yes"] }

  column_tags = {
    "gold.customer.email" = { database = "gold", table = "customer", column = "email", tags = { class = "email", pii = "yes" } }
  }
}

run "grants_and_filters" {
  command = plan

  assert {
    condition     = aws_lakeformation_data_cells_filter.this["gold/revenue/revenue_1"].table_data[0].row_filter[0].filter_expression == "tenant_id IN (1)"
    error_message = "A filter lets its rows through."
  }

  assert {
    condition     = length(aws_lakeformation_data_cells_filter.this["gold/customer/customer_1"].table_data[0].row_filter[0].all_rows_wildcard) == 1
    error_message = "Without an expression a filter is about columns only."
  }

  assert {
    condition     = aws_lakeformation_permissions.filter["tenant/gold/revenue"].data_cells_filter[0].name == "revenue_1" && aws_lakeformation_permissions.filter["tenant/gold/revenue"].principal == var.principals["Tenant"]
    error_message = "The tenant's role selects through its filter."
  }

  assert {
    condition     = aws_lakeformation_permissions.table["analyst/gold/*"].table[0].wildcard && aws_lakeformation_permissions.table["analyst/gold/revenue"].table[0].name == "revenue"
    error_message = "A grant without a table is on all of them."
  }

  assert {
    condition     = { for tag in aws_lakeformation_resource_lf_tags.column["gold.customer.email"].lf_tag : tag.key => tag.value } == { class = "email", pii = "yes" }
    error_message = "A column has its tags."
  }
}

run "a_tag_that_is_not_there_is_refused" {
  command = plan

  variables {
    tags = { class = ["phone"] }
  }

  expect_failures = [aws_lakeformation_resource_lf_tags.column]
}

run "a_filter_without_columns_is_refused" {
  command = plan

  variables {
    filters       = { x = { database = "gold", table = "revenue", name = "x", columns = [] } }
    filter_grants = {}
  }

  expect_failures = [var.filters]
}
