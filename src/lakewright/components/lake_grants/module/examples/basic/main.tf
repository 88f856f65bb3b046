data "aws_caller_identity" "current" {}

resource "aws_glue_catalog_database" "gold" {
  name = "gold"
}

resource "aws_glue_catalog_table" "revenue" {
  name          = "revenue"
  database_name = aws_glue_catalog_database.gold.name

  storage_descriptor {
    columns {
      name = "tenant_id"
      type = "bigint"
    }

    columns {
      name = "total"
      type = "decimal(12,2)"
    }
  }
}

resource "aws_iam_role" "tenant" {
  name = "tenant-analyst"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = data.aws_caller_identity.current.account_id } }]
  })
}

module "grants" {
  source = "../.."

  principals      = { Tenant = aws_iam_role.tenant.arn }
  databases       = { gold = aws_glue_catalog_table.revenue.database_name }
  database_grants = { "tenant/gold" = { principal = "Tenant", database = "gold", permissions = ["DESCRIBE"] } }

  filters = {
    revenue = { database = "gold", table = "revenue", name = "revenue_1", columns = ["tenant_id", "total"], rows = "tenant_id IN (1)" }
  }

  filter_grants = { "tenant/revenue" = { principal = "Tenant", filter = "revenue" } }
}
