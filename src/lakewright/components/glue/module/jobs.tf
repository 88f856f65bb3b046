resource "aws_s3_object" "uploads" {
  for_each = var.uploads

  bucket      = var.scripts.bucket
  key         = "${var.scripts.folder}/${each.key}"
  source      = each.value
  source_hash = filemd5(each.value)
}

resource "aws_cloudwatch_log_group" "jobs" {
  name              = "/aws-glue/${var.name}"
  retention_in_days = var.job_settings.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "job" {
  for_each = var.jobs

  name               = each.value.name
  description        = each.value.description
  assume_role_policy = data.aws_iam_policy_document.glue.json
}

resource "aws_iam_role_policy" "job" {
  for_each = var.jobs

  name   = "run"
  role   = aws_iam_role.job[each.key].id
  policy = each.value.policy
}

resource "aws_glue_connection" "vpc" {
  count = var.connection == null ? 0 : 1

  name            = var.name
  description     = "Into the private subnets"
  connection_type = "NETWORK"

  physical_connection_requirements {
    availability_zone      = var.connection.availability_zone
    subnet_id              = var.connection.subnet_id
    security_group_id_list = aws_security_group.jobs[*].id
  }
}

resource "aws_glue_job" "this" {
  for_each = var.jobs

  name                   = each.value.name
  description            = each.value.description
  role_arn               = aws_iam_role.job[each.key].arn
  glue_version           = var.job_settings.glue_version
  execution_class        = "STANDARD"
  worker_type            = var.job_settings.worker_type
  number_of_workers      = coalesce(each.value.workers, var.job_settings.workers)
  timeout                = coalesce(each.value.timeout, var.job_settings.timeout)
  max_retries            = each.value.retries == null ? var.job_settings.retries : each.value.retries
  security_configuration = aws_glue_security_configuration.this.name
  connections            = aws_glue_connection.vpc[*].name

  command {
    name            = "glueetl"
    python_version  = "3"
    script_location = "s3://${var.scripts.bucket}/${var.scripts.folder}/${coalesce(each.value.entry, var.scripts.entry)}"
  }

  default_arguments = merge(
    {
      "--job-language"                     = "python"
      "--job-bookmark-option"              = "job-bookmark-enable"
      "--enable-auto-scaling"              = "true"
      "--enable-metrics"                   = "true"
      "--enable-observability-metrics"     = "true"
      "--enable-continuous-cloudwatch-log" = "true"
      "--continuous-log-logGroup"          = aws_cloudwatch_log_group.jobs.name
    },
    var.common_arguments,
    each.value.arguments,
  )

  execution_property {
    max_concurrent_runs = 1 # a table has one writer
  }

  notification_property {
    notify_delay_after = coalesce(each.value.notify_after, var.job_settings.notify_after)
  }

  depends_on = [aws_iam_role_policy.job, aws_s3_object.uploads]
}

resource "aws_glue_data_quality_ruleset" "this" {
  for_each = var.rulesets

  name        = "${var.name}-${each.key}"
  description = each.value.description
  ruleset     = each.value.rules

  target_table {
    database_name = aws_glue_catalog_table.this[each.value.table].database_name
    table_name    = aws_glue_catalog_table.this[each.value.table].name
  }
}
