# The bucket is made elsewhere (lake_buckets); here is what makes it a store: everything that arrives under `incoming/`
# is checked against the digest its uploader declared, and then lies, once, under the digest of its content.
resource "aws_lambda_function" "this" {
  function_name    = var.function_name
  description      = "Takes artifacts in: checks the declared digest, files them under it"
  role             = aws_iam_role.this.arn
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  runtime          = "python3.12"
  architectures    = ["arm64"]
  handler          = "intake.handler"
  memory_size      = var.memory_mb
  timeout          = var.timeout_seconds

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  # It may write its log, and reach the bucket, before it is there.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = var.bucket_arn
  source_account = var.account
}

resource "aws_s3_bucket_notification" "incoming" {
  bucket = var.bucket

  lambda_function {
    id                  = "incoming"
    lambda_function_arn = aws_lambda_function.this.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "incoming/"
  }

  depends_on = [aws_lambda_permission.bucket]
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_event_age_in_seconds = 21600
  maximum_retry_attempts       = 2
}

resource "aws_iam_role" "this" {
  name                 = var.role_name
  description          = "What the artifact store's intake may do."
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "intake"
  role   = aws_iam_role.this.name
  policy = var.policy
}
