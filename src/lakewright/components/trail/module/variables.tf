variable "name" {
  description = "Name of the trail."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$", var.name)) && !can(regex("[._-]{2}", var.name))
    error_message = "A trail's name has 3 to 128 letters, digits, dots, hyphens and underscores, no two of these in a row."
  }
}

variable "bucket" {
  description = "Name of the bucket that the trail is written to."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "S3 takes bucket names of 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "bucket_policy" {
  description = "The bucket's policy, as JSON. It must let CloudTrail read the ACL and write below AWSLogs/."
  type        = string

  validation {
    condition     = can(jsondecode(var.bucket_policy).Statement)
    error_message = "The policy is no JSON document with statements."
  }
}

variable "data_bucket_arns" {
  description = "ARNs of the buckets whose objects' reads and writes are recorded, by any key."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.data_bucket_arns) <= 450
    error_message = "A trail takes at most 500 values in all selectors together."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the trail; null: S3's own encryption."
  type        = string
  default     = null
}

variable "organization" {
  description = "Whether all accounts of the organization are recorded; then this is its management account."
  type        = bool
  default     = false
}

variable "keep_days" {
  description = "Days that the trail's files are kept."
  type        = number
  default     = 365

  validation {
    condition     = var.keep_days >= 1
    error_message = "Files are kept for one day at least."
  }
}

variable "log_retention_in_days" {
  description = "Days that the trail is kept in CloudWatch Logs; null: it is not sent there."
  type        = number
  default     = null

  validation {
    condition     = var.log_retention_in_days == null ? true : contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_in_days)
    error_message = "CloudWatch Logs keeps for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role made here; null: none."
  type        = string
  default     = null
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes the trail's files."
  type        = bool
  default     = false
}
