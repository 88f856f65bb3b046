resource "aws_glue_workflow" "this" {
  name                = var.name
  description         = var.workflow_description
  max_concurrent_runs = 1
}

locals {
  by_hand = { for key, trigger in var.triggers : key => trigger if length(trigger.after) == 0 && trigger.schedule == null }
}

# An enabled trigger of this type is fired by the provider as soon as it is made: applying would start the workflow.
# AWS itself knows no disabled one, and tells that it is enabled.
resource "aws_glue_trigger" "by_hand" {
  for_each = local.by_hand

  name          = "${var.name}-${replace(each.key, "_", "-")}"
  workflow_name = aws_glue_workflow.this.name
  type          = "ON_DEMAND"
  enabled       = false

  dynamic "actions" {
    for_each = each.value.start_jobs

    content {
      job_name = aws_glue_job.this[actions.value].name
    }
  }

  dynamic "actions" {
    for_each = each.value.start_crawlers

    content {
      crawler_name = aws_glue_crawler.this[actions.value].name
    }
  }

  lifecycle {
    ignore_changes = [enabled]
  }
}

resource "aws_glue_trigger" "this" {
  for_each = { for key, trigger in var.triggers : key => trigger if !contains(keys(local.by_hand), key) }

  name              = "${var.name}-${replace(each.key, "_", "-")}"
  workflow_name     = aws_glue_workflow.this.name
  type              = length(each.value.after) > 0 ? "CONDITIONAL" : "SCHEDULED"
  schedule          = length(each.value.after) > 0 ? null : each.value.schedule
  enabled           = length(each.value.after) > 0 ? true : var.schedules_enabled
  start_on_creation = length(each.value.after) > 0 ? true : var.schedules_enabled

  dynamic "predicate" {
    for_each = length(each.value.after) > 0 ? [each.value.after] : []

    content {
      logical = "AND"

      dynamic "conditions" {
        for_each = predicate.value

        content {
          job_name         = aws_glue_job.this[conditions.value].name
          logical_operator = "EQUALS"
          state            = "SUCCEEDED"
        }
      }
    }
  }

  dynamic "actions" {
    for_each = each.value.start_jobs

    content {
      job_name = aws_glue_job.this[actions.value].name
    }
  }

  dynamic "actions" {
    for_each = each.value.start_crawlers

    content {
      crawler_name = aws_glue_crawler.this[actions.value].name
    }
  }
}
