variable "name" {
  description = "Name of the workgroup and the role."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,63}$", var.name))
    error_message = "A name has 1 to 64 lower-case letters, digits and hyphens."
  }
}

variable "account" {
  description = "This account, which must own the bucket of the results."
  type        = string
}

variable "catalog" {
  description = "The other account, and the name of its catalog here."

  type = object({
    name    = string
    account = string
  })

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,126}$", var.catalog.name)) && lower(var.catalog.name) != "awsdatacatalog"
    error_message = "A catalog's name has lower-case letters, digits and underscores; AwsDataCatalog is the account's own."
  }

  validation {
    condition     = can(regex("^[0-9]{12}$", var.catalog.account)) && var.catalog.account != var.account
    error_message = "The catalog is another account's, by its twelve digits."
  }
}

variable "results_bucket" {
  description = "Bucket of the results."
  type        = string
}

variable "scan_limit" {
  description = "Bytes that one query may scan."
  type        = number

  validation {
    condition     = var.scan_limit >= 10000000
    error_message = "Athena takes no scan limit below 10 MB (10000000 bytes)."
  }
}

variable "trust_policy" {
  description = "Who may take the role, as JSON."
  type        = string
}

variable "policy" {
  description = "What the role may do, as JSON."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the results; null: S3's own encryption."
  type        = string
  default     = null
}

variable "force_destroy" {
  description = "Whether the workgroup is deleted with what people saved in it."
  type        = bool
  default     = false
}
