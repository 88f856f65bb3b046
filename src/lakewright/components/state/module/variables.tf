variable "bucket" {
  description = "Name of the bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "S3 takes bucket names of 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "bucket_policy" {
  description = "The bucket's policy, as JSON."
  type        = string

  validation {
    condition     = can(jsondecode(var.bucket_policy).Statement)
    error_message = "The policy is no JSON document with statements."
  }
}

variable "alias" {
  description = "Alias of the key that encrypts the state, without `alias/`."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.alias)) && !startswith(var.alias, "aws/")
    error_message = "An alias has 1 to 250 letters, digits, /, _ and -, and does not begin with aws/."
  }
}

variable "key_policy" {
  description = "The key's policy, as JSON."
  type        = string

  validation {
    condition     = can(jsondecode(var.key_policy).Statement)
    error_message = "The policy is no JSON document with statements."
  }
}

variable "old_versions_days" {
  description = "Days after which replaced versions of a state are deleted, if enough newer ones are kept."
  type        = number
  default     = 30

  validation {
    condition     = var.old_versions_days >= 1
    error_message = "Old versions are kept for one day at least."
  }
}

variable "old_versions_kept" {
  description = "Replaced versions of each state that are kept however old they are."
  type        = number
  default     = 10

  validation {
    condition     = var.old_versions_kept >= 1 && var.old_versions_kept <= 100
    error_message = "S3 keeps 1 to 100 newer versions."
  }
}
