variable "alias" {
  description = "Name of the key's alias, without `alias/`."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.alias)) && !startswith(var.alias, "aws/")
    error_message = "An alias has 1 to 250 letters, digits, /, _ and -, and does not begin with aws/."
  }
}

variable "description" {
  description = "What the key is for."
  type        = string

  validation {
    condition     = length(var.description) <= 8192
    error_message = "KMS takes descriptions of at most 8192 characters."
  }
}

variable "policy" {
  description = "The key policy, as JSON. It must let somebody of this account administer the key."
  type        = string

  validation {
    condition     = can(jsondecode(var.policy).Statement)
    error_message = "The policy is no JSON document with statements."
  }

  validation {
    condition     = length(var.policy) <= 32768
    error_message = "KMS takes key policies of at most 32768 characters."
  }
}

variable "deletion_window_in_days" {
  description = "Days between the order to delete the key and its end. What it encrypted cannot be read after that."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30
    error_message = "KMS waits for 7 to 30 days."
  }
}

variable "rotation_period_in_days" {
  description = "Days between rotations of the key's material."
  type        = number
  default     = 365

  validation {
    condition     = var.rotation_period_in_days >= 90 && var.rotation_period_in_days <= 2560
    error_message = "KMS rotates every 90 to 2560 days."
  }
}
