variable "results_bucket" {
  description = "Bucket of the results; each workgroup has a folder of its own there."
  type        = string
}

variable "workgroups" {
  description = "Workgroups by name: where results lie if not in `results_bucket`, how they are encrypted, and the bytes that one query may scan (null: no limit)."
  type = map(object({
    description       = optional(string, "")
    output_location   = optional(string)
    scan_limit        = optional(number)
    enforce           = optional(bool, true)
    encryption_option = optional(string, "SSE_S3")
    kms_key_arn       = optional(string)
  }))

  validation {
    condition     = alltrue([for name in keys(var.workgroups) : can(regex("^[a-zA-Z0-9._-]{1,128}$", name))])
    error_message = "A workgroup's name has letters, digits, `.`, `_` and `-`; 128 characters at most."
  }

  validation {
    condition     = !contains(keys(var.workgroups), "primary")
    error_message = "The workgroup primary is in every account: it can be neither made nor deleted."
  }

  validation {
    condition = alltrue([
      for workgroup in values(var.workgroups) : workgroup.scan_limit == null || try(workgroup.scan_limit >= 10000000, false)
    ])
    error_message = "Athena takes no scan limit below 10 MB (10000000 bytes)."
  }

  validation {
    condition = alltrue([
      for workgroup in values(var.workgroups) : workgroup.output_location == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/", workgroup.output_location))
    ])
    error_message = "Results lie in a bucket: s3://bucket/folder/."
  }

  validation {
    condition = alltrue([
      for workgroup in values(var.workgroups) : contains(["SSE_S3", "SSE_KMS", "CSE_KMS"], workgroup.encryption_option) &&
      (workgroup.encryption_option == "SSE_S3") == (workgroup.kms_key_arn == null)
    ])
    error_message = "Results are encrypted: SSE_S3 without a key, SSE_KMS and CSE_KMS with one."
  }
}

variable "queries" {
  description = "Saved queries by name: workgroup, database, text."
  type = map(object({
    workgroup   = string
    database    = string
    description = optional(string, "")
    sql         = string
  }))
  default = {}
}

variable "statements" {
  description = "Prepared statements: `workgroup/name` → text with `?` for parameters."
  type = map(object({
    workgroup   = string
    name        = string
    description = optional(string, "")
    sql         = string
  }))
  default = {}

  validation {
    condition     = alltrue([for statement in values(var.statements) : can(regex("^[a-zA-Z_][a-zA-Z0-9_@:]{0,255}$", statement.name))])
    error_message = "A prepared statement's name has letters, digits and `_`, `@`, `:`, and does not begin with a digit."
  }
}

variable "force_destroy" {
  description = "Whether workgroups are deleted with the queries and statements that people saved in them."
  type        = bool
  default     = false
}

variable "account" {
  description = "Account that must own the bucket of the results."
  type        = string
}
