data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  instance   = var.mode == "instance"
  identifier = local.instance ? aws_dms_replication_instance.this[0].replication_instance_id : "${var.name}-task"
  log_group  = local.instance ? "dms-tasks-${var.name}" : "dms-serverless-replication-${var.name}-task"
}

resource "aws_security_group" "this" {
  name        = "${var.name}-dms"
  description = "Replication by DMS: to the source database and to AWS over TLS"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "source" {
  security_group_id = aws_security_group.this.id
  description       = "PostgreSQL, the source"
  cidr_ipv4         = var.source_cidr
  ip_protocol       = "tcp"
  from_port         = var.source_endpoint.port
  to_port           = var.source_endpoint.port
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "S3, Secrets Manager, KMS and CloudWatch, through VPC endpoints where there are any"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_dms_replication_subnet_group" "this" {
  replication_subnet_group_id          = var.name
  replication_subnet_group_description = "Subnets of the replication ${var.name}, in two zones or more"
  subnet_ids                           = var.subnet_ids

  depends_on = [aws_iam_role_policy_attachment.account]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_dms_replication_instance" "this" {
  count = local.instance ? 1 : 0

  replication_instance_id     = var.name
  replication_instance_class  = var.instance.class
  allocated_storage           = var.instance.storage
  engine_version              = var.instance.engine_version
  multi_az                    = var.multi_az
  publicly_accessible         = var.publicly_accessible
  auto_minor_version_upgrade  = !var.protected
  apply_immediately           = !var.protected
  kms_key_arn                 = var.kms_key_arn
  replication_subnet_group_id = aws_dms_replication_subnet_group.this.id
  vpc_security_group_ids      = [aws_security_group.this.id]

  depends_on = [aws_cloudwatch_log_group.this]
}
