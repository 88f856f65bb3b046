mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { id = "arn:aws:ecs:us-east-1:111111111111:cluster/mock" }
  }
}

variables {
  name                = "shop-dev"
  account             = "111111111111"
  region              = "us-east-1"
  execution_role_name = "shop-dev-start"
  execution_policy    = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  subnet_ids          = ["subnet-1", "subnet-2"]
  security_group_ids  = ["sg-1"]
  tasks = {
    job = {
      family         = "shop-dev-job"
      role_name      = "shop-dev-job"
      log_group      = "/ecs/shop-dev/job"
      cpu            = 1024
      memory         = 2048
      repository_url = "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop-dev-job"
      tag            = "1.4"
      policy         = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
      secrets        = { PASSWORD = { arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:db-abcdef", key = "password" } }
    }
    pinned = {
      family         = "shop-dev-pinned"
      role_name      = "shop-dev-pinned"
      log_group      = "/ecs/shop-dev/pinned"
      cpu            = 2048
      memory         = 4096
      repository_url = "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop-dev-job"
      tag            = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      policy         = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
    }
  }
  services = { job = { name = "shop-dev-job", task = "job" } }
}

run "private_read_only_and_spare" {
  command = apply

  assert {
    condition     = aws_ecs_service.this["job"].desired_count == 0
    error_message = "A service stands at zero unless told otherwise."
  }

  assert {
    condition     = !aws_ecs_service.this["job"].network_configuration[0].assign_public_ip
    error_message = "Tasks have no public address."
  }

  assert {
    condition     = one(aws_ecs_service.this["job"].capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"
    error_message = "Services run on spare capacity."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["job"].container_definitions)[0].readonlyRootFilesystem
    error_message = "A container's root cannot be written."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["job"].container_definitions)[0].image == "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop-dev-job:1.4"
    error_message = "A tag follows a colon."
  }

  assert {
    condition     = endswith(jsondecode(aws_ecs_task_definition.this["pinned"].container_definitions)[0].image, "shop-dev-job@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    error_message = "A digest follows an at sign."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["job"].container_definitions)[0].secrets[0].valueFrom == "arn:aws:secretsmanager:us-east-1:111111111111:secret:db-abcdef:password::"
    error_message = "One key of a JSON secret is named after the ARN."
  }
}

run "refuses_memory_that_fargate_lacks" {
  command = plan

  variables {
    tasks = {
      job = {
        family         = "shop-dev-job"
        role_name      = "shop-dev-job"
        log_group      = "/ecs/shop-dev/job"
        cpu            = 256
        memory         = 4096
        repository_url = "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop-dev-job"
        tag            = "1"
        policy         = "{}"
      }
    }
    services = {}
  }

  expect_failures = [var.tasks]
}

run "refuses_half_a_task" {
  command = plan

  variables {
    services = { job = { name = "shop-dev-job", task = "job", desired_count = 0.5 } }
  }

  expect_failures = [var.services]
}
