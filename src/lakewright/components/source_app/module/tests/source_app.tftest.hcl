mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/mock/1" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/mock/1" }
  }
  mock_resource "aws_db_instance" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:rds-abcdef", kms_key_id = "", secret_status = "active" }] }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { id = "arn:aws:ecs:us-east-1:111111111111:cluster/mock" }
  }
}

variables {
  name                = "shop-dev-app"
  load_balancer_name  = "shop-dev-app"
  account             = "111111111111"
  region              = "us-east-1"
  vpc_id              = "vpc-1"
  subnet_ids          = ["subnet-1", "subnet-2"]
  client_cidr         = "10.0.0.0/16"
  replication_cidr    = "10.0.0.0/16"
  task                = { repository_url = "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop-dev-app", tag = "1" }
  execution_role_name = "shop-dev-app-start"
  execution_policy    = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  task_role_name      = "shop-dev-app"
}

run "private_encrypted_replicating" {
  command = apply

  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible
    error_message = "The database is encrypted and private."
  }

  assert {
    condition     = anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "rds.logical_replication" && parameter.value == "1"])
    error_message = "The database offers logical replication."
  }

  assert {
    condition     = anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "rds.force_ssl" && parameter.value == "1"])
    error_message = "The database takes TLS only."
  }

  assert {
    condition     = aws_lb.this.internal && aws_lb_listener.this.protocol == "HTTP"
    error_message = "Without a certificate, only the network itself reaches the application."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.database.from_port == 5432
    error_message = "PostgreSQL's port is open to the application."
  }

  assert {
    condition     = [for secret in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets : secret.name] == ["DATABASE_USER", "DATABASE_PASSWORD"]
    error_message = "The password comes from the secret, not from the environment."
  }
}

run "protected" {
  command = plan

  variables {
    protected = true
  }

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_lb.this.enable_deletion_protection
    error_message = "A protected database is not deleted, and never without a snapshot."
  }
}

run "refuses_one_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [aws_db_subnet_group.this]
}

run "refuses_everyone" {
  command = plan

  variables {
    client_cidr = "0.0.0.0/0"
  }

  expect_failures = [var.client_cidr]
}

run "refuses_an_old_version" {
  command = plan

  variables {
    database = { engine_version = "12.9" }
  }

  expect_failures = [var.database]
}
