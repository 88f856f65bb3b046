mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name         = "shop-dev-ingest-orders"
  account      = "111111111111"
  region       = "us-east-1"
  image        = "111111111111.dkr.ecr.us-east-1.amazonaws.com/jobs"
  tag          = "1.2.3"
  command      = ["--settings", "s3://shop-scripts/ingester/orders.json"]
  settings     = { bucket = "shop-scripts", key = "ingester/orders.json", text = "{}" }
  secret_arn   = "arn:aws:secretsmanager:us-east-1:111111111111:secret:shop-AbCdEf"
  vpc_id       = "vpc-1"
  subnet_ids   = ["subnet-1", "subnet-2"]
  postgres     = { cidr = "10.0.0.0/16", port = 5432 }
  task_policy  = "{}"
  start_policy = "{}"
}

run "one_task_that_is_never_doubled" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.desired_count == 1 && aws_ecs_service.this.deployment_maximum_percent == 100 && aws_ecs_service.this.deployment_minimum_healthy_percent == 0
    error_message = "The old task ends before the new one begins."
  }

  assert {
    condition     = aws_ecs_service.this.launch_type == "FARGATE" && !aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "It runs on Fargate, without a public address."
  }
}

run "its_login_comes_from_the_secret" {
  command = apply

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets == [{ name = "SOURCE_SECRET", valueFrom = var.secret_arn }]
    error_message = "The whole secret is handed over when the task starts."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == "111111111111.dkr.ecr.us-east-1.amazonaws.com/jobs:1.2.3"
    error_message = "The image has its tag."
  }
}

run "two_are_refused" {
  command = plan

  variables {
    desired_count = 2
  }

  expect_failures = [var.desired_count]
}

run "a_size_that_fargate_lacks_is_refused" {
  command = plan

  variables {
    cpu    = 256
    memory = 4096
  }

  expect_failures = [var.memory]
}
