data "aws_caller_identity" "current" {}

resource "aws_cloudwatch_log_group" "jobs" {
  name = "/aws-glue/shop-dev"
}

module "monitoring" {
  source = "../.."

  name    = "shop-dev"
  account = data.aws_caller_identity.current.account_id
  topics  = { alerts = ["ops@example.com"] }

  metric_filters = {
    job-failures = {
      log_group = aws_cloudwatch_log_group.jobs.name
      pattern   = "{ $.event = \"job.end\" && $.ok IS FALSE }"
      namespace = "Shop"
      metric    = "job-failures"
      value     = "1"
      default   = 0
    }
  }

  alarms = {
    job-failures = {
      description = "A job failed"
      namespace   = "Shop"
      metric      = "job-failures"
      statistic   = "Sum"
      periods     = 1
      threshold   = 0
    }
  }
}
