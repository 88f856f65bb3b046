mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
}

variables {
  name      = "shop-dev-node"
  role_name = "shop-dev-node"
  vpc_id    = "vpc-1"
  subnet_id = "subnet-1"
}

run "closed_and_encrypted" {
  command = apply

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required"
    error_message = "Instance metadata is given for a session token only."
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_instance.this.root_block_device[0].volume_type == "gp3"
    error_message = "The disk is encrypted gp3."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.this) == 0
    error_message = "Nobody reaches a machine unless a rule says so."
  }

  assert {
    condition     = aws_instance.this.ami == "ami-0123456789abcdef0"
    error_message = "The image is the region's own."
  }
}

run "refuses_ssh_for_everyone" {
  command = plan

  variables {
    ingress = { ssh = { port = 22, description = "SSH", cidr = "0.0.0.0/0" } }
  }

  expect_failures = [var.ingress]
}

run "refuses_a_rule_without_a_source" {
  command = plan

  variables {
    ingress = { web = { port = 80, description = "Web" } }
  }

  expect_failures = [var.ingress]
}

run "refuses_an_unknown_size" {
  command = plan

  variables {
    instance_type = "t3.smal"
  }

  expect_failures = [var.instance_type]
}
