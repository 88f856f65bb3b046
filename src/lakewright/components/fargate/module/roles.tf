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

# Pulls the image, writes the log and reads the secrets that a task is started with.
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

# What the program in the container may do; each task has its own.
resource "aws_iam_role" "task" {
  for_each = var.tasks

  name                 = each.value.role_name
  description          = "What task ${each.value.family} may do."
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "task" {
  for_each = var.tasks

  name   = "work"
  role   = aws_iam_role.task[each.key].name
  policy = each.value.policy
}
