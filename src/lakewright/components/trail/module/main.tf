resource "aws_cloudtrail" "this" {
  name                          = var.name
  s3_bucket_name                = aws_s3_bucket.this.id
  kms_key_id                    = var.kms_key_arn
  is_multi_region_trail         = true
  is_organization_trail         = var.organization
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = var.log_retention_in_days == null ? null : "${aws_cloudwatch_log_group.this[0].arn}:*"
  cloud_watch_logs_role_arn     = var.log_retention_in_days == null ? null : aws_iam_role.logs[0].arn

  advanced_event_selector {
    name = "What is done to the account"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  dynamic "advanced_event_selector" {
    for_each = length(var.data_bucket_arns) > 0 ? [var.data_bucket_arns] : []

    content {
      name = "Access to the lake's objects"

      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }

      field_selector {
        field  = "resources.type"
        equals = ["AWS::S3::Object"]
      }

      field_selector {
        field       = "resources.ARN"
        starts_with = sort([for arn in values(advanced_event_selector.value) : "${arn}/"])
      }
    }
  }

  # CloudTrail tries to write when the trail is made.
  depends_on = [aws_s3_bucket_policy.this]
}
