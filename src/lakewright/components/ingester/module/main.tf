locals {
  image = join(startswith(var.tag, "sha256:") ? "@" : ":", [var.image, var.tag])
}

resource "aws_s3_object" "settings" {
  bucket       = var.settings.bucket
  key          = var.settings.key
  content      = var.settings.text
  content_type = "application/json"
  source_hash  = md5(var.settings.text)
}

resource "aws_security_group" "this" {
  name        = var.name
  description = "The ingester: to the source database and to AWS over TLS"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "source" {
  security_group_id = aws_security_group.this.id
  description       = "PostgreSQL, the source"
  cidr_ipv4         = var.postgres.cidr
  ip_protocol       = "tcp"
  from_port         = var.postgres.port
  to_port           = var.postgres.port
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "S3, ECR, Secrets Manager, KMS and CloudWatch, through VPC endpoints where there are any"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([
    {
      name                   = "ingester"
      image                  = local.image
      essential              = true
      entryPoint             = ["python", "-m", "lakewright.ingest.task"]
      command                = var.command
      readonlyRootFilesystem = true
      secrets                = [{ name = "SOURCE_SECRET", valueFrom = var.secret_arn }]
      mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
      linuxParameters        = { initProcessEnabled = true }
      stopTimeout            = 110 # it finishes its flush and rolls
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.region
          awslogs-stream-prefix = "ingester"
        }
      }
    }
  ])
}

resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.desired_count

  # The old task ends before the new one begins: a replication slot has one reader.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100

  launch_type = var.spot ? null : "FARGATE"

  dynamic "capacity_provider_strategy" {
    for_each = var.spot ? ["FARGATE_SPOT"] : []

    content {
      capacity_provider = capacity_provider_strategy.value
      weight            = 1
    }
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = false
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.this,
    aws_iam_role_policy.start,
    aws_iam_role_policy.task,
    aws_s3_object.settings,
  ]
}
