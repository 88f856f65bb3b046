locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role" "execution" {
  name                 = var.execution_role_name
  description          = "Starts the tasks of ${var.name}."
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "execution" {
  name   = "start"
  role   = aws_iam_role.execution.name
  policy = var.execution_policy
}

# The application asks nothing of AWS: it has a role, so that nobody else's is used, and no rights.
resource "aws_iam_role" "task" {
  name                 = var.task_role_name
  description          = "What ${var.name} may do."
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}
