variable "package" {
  description = "Path of the zip with intake.py."
  type        = string
}

resource "aws_s3_bucket" "example" {
  bucket        = "example-dev-artifacts-123456789012"
  force_destroy = true
}

module "artifact_store" {
  source = "../.."

  bucket        = aws_s3_bucket.example.bucket
  bucket_arn    = aws_s3_bucket.example.arn
  account       = "123456789012"
  function_name = "example-dev-intake"
  role_name     = "example-dev-intake"
  package       = var.package
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
      Resource = "${aws_s3_bucket.example.arn}/*"
    }]
  })
}
