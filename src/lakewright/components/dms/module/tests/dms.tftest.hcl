mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }

  mock_resource "aws_dms_replication_instance" {
    defaults = { replication_instance_arn = "arn:aws:dms:us-east-1:111111111111:rep:MOCK" }
  }

  mock_resource "aws_dms_replication_task" {
    defaults = { replication_task_arn = "arn:aws:dms:us-east-1:111111111111:task:ABCDEF" }
  }

  mock_resource "aws_dms_replication_config" {
    defaults = { arn = "arn:aws:dms:us-east-1:111111111111:replication-config:GHIJKL" }
  }

  mock_resource "aws_dms_endpoint" {
    defaults = { endpoint_arn = "arn:aws:dms:us-east-1:111111111111:endpoint:SOURCE" }
  }

  mock_resource "aws_dms_s3_endpoint" {
    defaults = { endpoint_arn = "arn:aws:dms:us-east-1:111111111111:endpoint:TARGET" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name       = "shop-dev-orders"
  vpc_id     = "vpc-1"
  subnet_ids = ["subnet-1", "subnet-2"]

  source_endpoint = {
    database   = "shop"
    secret_arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:shop-AbCdEf"
  }

  target = {
    bucket           = "shop-bronze-111111111111"
    timestamp_column = "_dms_commit_ts"
  }

  table_mappings = "{\"rules\": []}"
  task_settings  = "{\"Logging\": {\"EnableLogging\": true}}"
  secret_policy  = "{}"
  target_policy  = "{}"
}

run "an_instance_and_a_task_that_waits" {
  command = apply

  assert {
    condition     = aws_dms_replication_task.this[0].start_replication_task == false && aws_dms_replication_task.this[0].migration_type == "full-load-and-cdc"
    error_message = "The task loads and follows, and is started by people."
  }

  assert {
    condition     = aws_dms_endpoint.source.ssl_mode == "require" && aws_dms_endpoint.source.password == null && aws_dms_endpoint.source.username == null
    error_message = "The source is read over TLS, with the login of the secret only."
  }

  assert {
    condition     = aws_dms_s3_endpoint.target.data_format == "parquet" && aws_dms_s3_endpoint.target.compression_type == "GZIP" && !aws_dms_s3_endpoint.target.date_partition_enabled && aws_dms_s3_endpoint.target.include_op_for_full_load
    error_message = "Bronze is Parquet in one folder for each table, every row with its operation."
  }

  assert {
    condition     = toset(keys(aws_iam_role.account)) == toset(["dms-vpc-role", "dms-cloudwatch-logs-role"])
    error_message = "DMS looks for its two roles by name."
  }

  assert {
    condition     = jsondecode(aws_iam_role.secret.assume_role_policy).Statement[0].Principal.Service == "dms.us-east-1.amazonaws.com"
    error_message = "Secrets are read by the region's DMS."
  }

  assert {
    condition     = output.metric_dimensions == tomap({ ReplicationInstanceIdentifier = "shop-dev-orders", ReplicationTaskIdentifier = "ABCDEF" })
    error_message = "CloudWatch calls a task by the end of its ARN."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "dms-tasks-shop-dev-orders"
    error_message = "DMS writes into the log group of its instance."
  }
}

run "serverless" {
  command = apply

  variables {
    mode          = "serverless"
    account_roles = false
  }

  assert {
    condition     = length(aws_dms_replication_instance.this) == 0 && aws_dms_replication_config.this[0].compute_config[0].max_capacity_units == 4
    error_message = "Serverless has capacity instead of an instance."
  }

  assert {
    condition     = length(aws_iam_role.account) == 0 && output.metric_dimensions == tomap({ ReplicationConfigIdentifier = "GHIJKL" })
    error_message = "Roles that exist are not made again."
  }
}

run "clear_text_is_refused" {
  command = plan

  variables {
    source_endpoint = { database = "shop", secret_arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:shop-AbCdEf", tls = "none" }
  }

  expect_failures = [var.source_endpoint]
}

run "one_zone_is_refused" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}

run "snappy_is_refused" {
  command = plan

  variables {
    target = { bucket = "b-1", timestamp_column = "ts", compression = "SNAPPY" }
  }

  expect_failures = [var.target]
}
