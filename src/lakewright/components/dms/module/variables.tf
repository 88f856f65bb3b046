variable "name" {
  description = "Name of the replication, the beginning of all names that this module makes."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,54}$", var.name)) && !can(regex("--|-$", var.name))
    error_message = "DMS identifiers begin with a letter, have letters, digits and single hyphens, and do not end with a hyphen; 55 characters at most here."
  }
}

variable "mode" {
  description = "`instance`: a replication instance of a fixed size; `serverless`: capacity that grows and shrinks."
  type        = string
  default     = "instance"

  validation {
    condition     = contains(["instance", "serverless"], var.mode)
    error_message = "mode is instance or serverless."
  }
}

variable "instance" {
  description = "The replication instance (mode `instance`): class, storage in GB, DMS version."
  type = object({
    class          = optional(string, "dms.t3.medium")
    storage        = optional(number, 100)
    engine_version = optional(string, "3.5.4")
  })
  default = {}

  validation {
    condition     = can(regex("^dms\\.[a-z][a-z0-9]*\\.[a-z0-9]+$", var.instance.class))
    error_message = "An instance class looks like dms.t3.medium."
  }

  validation {
    condition     = var.instance.storage >= 5 && var.instance.storage <= 6144
    error_message = "DMS takes 5 to 6144 GB of storage."
  }
}

variable "capacity" {
  description = "Least and most DMS capacity units (mode `serverless`); one unit has 2 GB of memory."
  type = object({
    least = optional(number, 1)
    most  = optional(number, 4)
  })
  default = {}

  validation {
    condition = alltrue([
      for units in [var.capacity.least, var.capacity.most] : contains([1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384], units)
    ]) && var.capacity.least <= var.capacity.most
    error_message = "Capacity is 1, 2, 4, 8, 16, 32, 64, 128, 192, 256 or 384 units, the least not above the most."
  }
}

variable "multi_az" {
  description = "Whether a second zone takes over when the first one fails."
  type        = bool
  default     = false
}

variable "publicly_accessible" {
  description = "Whether the replication instance has a public address: only for a source that is reached over the internet."
  type        = bool
  default     = false
}

variable "protected" {
  description = "Whether the replication of an environment with strict protection: minor versions are then never upgraded by themselves."
  type        = bool
  default     = false
}

variable "vpc_id" {
  description = "VPC that the replication runs in."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the replication, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A DMS subnet group covers at least two zones: name at least two subnets."
  }
}

variable "source_cidr" {
  description = "Addresses at which the source database may be reached."
  type        = string
  default     = "10.0.0.0/8"

  validation {
    condition     = can(cidrhost(var.source_cidr, 0))
    error_message = "source_cidr is a CIDR block, such as 10.0.0.0/16."
  }
}

variable "source_endpoint" {
  description = "The PostgreSQL source. Address, user and password come from the secret; `tls` is DMS's ssl_mode."
  type = object({
    database       = string
    port           = optional(number, 5432)
    secret_arn     = string
    tls            = optional(string, "require")
    ca_certificate = optional(string)
    slot           = optional(string)
    settings       = optional(map(string), {})
  })

  validation {
    condition     = contains(["require", "verify-ca", "verify-full"], var.source_endpoint.tls)
    error_message = "tls is require, verify-ca or verify-full: a source is never read in clear text."
  }

  validation {
    condition     = var.source_endpoint.tls == "require" || var.source_endpoint.ca_certificate != null
    error_message = "verify-ca and verify-full need ca_certificate, in PEM."
  }
}

variable "target" {
  description = "Where and how the S3 endpoint writes: bucket, folder below it, and the columns that DMS adds."
  type = object({
    bucket           = string
    folder           = optional(string, "")
    timestamp_column = string
    compression      = optional(string, "GZIP")
    flush_seconds    = optional(number, 60)
    flush_kilobytes  = optional(number, 32000)
    row_group_length = optional(number, 100000)
  })

  validation {
    condition     = contains(["NONE", "GZIP"], var.target.compression)
    error_message = "DMS writes Parquet with NONE or GZIP; Snappy is what the ingester writes."
  }

  validation {
    condition     = var.target.flush_seconds >= 1 && var.target.flush_seconds <= 86400
    error_message = "flush_seconds (CdcMaxBatchInterval) is 1 to 86400."
  }
}

variable "kms_key_arn" {
  description = "KMS key for the instance's disk, the endpoints' settings and the files; null: AWS's own keys."
  type        = string
  default     = null
}

variable "table_mappings" {
  description = "Which tables are replicated, and how they are transformed: DMS's table mapping in JSON."
  type        = string

  validation {
    condition     = can(jsondecode(var.table_mappings).rules)
    error_message = "table_mappings is a JSON document with `rules`."
  }
}

variable "task_settings" {
  description = "Settings of the task, in JSON."
  type        = string

  validation {
    condition     = can(jsondecode(var.task_settings))
    error_message = "task_settings is a JSON document."
  }
}

variable "secret_policy" {
  description = "IAM policy with which DMS reads the source's secret, in JSON."
  type        = string
}

variable "target_policy" {
  description = "IAM policy with which DMS writes into the bucket, in JSON."
  type        = string
}

variable "account_roles" {
  description = "Whether to make dms-vpc-role and dms-cloudwatch-logs-role, which an account has once; false where they exist."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long the replication's log is kept."
  type        = number
  default     = 30
}
