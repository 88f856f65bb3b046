locals {
  images = {
    for key, task in var.tasks :
    key => join(startswith(task.tag, "sha256:") ? "@" : ":", [task.repository_url, task.tag])
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enabled" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = var.spot ? 1 : 0
  }

  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = var.spot ? 0 : 1
  }
}

resource "aws_cloudwatch_log_group" "task" {
  for_each = var.tasks

  name              = each.value.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_ecs_task_definition" "this" {
  for_each = var.tasks

  family                   = each.value.family
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task[each.key].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = each.value.architecture
  }

  dynamic "volume" {
    for_each = each.value.writable

    content {
      name = "scratch-${volume.key}"
    }
  }

  container_definitions = jsonencode([
    {
      name                   = each.key
      image                  = local.images[each.key]
      essential              = true
      command                = each.value.command
      readonlyRootFilesystem = true
      environment            = [for name, value in each.value.environment : { name = name, value = value }]
      secrets = [
        for name, secret in each.value.secrets :
        { name = name, valueFrom = secret.key == null ? secret.arn : "${secret.arn}:${secret.key}::" }
      ]
      mountPoints     = [for number, path in each.value.writable : { sourceVolume = "scratch-${number}", containerPath = path, readOnly = false }]
      linuxParameters = { initProcessEnabled = true }
      stopTimeout     = 110
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.task[each.key].name
          awslogs-region        = var.region
          awslogs-stream-prefix = each.key
        }
      }
    }
  ])
}

resource "aws_ecs_service" "this" {
  for_each = var.services

  name            = each.value.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this[each.value.task].arn
  desired_count   = each.value.desired_count

  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100

  capacity_provider_strategy {
    capacity_provider = var.spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
    assign_public_ip = false
  }

  # The service may only name a capacity provider that the cluster has, and start only what may pull and log.
  depends_on = [aws_ecs_cluster_capacity_providers.this, aws_iam_role_policy.execution]
}
