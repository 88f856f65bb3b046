resource "aws_glue_workflow" "this" {
  name                = var.name
  description         = var.workflow_description
  max_concurrent_runs = 1
}

resource "aws_glue_trigger" "this" {
  for_each = var.triggers

  name              = "${var.name}-${replace(each.key, "_", "-")}"
  workflow_name     = aws_glue_workflow.this.name
  type              = length(each.value.after) > 0 ? "CONDITIONAL" : each.value.schedule == null ? "ON_DEMAND" : "SCHEDULED"
  schedule          = length(each.value.after) > 0 ? null : each.value.schedule
  enabled           = length(each.value.after) > 0 || each.value.schedule == null ? true : var.schedules_enabled
  start_on_creation = length(each.value.after) > 0 ? true : each.value.schedule == null ? null : var.schedules_enabled

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
