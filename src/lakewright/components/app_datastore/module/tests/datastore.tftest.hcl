mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      arn                = "arn:aws:rds:us-east-1:333333333333:db:shop-catalog"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:333333333333:secret:rds!db-1", kms_key_id = "", secret_status = "active" }]
    }
  }
}

variables {
  name       = "shop-catalog"
  database   = "catalog"
  vpc_id     = "vpc-0123456789abcdef0"
  subnet_ids = ["subnet-a", "subnet-b"]
}

run "keeps_its_password_to_itself" {
  command = apply

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS makes and keeps the password."
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.deletion_protection
    error_message = "Encrypted, private, protected."
  }
}

run "refuses_one_zone" {
  command = plan
  variables { subnet_ids = ["subnet-a"] }
  expect_failures = [var.subnet_ids]
}
