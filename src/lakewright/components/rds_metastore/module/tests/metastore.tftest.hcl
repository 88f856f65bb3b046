mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:rds" }] }
  }
}

variables {
  name               = "shop-dev-metastore"
  subnet_ids         = ["subnet-11111111", "subnet-22222222"]
  security_group_ids = ["sg-11111111"]
}

run "closed_and_encrypted" {
  command = apply

  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.deletion_protection
    error_message = "Nobody reaches it from outside, and nobody deletes it by the way."
  }
}

run "one_zone" {
  command = plan

  variables {
    subnet_ids = ["subnet-11111111"]
  }

  expect_failures = [var.subnet_ids]
}
