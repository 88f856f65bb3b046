resource "aws_iam_role" "crawler" {
  name               = "${var.name}-crawler"
  description        = "Crawlers read the lake and keep the catalog"
  assume_role_policy = data.aws_iam_policy_document.glue.json
}

resource "aws_iam_role_policy" "crawler" {
  name   = "crawl"
  role   = aws_iam_role.crawler.id
  policy = var.crawler_policy
}

resource "aws_glue_crawler" "this" {
  for_each = var.crawlers

  name                   = "${var.name}-${each.key}-crawler"
  description            = each.value.description
  database_name          = aws_glue_catalog_database.this[each.value.database].name
  role                   = aws_iam_role.crawler.arn
  table_prefix           = each.value.table_prefix
  schedule               = var.schedules_enabled ? each.value.schedule : null
  security_configuration = aws_glue_security_configuration.this.name

  dynamic "s3_target" {
    for_each = each.value.path == null ? [] : [each.value.path]

    content {
      path       = s3_target.value
      exclusions = each.value.exclusions
    }
  }

  dynamic "delta_target" {
    for_each = length(each.value.delta_tables) == 0 ? [] : [each.value.delta_tables]

    content {
      delta_tables              = delta_target.value
      write_manifest            = false
      create_native_delta_table = true
    }
  }

  configuration = each.value.table_level == null ? null : jsonencode({
    Version  = 1
    Grouping = { TableLevelConfiguration = each.value.table_level }
    CrawlerOutput = {
      Partitions = { AddOrUpdateBehavior = "InheritFromTable" }
      Tables     = { AddOrUpdateBehavior = "MergeNewColumns" }
    }
  })

  recrawl_policy {
    recrawl_behavior = "CRAWL_EVERYTHING"
  }

  schema_change_policy {
    delete_behavior = "LOG"
    update_behavior = "UPDATE_IN_DATABASE"
  }

  depends_on = [aws_iam_role_policy.crawler]
}
