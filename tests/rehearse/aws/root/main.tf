# A lake in small: the kinds of resources that the blueprints use, in one root. `name` changes it in place.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
  backend "s3" {
    bucket       = "tf-state"
    key          = "root.tfstate"
    region       = "us-east-1"
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
  max_retries       = 2
  default_tags { tags = { platform = "root", note = var.note } }
}

variable "note" { default = "first" }
variable "days" { default = 90 }

data "aws_caller_identity" "me" {}

locals {
  account = data.aws_caller_identity.me.account_id
  trust = { for service in ["dms", "glue", "ecs-tasks", "scheduler"] : service => jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "${service}.amazonaws.com" } }]
  }) }
}

# network

resource "aws_vpc" "net" { cidr_block = "10.40.0.0/16" }

resource "aws_subnet" "zone" {
  for_each          = { a = "10.40.1.0/24", b = "10.40.2.0/24" }
  vpc_id            = aws_vpc.net.id
  cidr_block        = each.value
  availability_zone = "us-east-1${each.key}"
}

resource "aws_security_group" "tasks" {
  name   = "tasks"
  vpc_id = aws_vpc.net.id
}

resource "aws_vpc_security_group_egress_rule" "out" {
  security_group_id = aws_security_group.tasks.id
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
  cidr_ipv4         = "10.40.0.0/16"
  description       = var.note
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.net.id
  service_name = "com.amazonaws.us-east-1.s3"
}

# key, secrets, roles

resource "aws_kms_key" "lake" {
  enable_key_rotation     = true
  rotation_period_in_days = var.days
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "lake" {
  name          = "alias/lake"
  target_key_id = aws_kms_key.lake.key_id
}

ephemeral "aws_secretsmanager_random_password" "db" { exclude_punctuation = true }

resource "aws_secretsmanager_secret" "db" {
  name                    = "db"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id                = aws_secretsmanager_secret.db.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.db.random_password
  secret_string_wo_version = 1
}

resource "aws_iam_role" "service" {
  for_each           = local.trust
  name               = "root-${each.key}"
  assume_role_policy = each.value
}

resource "aws_iam_role_policy" "read" {
  name = "read"
  role = aws_iam_role.service["glue"].name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["s3:GetObject"], Resource = "${aws_s3_bucket.lake.arn}/${var.note}/*" }
  ] })
}

# buckets

resource "aws_s3_bucket" "lake" {
  bucket        = "root-lake"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.lake.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket                  = aws_s3_bucket.lake.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Deny", Principal = "*", Action = "s3:*", Resource = [aws_s3_bucket.lake.arn, "${aws_s3_bucket.lake.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }] })
}

resource "aws_s3_bucket_metric" "lake" {
  bucket = aws_s3_bucket.lake.id
  name   = "all"
}

resource "aws_s3_bucket_notification" "lake" {
  bucket      = aws_s3_bucket.lake.id
  eventbridge = true
}

resource "aws_s3_account_public_access_block" "all" { block_public_acls = true }

resource "aws_s3_object" "script" {
  bucket     = aws_s3_bucket.lake.id
  key        = "scripts/job.py"
  content    = "print('${var.note}')"
  kms_key_id = aws_kms_key.lake.arn
}

# replication

resource "aws_dms_replication_subnet_group" "net" {
  replication_subnet_group_id          = "root"
  replication_subnet_group_description = "root"
  subnet_ids                           = [for one in aws_subnet.zone : one.id]
}

resource "aws_dms_endpoint" "source" {
  endpoint_id   = "shop"
  endpoint_type = "source"
  engine_name   = "postgres"
  server_name   = "db.example.org"
  port          = 5432
  database_name = "shop"
  username      = "dms"
  password      = "not-a-secret"
  ssl_mode      = "require"
}

resource "aws_dms_s3_endpoint" "target" {
  endpoint_id             = "lake"
  endpoint_type           = "target"
  bucket_name             = aws_s3_bucket.lake.id
  bucket_folder           = var.note
  service_access_role_arn = aws_iam_role.service["dms"].arn
  data_format             = "parquet"
  timestamp_column_name   = "at"
}

resource "aws_dms_replication_config" "shop" {
  replication_config_identifier = "shop"
  replication_type              = "full-load-and-cdc"
  source_endpoint_arn           = aws_dms_endpoint.source.endpoint_arn
  target_endpoint_arn           = aws_dms_s3_endpoint.target.endpoint_arn
  table_mappings = jsonencode({ rules = [{
    rule-type      = "selection", rule-id = "1", rule-name = "all", rule-action = "include"
    object-locator = { schema-name = "public", table-name = "%" }
  }] })
  compute_config {
    replication_subnet_group_id = aws_dms_replication_subnet_group.net.id
    max_capacity_units          = 4
  }
}

