# EstimatedCharges grows through the month, so a daily limit is a budget of days and no threshold on that metric.

locals {
  budgets = merge(
    { month = { amount = var.monthly, unit = "MONTHLY", notifications = var.notifications } },
    var.daily == null ? {} : {
      day = { amount = var.daily, unit = "DAILY", notifications = [{ percent = 100, kind = "ACTUAL" }] }
    },
  )
}

resource "aws_budgets_budget" "this" {
  for_each = local.budgets

  name         = "${var.name}-${each.key}"
  budget_type  = "COST"
  limit_amount = format("%.1f", each.value.amount)
  limit_unit   = "USD"
  time_unit    = each.value.unit

  dynamic "cost_filter" {
    for_each = var.tag_filter == null ? [] : [var.tag_filter]

    content {
      name   = "TagKeyValue"
      values = [format("user:%s$%s", cost_filter.value.key, cost_filter.value.value)]
    }
  }

  dynamic "notification" {
    for_each = each.value.notifications

    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      notification_type          = notification.value.kind
      subscriber_email_addresses = var.emails
      subscriber_sns_topic_arns  = var.topic_arns
    }
  }
}

resource "aws_ce_anomaly_monitor" "services" {
  count = var.anomaly == null ? 0 : 1

  name              = "${var.name}-services"
  monitor_type      = "DIMENSIONAL"
  monitor_dimension = "SERVICE"
}

resource "aws_ce_anomaly_subscription" "this" {
  count = var.anomaly == null ? 0 : 1

  name             = "${var.name}-anomalies"
  frequency        = length(var.topic_arns) > 0 ? "IMMEDIATE" : "DAILY" # e-mail is sent daily or weekly, topics at once
  monitor_arn_list = [aws_ce_anomaly_monitor.services[0].arn]

  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = [tostring(var.anomaly.least)]
    }
  }

  dynamic "subscriber" {
    for_each = length(var.topic_arns) > 0 ? var.topic_arns : []

    content {
      type    = "SNS"
      address = subscriber.value
    }
  }

  dynamic "subscriber" {
    for_each = length(var.topic_arns) > 0 ? [] : var.emails

    content {
      type    = "EMAIL"
      address = subscriber.value
    }
  }
}
