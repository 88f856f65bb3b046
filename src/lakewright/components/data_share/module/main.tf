locals {
  formats = {
    parquet = {
      input  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
      output = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
      serde  = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      given  = { "serialization.format" = "1" }
      table  = {}
    }
    csv = {
      input  = "org.apache.hadoop.mapred.TextInputFormat"
      output = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
      serde  = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
      given  = { "field.delim" = "," }
      table  = { "skip.header.line.count" = "1" }
    }
    json = {
      input  = "org.apache.hadoop.mapred.TextInputFormat"
      output = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
      serde  = "org.openx.data.jsonserde.JsonSerDe"
      given  = { "ignore.malformed.json" = "false" }
      table  = {}
    }
  }
}

resource "aws_glue_catalog_database" "this" {
  name        = var.database
  description = var.description
}

resource "aws_glue_catalog_table" "this" {
  for_each = var.tables

  name          = each.key
  database_name = aws_glue_catalog_database.this.name
  description   = each.value.description == "" ? null : each.value.description
  table_type    = "EXTERNAL_TABLE"
  parameters    = merge({ EXTERNAL = "TRUE", classification = each.value.format }, local.formats[each.value.format].table)

  storage_descriptor {
    location      = "s3://${var.bucket}/${each.value.prefix}/"
    input_format  = local.formats[each.value.format].input
    output_format = local.formats[each.value.format].output

    ser_de_info {
      serialization_library = local.formats[each.value.format].serde
      parameters            = local.formats[each.value.format].given
    }

    dynamic "columns" {
      for_each = each.value.columns

      content {
        name = columns.value.name
        type = columns.value.type
      }
    }
  }
}

# One for the whole catalog of the account and region.
resource "aws_glue_resource_policy" "this" {
  policy = var.catalog_policy

  # It names the database.
  depends_on = [aws_glue_catalog_database.this]
}
