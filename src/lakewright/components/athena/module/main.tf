locals {
  # `primary` is in every account from the start: Athena refuses to make it, and to delete it.
  workgroups = merge({ primary = "primary" }, { for name, workgroup in aws_athena_workgroup.this : name => workgroup.name })
}

resource "aws_athena_workgroup" "this" {
  for_each = var.workgroups

  name          = each.key
  description   = each.value.description
  force_destroy = var.force_destroy

  configuration {
    enforce_workgroup_configuration    = each.value.enforce
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = each.value.scan_limit
    requester_pays_enabled             = false

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = coalesce(each.value.output_location, "s3://${var.results_bucket}/${each.key}/")
      expected_bucket_owner = var.account

      encryption_configuration {
        encryption_option = each.value.encryption_option
        kms_key_arn       = each.value.kms_key_arn
      }
    }
  }
}

resource "aws_athena_named_query" "this" {
  for_each = var.queries

  name        = each.key
  description = each.value.description == "" ? null : each.value.description
  workgroup   = local.workgroups[each.value.workgroup]
  database    = each.value.database
  query       = each.value.sql
}

resource "aws_athena_prepared_statement" "this" {
  for_each = var.statements

  name            = each.value.name
  description     = each.value.description == "" ? null : each.value.description
  workgroup       = local.workgroups[each.value.workgroup]
  query_statement = each.value.sql
}
