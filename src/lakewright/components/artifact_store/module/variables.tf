variable "bucket" {
  description = "Name of the bucket that is the store. Its notifications are set here and nowhere else."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:s3:::", var.bucket_arn))
    error_message = "The bucket is named by its ARN, arn:aws:s3:::NAME."
  }
}

variable "account" {
  description = "Account of the bucket: only its events start the function."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account has twelve digits."
  }
}

variable "function_name" {
  description = "Name of the function."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "A function's name has 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "package" {
  description = "Path of the zip with the function's program (intake.py)."
  type        = string
}

variable "role_name" {
  description = "Name of the function's role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "A role's name has 1 to 64 letters, digits and +=,.@_- characters."
  }
}

variable "policy" {
  description = "JSON policy of the function's role."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "Boundary of the role; null for none."
  type        = string
  default     = null
}

variable "memory_mb" {
  description = "Memory of the function."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "A function has 128 to 10240 MiB."
  }
}

variable "timeout_seconds" {
  description = "Longest time for one artifact."
  type        = number
  default     = 300

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "A function runs for at most 900 seconds."
  }
}

variable "log_retention_days" {
  description = "How long the function's log is kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch Logs knows only certain numbers of days, such as 7, 30, 90 and 365."
  }
}

variable "log_kms_key_arn" {
  description = "Key that encrypts the log; its policy must allow the Logs service. Null for a key that AWS owns."
  type        = string
  default     = null
}
