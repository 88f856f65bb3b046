# Glue's workers talk to each other: their group lets itself in, on every TCP port.

resource "aws_security_group" "jobs" {
  count = var.connection == null ? 0 : 1

  name        = "${var.name}-jobs"
  description = "Glue jobs: among themselves, and to AWS over TLS"
  vpc_id      = var.connection.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "workers" {
  count = var.connection == null ? 0 : 1

  security_group_id            = aws_security_group.jobs[0].id
  description                  = "Workers of a job"
  referenced_security_group_id = aws_security_group.jobs[0].id
  ip_protocol                  = "tcp"
  from_port                    = 0
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "workers" {
  count = var.connection == null ? 0 : 1

  security_group_id            = aws_security_group.jobs[0].id
  description                  = "Workers of a job"
  referenced_security_group_id = aws_security_group.jobs[0].id
  ip_protocol                  = "tcp"
  from_port                    = 0
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "https" {
  count = var.connection == null ? 0 : 1

  security_group_id = aws_security_group.jobs[0].id
  description       = "S3, Glue, KMS and CloudWatch, through VPC endpoints where there are any"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
