resource "aws_dms_certificate" "source" {
  count = var.source_endpoint.ca_certificate == null ? 0 : 1

  certificate_id  = "${var.name}-source"
  certificate_pem = var.source_endpoint.ca_certificate
}

resource "aws_dms_endpoint" "source" {
  endpoint_id                     = "${var.name}-source"
  endpoint_type                   = "source"
  engine_name                     = "postgres"
  database_name                   = var.source_endpoint.database
  ssl_mode                        = var.source_endpoint.tls
  certificate_arn                 = one(aws_dms_certificate.source[*].certificate_arn)
  secrets_manager_arn             = var.source_endpoint.secret_arn
  secrets_manager_access_role_arn = aws_iam_role.secret.arn
  kms_key_arn                     = var.kms_key_arn

  postgres_settings {
    capture_ddls           = false
    heartbeat_enable       = true
    heartbeat_frequency    = 5
    heartbeat_schema       = "public"
    map_boolean_as_boolean = true
    slot_name              = var.source_endpoint.slot
  }

  depends_on = [aws_iam_role_policy.secret]
}

resource "aws_dms_s3_endpoint" "target" {
  endpoint_id                       = "${var.name}-bronze"
  endpoint_type                     = "target"
  bucket_name                       = var.target.bucket
  bucket_folder                     = var.target.folder
  service_access_role_arn           = aws_iam_role.target.arn
  data_format                       = "parquet"
  parquet_version                   = "parquet-2-0"
  compression_type                  = var.target.compression
  row_group_length                  = var.target.row_group_length
  enable_statistics                 = true
  include_op_for_full_load          = true
  timestamp_column_name             = var.target.timestamp_column
  cdc_max_batch_interval            = var.target.flush_seconds
  cdc_min_file_size                 = var.target.flush_kilobytes
  date_partition_enabled            = false
  encryption_mode                   = var.kms_key_arn == null ? "SSE_S3" : "SSE_KMS"
  server_side_encryption_kms_key_id = var.kms_key_arn
  expected_bucket_owner             = data.aws_caller_identity.current.account_id
  ssl_mode                          = "none" # of the endpoint's own connection: S3 is always reached over TLS

  depends_on = [aws_iam_role_policy.target]
}
