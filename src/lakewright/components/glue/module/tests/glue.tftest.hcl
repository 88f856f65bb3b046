mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name           = "shop-dev"
  crawler_policy = "{}"
  kms_key_arn    = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"
  scripts        = { bucket = "shop-scripts", folder = "glue", entry = "job.py" }

  databases = {
    bronze = { name = "bronze", location = "s3://shop-bronze/", description = "raw" }
    silver = { name = "silver", location = "s3://shop-silver/", description = "clean" }
  }

  tables = {
    "silver.order" = {
      database    = "silver"
      name        = "order"
      location    = "s3://shop-silver/order"
      description = "orders"
      columns     = [{ name = "order_id", type = "bigint", comment = "key" }]
    }
  }

  crawlers = {
    bronze = { description = "files", database = "bronze", schedule = "cron(0 * * * ? *)", path = "s3://shop-bronze/", exclusions = ["_lakewright/**"], table_level = 2 }
    silver = { description = "Delta", database = "silver", delta_tables = ["s3://shop-silver/order/"] }
  }

  jobs = {
    orders  = { name = "shop-dev-orders", description = "orders", arguments = { "--models" = "silver.order" }, policy = "{}" }
    revenue = { name = "shop-dev-revenue", description = "revenue", arguments = { "--models" = "gold.revenue" }, policy = "{}" }
  }

  triggers = {
    start   = { schedule = "cron(15 * * * ? *)", start_jobs = ["orders"] }
    then    = { after = ["orders"], start_jobs = ["revenue"] }
    catalog = { after = ["orders", "revenue"], start_crawlers = ["silver"] }
  }

  rulesets = { orders = { table = "silver.order", description = "key", rules = "Rules = [IsComplete \"order_id\"]" } }
}

run "jobs_as_the_reference_wants_them" {
  command = plan

  assert {
    condition     = alltrue([for job in aws_glue_job.this : job.glue_version == "5.0" && job.worker_type == "G.1X" && job.number_of_workers == 5 && job.timeout == 60 && job.max_retries == 1 && job.execution_class == "STANDARD"])
    error_message = "Glue 5, G.1X, up to five workers, an hour, one retry."
  }

  assert {
    condition     = aws_glue_job.this["orders"].default_arguments["--models"] == "silver.order" && aws_glue_job.this["orders"].default_arguments["--enable-auto-scaling"] == "true" && aws_glue_job.this["orders"].default_arguments["--job-bookmark-option"] == "job-bookmark-enable"
    error_message = "A job has its models, auto scaling and bookmarks."
  }

  assert {
    condition     = length(aws_iam_role.job) == 2 && alltrue([for job in aws_glue_job.this : job.execution_property[0].max_concurrent_runs == 1])
    error_message = "Each job has a role of its own and one run at a time."
  }

  assert {
    condition     = aws_glue_security_configuration.this.encryption_configuration[0].s3_encryption[0].s3_encryption_mode == "SSE-KMS" && aws_glue_security_configuration.this.encryption_configuration[0].job_bookmarks_encryption[0].job_bookmarks_encryption_mode == "CSE-KMS"
    error_message = "With a key everything is encrypted with it."
  }
}

run "the_target_of_each_format" {
  command = plan

  assert {
    condition     = length(aws_glue_crawler.this["bronze"].s3_target) == 1 && length(aws_glue_crawler.this["bronze"].delta_target) == 0 && jsondecode(aws_glue_crawler.this["bronze"].configuration).Grouping.TableLevelConfiguration == 2
    error_message = "Files are crawled with the S3 target, tables at their level."
  }

  assert {
    condition     = aws_glue_crawler.this["silver"].delta_target[0].create_native_delta_table && length(aws_glue_crawler.this["silver"].s3_target) == 0
    error_message = "Delta tables are crawled with the Delta target, as Athena reads them."
  }
}

run "the_workflow_follows_the_graph" {
  command = plan

  assert {
    condition     = aws_glue_trigger.this["start"].type == "SCHEDULED" && aws_glue_trigger.this["then"].type == "CONDITIONAL" && one(aws_glue_trigger.this["then"].predicate[0].conditions).job_name == "shop-dev-orders"
    error_message = "Gold waits for the Silver that it reads."
  }

  assert {
    condition     = length(aws_glue_trigger.this["catalog"].predicate[0].conditions) == 2 && aws_glue_trigger.this["catalog"].predicate[0].logical == "AND"
    error_message = "The catalog is kept when all jobs are done."
  }
}

run "paused" {
  command = plan

  variables {
    schedules_enabled = false
  }

  assert {
    condition     = aws_glue_trigger.this["start"].enabled == false && aws_glue_crawler.this["bronze"].schedule == null
    error_message = "No schedule is in force."
  }
}

run "old_glue_is_refused" {
  command = plan

  variables {
    job_settings = { glue_version = "4.0" }
  }

  expect_failures = [var.job_settings]
}

run "a_crawler_of_two_kinds_is_refused" {
  command = plan

  variables {
    crawlers = { both = { description = "x", database = "silver", path = "s3://shop-silver/", delta_tables = ["s3://shop-silver/order/"] } }
    triggers = {}
  }

  expect_failures = [var.crawlers]
}
