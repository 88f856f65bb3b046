mock_provider "aws" {
  mock_resource "aws_ce_anomaly_monitor" {
    defaults = { arn = "arn:aws:ce::111111111111:anomalymonitor/mock" }
  }
}

variables {
  name       = "shop-dev"
  monthly    = 200
  tag_filter = { key = "platform", value = "shop" }
  topic_arns = ["arn:aws:sns:us-east-1:111111111111:costs"]
  anomaly    = { least = 20 }
}

run "a_month_and_anomalies" {
  command = apply

  assert {
    condition     = keys(aws_budgets_budget.this) == ["month"] && aws_budgets_budget.this["month"].time_unit == "MONTHLY" && tonumber(aws_budgets_budget.this["month"].limit_amount) == 200
    error_message = "200 dollars a month."
  }

  assert {
    condition     = toset([for one in aws_budgets_budget.this["month"].notification : "${one.notification_type} ${one.threshold}"]) == toset(["ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
    error_message = "Told of before and after."
  }

  assert {
    condition     = one(aws_budgets_budget.this["month"].cost_filter).values == tolist(["user:platform$shop"])
    error_message = "Only what has the platform's tag counts."
  }

  assert {
    condition     = aws_ce_anomaly_subscription.this[0].frequency == "IMMEDIATE"
    error_message = "A topic is told at once."
  }
}

run "a_day_and_e_mail" {
  command = apply

  variables {
    daily      = 10
    topic_arns = []
    emails     = ["costs@example.com"]
  }

  assert {
    condition     = aws_budgets_budget.this["day"].time_unit == "DAILY" && aws_ce_anomaly_subscription.this[0].frequency == "DAILY"
    error_message = "A daily limit is a budget of days; e-mail is sent daily."
  }
}

run "nothing_is_refused" {
  command = plan

  variables {
    monthly = 0
  }

  expect_failures = [var.monthly]
}