# catalog, processing, queries

resource "aws_glue_catalog_database" "gold" {
  name         = "gold"
  location_uri = "s3://${aws_s3_bucket.lake.id}/gold/"
  description  = var.note
}

resource "aws_glue_job" "gold" {
  name              = "gold"
  role_arn          = aws_iam_role.service["glue"].arn
  glue_version      = "5.0"
  worker_type       = "G.1X"
  number_of_workers = 2
  execution_class   = "STANDARD"
  timeout           = var.days
  command { script_location = "s3://${aws_s3_bucket.lake.id}/${aws_s3_object.script.key}" }
  default_arguments = { "--note" = var.note }
}

resource "aws_glue_crawler" "gold" {
  name          = "gold"
  role          = aws_iam_role.service["glue"].arn
  database_name = aws_glue_catalog_database.gold.name
  schedule      = "cron(0 3 * * ? *)"
  description   = var.note
  s3_target { path = "s3://${aws_s3_bucket.lake.id}/gold/" }
}

resource "aws_glue_trigger" "gold" {
  name     = "gold"
  type     = "SCHEDULED"
  schedule = var.note == "first" ? "cron(0 4 * * ? *)" : "cron(0 5 * * ? *)"
  actions { job_name = aws_glue_job.gold.name }
}

resource "aws_glue_data_quality_ruleset" "gold" {
  name    = "gold"
  ruleset = var.note == "first" ? "Rules = [RowCount > 0]" : "Rules = [RowCount > 1]"
}

resource "aws_athena_workgroup" "team" {
  name          = "team"
  force_destroy = true
  configuration {
    bytes_scanned_cutoff_per_query = 10485760 * var.days
    result_configuration {
      output_location = "s3://${aws_s3_bucket.lake.id}/results/"
      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = aws_kms_key.lake.arn
      }
    }
  }
}

resource "aws_athena_named_query" "sales" {
  name      = "sales"
  workgroup = aws_athena_workgroup.team.id
  database  = aws_glue_catalog_database.gold.name
  query     = "SELECT 1"
}

resource "aws_lakeformation_data_lake_settings" "this" {
  admins = ["arn:aws:iam::${local.account}:root"]
}

resource "aws_lakeformation_resource" "lake" {
  arn      = aws_s3_bucket.lake.arn
  role_arn = aws_iam_role.service["glue"].arn
}

resource "aws_lakeformation_permissions" "gold" {
  principal   = aws_iam_role.service["glue"].arn
  permissions = ["CREATE_TABLE", "DESCRIBE"]
  database { name = aws_glue_catalog_database.gold.name }
}

# compute and watching

resource "aws_ecs_cluster" "main" { name = "main" }

resource "aws_cloudwatch_log_group" "tasks" {
  name              = "/ecs/tasks"
  retention_in_days = var.note == "first" ? 14 : 30
}

resource "aws_ecs_task_definition" "ingest" {
  family                   = "ingest"
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.service["ecs-tasks"].arn
  container_definitions    = jsonencode([{ name = "ingest", image = "lakewright", essential = true }])
}

resource "aws_ecs_service" "ingest" {
  name            = "ingest"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.ingest.arn
  desired_count   = 0
  launch_type     = "FARGATE"
  network_configuration { subnets = [for one in aws_subnet.zone : one.id] }
}

resource "aws_sns_topic" "alerts" { name = "alerts" }

resource "aws_cloudwatch_metric_alarm" "lag" {
  alarm_name          = "lag"
  namespace           = "Lake"
  metric_name         = "Lag"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  period              = 60
  statistic           = "Maximum"
  threshold           = var.days
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_composite_alarm" "any" {
  alarm_name = "any"
  alarm_rule = "ALARM(${aws_cloudwatch_metric_alarm.lag.alarm_name})"
}

resource "aws_scheduler_schedule" "nightly" {
  name                = "nightly"
  schedule_expression = "cron(0 2 * * ? *)"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_sns_topic.alerts.arn
    role_arn = aws_iam_role.service["scheduler"].arn
  }
}

resource "aws_budgets_budget" "monthly" {
  name         = "monthly"
  budget_type  = "COST"
  limit_amount = "${var.days}.0"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "ACTUAL"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = ["team@example.org"]
  }
}

output "secret" { value = aws_secretsmanager_secret.db.arn }
