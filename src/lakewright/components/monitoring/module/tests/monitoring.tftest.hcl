mock_provider "aws" {
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:111111111111:mock" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name        = "shop-dev"
  account     = "111111111111"
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/k"
  topics      = { alerts = ["ops@example.com"], costs = [] }

  metric_filters = {
    failures = { log_group = "/aws-glue/shop", pattern = "{ $.ok IS FALSE }", namespace = "Shop", metric = "failures", value = "1", default = 0 }
  }

  alarms = {
    failures = { description = "A job failed", namespace = "Shop", metric = "failures", statistic = "Sum", threshold = 0, periods = 1 }
    late     = { description = "Late", namespace = "AWS/DMS", metric = "CDCLatencyTarget", dimensions = { ReplicationTaskIdentifier = "T" }, threshold = 300, of = 3 }
  }

  composites = { any = { description = "Something", any_of = ["failures", "late"] } }
  events     = { failed = { description = "failed", pattern = "{\"source\": [\"aws.glue\"]}" } }
  dashboards = { overview = "{\"widgets\": []}" }
}

run "told_to_encrypted_topics" {
  command = apply

  assert {
    condition     = alltrue([for topic in aws_sns_topic.this : topic.kms_master_key_id == var.kms_key_arn])
    error_message = "Topics are encrypted with the environment's key."
  }

  assert {
    condition     = toset([for subscription in aws_sns_topic_subscription.email : subscription.endpoint]) == toset(["ops@example.com"])
    error_message = "Who is named is told."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 1 && length(alarm.ok_actions) == 1])
    error_message = "Alarms are told, and that they are over."
  }
}

run "alarms" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["late"].datapoints_to_alarm == 3 && aws_cloudwatch_metric_alarm.this["late"].evaluation_periods == 5 && aws_cloudwatch_metric_alarm.this["failures"].datapoints_to_alarm == 1
    error_message = "Three of five minutes late are an alarm, one failure is one."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.this["any"].alarm_rule == "ALARM(\"shop-dev-failures\") OR ALARM(\"shop-dev-late\")"
    error_message = "Any of them is enough."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.this["failures"].metric_transformation[0].default_value == "0"
    error_message = "Lines without a failure count as none."
  }
}

run "a_period_that_cloudwatch_lacks_is_refused" {
  command = plan

  variables {
    alarms     = { x = { description = "x", namespace = "x", metric = "x", threshold = 1, period = 45 } }
    composites = {}
  }

  expect_failures = [var.alarms]
}
