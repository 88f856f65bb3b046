variable "database" {
  description = "Name of the database in Glue's catalog."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,127}$", var.database))
    error_message = "A database's name has lower-case letters, digits and underscores."
  }
}

variable "description" {
  description = "What the database holds, and for whom."
  type        = string
  default     = ""
}

variable "bucket" {
  description = "Bucket of the files; its own policy lets the readers in."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the bucket; null: S3's own encryption."
  type        = string
  default     = null
}

variable "tables" {
  description = "Tables by name: folder in the bucket, format (parquet, csv with a line of names, json), columns with Hive's types."

  type = map(object({
    prefix      = string
    format      = optional(string, "parquet")
    description = optional(string, "")
    columns     = list(object({ name = string, type = string }))
  }))

  default = {}

  validation {
    condition     = alltrue([for table in var.tables : contains(["parquet", "csv", "json"], table.format)])
    error_message = "Formats are parquet, csv and json."
  }

  validation {
    condition     = alltrue([for table in var.tables : table.prefix != "" && length(table.columns) > 0])
    error_message = "A table has a folder and columns."
  }
}

variable "catalog_policy" {
  description = "Who of other accounts may look into the catalog, as JSON."
  type        = string

  validation {
    condition     = can(jsondecode(var.catalog_policy).Statement)
    error_message = "The policy is no JSON document with statements."
  }
}
