mock_provider "aws" {}

variables {
  name             = "shop-dev"
  bucket           = "shop-dev-trail-111111111111"
  bucket_policy    = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  data_bucket_arns = { gold = "arn:aws:s3:::shop-dev-gold", bronze = "arn:aws:s3:::shop-dev-bronze" }
}

run "records_everywhere_and_the_lake" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.enable_log_file_validation
    error_message = "The trail covers all regions, and its files can be validated."
  }

  assert {
    condition     = length(aws_cloudtrail.this.advanced_event_selector) == 2
    error_message = "Management events and the lake's data events are recorded."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) == 0
    error_message = "Nothing goes to CloudWatch Logs unless asked for."
  }
}

run "without_buckets_only_management_events" {
  command = plan

  variables {
    data_bucket_arns      = {}
    log_retention_in_days = 30
  }

  assert {
    condition     = length(aws_cloudtrail.this.advanced_event_selector) == 1 && aws_cloudwatch_log_group.this[0].retention_in_days == 30
    error_message = "Management events alone, and a log group."
  }
}

run "refuses_a_retention_that_logs_refuse" {
  command = plan

  variables {
    log_retention_in_days = 31
  }

  expect_failures = [var.log_retention_in_days]
}

run "refuses_a_name" {
  command = plan

  variables {
    name = "shop--dev"
  }

  expect_failures = [var.name]
}
