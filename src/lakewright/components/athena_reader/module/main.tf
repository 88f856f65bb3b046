resource "aws_athena_workgroup" "this" {
  name          = var.name
  description   = "Queries over what the account ${var.catalog.account} shares"
  force_destroy = var.force_destroy

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.scan_limit
    requester_pays_enabled             = false

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = "s3://${var.results_bucket}/${var.name}/"
      expected_bucket_owner = var.account

      encryption_configuration {
        encryption_option = var.kms_key_arn == null ? "SSE_S3" : "SSE_KMS"
        kms_key_arn       = var.kms_key_arn
      }
    }
  }
}

# The other account's catalog, by a name of its own here: SELECT … FROM name.database.table.
resource "aws_athena_data_catalog" "this" {
  name        = var.catalog.name
  description = "Glue's catalog of the account ${var.catalog.account}"
  type        = "GLUE"
  parameters  = { "catalog-id" = var.catalog.account }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "Reads what the account ${var.catalog.account} shares"
  assume_role_policy = var.trust_policy
}

resource "aws_iam_role_policy" "this" {
  name   = "read"
  role   = aws_iam_role.this.name
  policy = var.policy
}
