variable "name" {
  description = "Beginning of the names of the configurations in the Databricks account."
  type        = string
}

variable "account_id" {
  description = "Id of the Databricks account."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.account_id))
    error_message = "A Databricks account's id is a UUID."
  }
}

variable "role_arn" {
  description = "The role that Databricks' delivery takes: it may put objects below the prefix."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket that logs are delivered into."
  type        = string
}

variable "prefix" {
  description = "Where in the bucket, without slashes around it."
  type        = string
  default     = "audit"

  validation {
    condition     = var.prefix != "" && !startswith(var.prefix, "/") && !endswith(var.prefix, "/")
    error_message = "A prefix does not start or end with a slash."
  }
}

variable "usage" {
  description = "Whether billable usage is delivered beside audit logs."
  type        = bool
  default     = true
}

variable "usage_since" {
  description = "First month of usage, YYYY-MM; null: this one."
  type        = string
  default     = null
}

variable "workspace_ids" {
  description = "Only logs of these workspaces; null: of the whole account."
  type        = list(number)
  default     = null
}
