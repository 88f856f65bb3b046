# The function that makes new values of those secrets that name none of their own. It may read and write these secrets
# and nothing else; only Secrets Manager of this account starts it.
resource "aws_lambda_function" "rotation" {
  count = var.rotator == null ? 0 : 1

  function_name    = var.rotator.function_name
  description      = "Rotates secrets: new random parts"
  role             = aws_iam_role.rotation[0].arn
  filename         = var.rotator.package
  source_code_hash = filebase64sha256(var.rotator.package)
  runtime          = "python3.12"
  architectures    = ["arm64"]
  handler          = "rotate.handler"
  memory_size      = 128
  timeout          = 30

  environment {
    variables = {
      PARTS = jsonencode({ for key in local.rotated : var.secrets[key].name => {
        random      = coalesce(var.secrets[key].rotation.parts, var.secrets[key].random)
        length      = var.secrets[key].length
        punctuation = var.secrets[key].punctuation
        without     = var.secrets[key].without
      } })
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.rotation[0].name
  }

  # It may reach its secrets before it is there.
  depends_on = [aws_iam_role_policy.rotation]
}

resource "aws_cloudwatch_log_group" "rotation" {
  count = var.rotator == null ? 0 : 1

  name              = "/aws/lambda/${var.rotator.function_name}"
  retention_in_days = 30
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_permission" "rotation" {
  count = var.rotator == null ? 0 : 1

  statement_id   = "secrets-manager"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.rotation[0].function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = var.rotator.account
}

resource "aws_iam_role" "rotation" {
  count = var.rotator == null ? 0 : 1

  name                 = var.rotator.role_name
  description          = "What the rotation of secrets may do."
  permissions_boundary = var.rotator.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "rotation" {
  count = var.rotator == null ? 0 : 1

  name   = "rotation"
  role   = aws_iam_role.rotation[0].name
  policy = var.rotator.policy
}
